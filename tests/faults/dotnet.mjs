// Builds and runs test projects of .NET in a copy of the tree, for run.mjs.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const testTimeout = 10 * 60 * 1000;
const output = join('bin', 'Release', 'net10.0');
const objects = join('obj', 'Release', 'net10.0');
const kinds = ['src', 'tests', 'samples', 'bench'];

/** Builds a test project with all that it references; null, or the compiler's first complaint. */
// A fault need not be pretty: without analyzers, and with one compiler for all of them, a build takes seconds.
export const build = (copy, project) => complaintOf('dotnet',
  ['build', join('tests', project), '-c', 'Release', '-v', 'quiet', '-clp:NoSummary', '-nodeReuse:false',
    '-p:UseSharedCompilation=true', '-p:RunAnalyzers=false', '-p:TreatWarningsAsErrors=false',
    '-p:ProvideCommandLineArgs=true', `-p:CustomAfterMicrosoftCommonTargets=${join(copy, 'tests', 'faults', 'arguments.targets')}`],
  copy);

// Compiles one project as the build did, without asking MSBuild what that is: a fraction of its time.
function compileAlone(folder) {
  const compiler = readFileSync(join(folder, objects, 'compiler.path'), 'utf8').trim();
  return complaintOf('dotnet', [compiler, '/shared', '/noconfig', `@${join(objects, 'compiler.rsp')}`], folder);
}

function complaintOf(command, args, cwd) {
  const result = spawnSync(command, args, { cwd, encoding: 'utf8' });
  const complaint = /error .*?(?= \[|$)/m.exec(result.stdout);
  return result.status === 0 ? null : complaint?.[0] ?? 'the build failed';
}

/**
 * Builds what a fault changed, and calls `test`. Nearly every fault changes the body of a method: then its project alone is compiled, and its
 * assembly is put beside every program that uses it. Where what others see of it changed, all are compiled.
 */
export function withFault(copy, project, { fault, applyFault, restoreSource, test }) {
  const folder = projectFolder(copy, fault.file);
  const name = `${basename(folder)}.dll`;
  const compiled = join(copy, folder, objects, name);
  const seen = join(copy, folder, objects, 'refint', name);
  if (!existsSync(seen)) return withFullBuild(copy, project, { restoreSource, test });
  const users = usersOf(copy, name);
  const pristine = new Map([compiled, seen, ...users].map((place) => [place, readFileSync(place)]));
  const restore = () => {
    restoreSource();
    for (const [place, bytes] of pristine) writeFileSync(place, bytes);
  };
  const complaint = compileAlone(join(copy, folder));
  if (complaint === null && !pristine.get(seen).equals(readFileSync(seen))) {
    restore();
    applyFault();
    return withFullBuild(copy, project, { restoreSource, test });
  }

  try {
    if (complaint !== null) return `does not compile: ${complaint}`;
    for (const place of users) copyFileSync(compiled, place);
    return test();
  } finally {
    restore();
  }
}

function withFullBuild(copy, project, { restoreSource, test }) {
  try {
    const complaint = build(copy, project);
    return complaint === null ? test() : `does not compile: ${complaint}`;
  } finally {
    restoreSource();
    build(copy, project);
  }
}

function projectFolder(copy, file) {
  let folder = dirname(file);
  while (!readdirSync(join(copy, folder)).some((name) => name.endsWith('.csproj'))) folder = dirname(folder);
  return folder;
}

/** Every place below a folder of output where an assembly was put. */
function usersOf(copy, name) {
  return kinds.flatMap((kind) => readdirSync(join(copy, kind)))
    .flatMap((project) => kinds.map((kind) => join(copy, kind, project, output, name)))
    .filter((place) => existsSync(place));
}

/** What is wrong with the tests that each of the filters names, without a fault: all run at once, and only if any is red each by itself. */
export function withoutFault(copy, project, filters) {
  const listed = spawnSync(programOf(copy, project), ['-list', 'methods'], { cwd: copy, encoding: 'utf8' }).stdout.split('\n');
  const problems = new Map(filters.map((filter) => [filter, listed.some(matcher(filter)) ? null : 'no test matches its filter']));
  const named = filters.filter((filter) => problems.get(filter) === null);
  const isGreen = ({ error, failed }) => !error && failed === 0;
  if (named.length > 0 && !isGreen(run(copy, project, ...named))) {
    for (const filter of named) {
      const found = run(copy, project, filter);
      problems.set(filter, isGreen(found) ? null : found.error ?? 'its test is red without it');
    }
  }
  return problems;
}

// As xUnit reads them: a star stands for anything, at the beginning and at the end.
function matcher(filter) {
  const text = filter.replace(/^\*|\*$/g, '');
  const [open, end] = [filter.startsWith('*'), filter.endsWith('*')];
  return (name) => (open ? end ? name.includes(text) : name.endsWith(text) : end ? name.startsWith(text) : name === text);
}

const programOf = (copy, project) => join(copy, 'tests', project, output, project);

/** Runs the tests that a fault names, with the small counts and little patience: how many ran and how many failed. */
export function run(copy, project, ...filters) {
  const { RESCIND_FULL, ...env } = process.env;
  const result = spawnSync(programOf(copy, project), ['-noColor', '-stopOnFail', ...filters.flatMap((filter) => ['-method', filter])],
    { cwd: copy, env: { ...env, RESCIND_PATIENCE: '30' }, encoding: 'utf8', timeout: testTimeout, killSignal: 'SIGKILL' });
  if (result.error) return { error: result.error.code === 'ETIMEDOUT' ? 'hung' : result.error.message };
  const summary = /Total: (\d+)(?:, Errors: (\d+), Failed: (\d+))?/.exec(result.stdout);
  return summary ? { total: +summary[1], failed: +(summary[2] ?? 0) + +(summary[3] ?? 0) } : { error: `said nothing (exit ${result.status})` };
}
