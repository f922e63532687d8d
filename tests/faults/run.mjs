// The deliberate faults: each is a change that must turn a named test red. A suite that stays green with one of them proves nothing.
//   node tests/faults/run.mjs             applies each to a copy of the tree, builds, runs its test, expects a failure
//   node tests/faults/run.mjs --verify    only checks that each still fits the source: `find` occurs exactly once
//   node tests/faults/run.mjs --list      names and reasons
//   ... --only NAME,NAME                  these of them
//   ... --part 1/4                        a quarter of them; without it four processes take one each, because most tests wait
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as dotnet from './dotnet.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const members = ['name', 'why', 'file', 'find', 'replace', 'project', 'filter'];
const testTimeout = 10 * 60 * 1000;

function readFaults() {
  const folder = join(root, 'tests', 'faults');
  return readdirSync(folder).filter((file) => file.endsWith('.json')).sort()
    .flatMap((file) => [JSON.parse(readFileSync(join(folder, file), 'utf8'))].flat());
}

/** What is wrong with the fault itself, or null. */
function misfit(fault) {
  const missing = members.filter((member) => typeof fault[member] !== 'string');
  if (missing.length > 0) return `lacks ${missing.join(', ')}`;
  let source;
  try {
    source = readFileSync(join(root, fault.file), 'utf8');
  } catch {
    return `${fault.file} does not exist`;
  }
  const times = source.split(fault.find).length - 1;
  return times === 1 ? null : `\`find\` occurs ${times} times in ${fault.file}`;
}

function copyTree() {
  const copy = mkdtempSync(join(tmpdir(), 'rescind-faults-'));
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' }).split('\0');
  for (const file of files.filter(Boolean)) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  return copy;
}

const projectOf = ({ project }) => (project.startsWith('clients/') ? project : basename(project, '.csproj'));

/** A project of .NET, by its name below `tests`; or a package of Node, by its path: its `filter` is a file of its `test`. */
const suiteOf = (project) => (project.startsWith('clients/') ? nodeSuite : dotnet);

const nodeSuite = { build: buildNode, run: runNode, withFault: withFaultInNode, withoutFault: withoutFaultInNode };

// What the package needs to be built and tested is installed by then: the copy borrows it.
function buildNode(copy, project) {
  const borrowed = join(copy, project, 'node_modules');
  if (!existsSync(borrowed)) symlinkSync(join(root, project, 'node_modules'), borrowed);
  const lenient = ['--', '--noUnusedLocals', 'false', '--noUnusedParameters', 'false'];
  const result = spawnSync('npm', ['run', '--silent', 'build', ...lenient], { cwd: join(copy, project), encoding: 'utf8' });
  return result.status === 0 ? null : result.stdout.split('\n')[0] || 'the build failed';
}

function runNode(copy, project, filter) {
  const { RESCIND_FULL, ...env } = process.env;
  const result = spawnSync(process.execPath, ['--test', '--test-reporter=tap', join(project, 'test', filter)],
    { cwd: copy, env, encoding: 'utf8', timeout: testTimeout, killSignal: 'SIGKILL' });
  if (result.error) return { error: result.error.code === 'ETIMEDOUT' ? 'hung' : result.error.message };
  const number = (name) => Number(new RegExp(`^# ${name} (\\d+)`, 'm').exec(result.stdout)?.[1] ?? 0);
  return { total: number('tests'), failed: number('fail') };
}

function withoutFaultInNode(copy, project, filters) {
  return new Map(filters.map((filter) => {
    const { error, total, failed } = runNode(copy, project, filter);
    return [filter, error ?? (total === 0 ? 'no test matches its filter' : failed > 0 ? 'its test is red without it' : null)];
  }));
}

const build = (copy, project) => suiteOf(project).build(copy, project);

function withFaultInNode(copy, project, { restoreSource, test }) {
  try {
    const complaint = buildNode(copy, project);
    return complaint === null ? test() : `does not compile: ${complaint}`;
  } finally {
    restoreSource();
  }
}

/** Runs the tests that a fault names, with the small counts: how many ran and how many failed. */
const run = (copy, fault) => suiteOf(projectOf(fault)).run(copy, projectOf(fault), fault.filter);

/** The tree without a fault: every test that a fault names must exist and be green. */
function baseline(copy, faults) {
  const found = new Map([...new Set(faults.map(projectOf))].map((project) => {
    const filters = [...new Set(faults.filter((fault) => projectOf(fault) === project).map((fault) => fault.filter))];
    const complaint = build(copy, project);
    return [project, complaint === null ? suiteOf(project).withoutFault(copy, project, filters) : new Map(filters.map((filter) => [filter, complaint]))];
  }));
  return new Map(faults.map((fault) => [fault, found.get(projectOf(fault)).get(fault.filter)]));
}

function verdictOn(copy, fault) {
  const path = join(copy, fault.file);
  const source = readFileSync(path, 'utf8');
  const applyFault = () => writeFileSync(path, source.replace(fault.find, () => fault.replace));
  const restoreSource = () => writeFileSync(path, source);
  const test = () => {
    const { error, failed } = run(copy, fault);
    return error ?? (failed > 0 ? null : 'NOT NOTICED: every test stayed green');
  };
  applyFault();
  return suiteOf(projectOf(fault)).withFault(copy, projectOf(fault), { fault, applyFault, restoreSource, test });
}

function report(fault, problem, remark) {
  console.log(`${problem ? '✗' : '✓'} ${fault.name}: ${problem ?? remark}`);
  return problem ? 1 : 0;
}

function applyAll(faults) {
  const copy = copyTree();
  try {
    const problems = baseline(copy, faults);
    return faults.reduce((sum, fault) => sum + report(fault, problems.get(fault) ?? verdictOn(copy, fault), 'noticed'), 0);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Tries them here, or only whether they fit; how many failed. */
function tryAll(faults, verifyOnly) {
  const misfits = faults.filter(misfit);
  const fitting = faults.filter((fault) => !misfits.includes(fault));
  const failed = misfits.reduce((sum, fault) => sum + report(fault, misfit(fault)), 0);
  return failed + (verifyOnly ? fitting.reduce((sum, fault) => sum + report(fault, null, 'fits'), 0) : fitting.length > 0 ? applyAll(fitting) : 0);
}

const parts = 4;

/** Each part in a process and a copy of its own; how many failed. */
async function applyInParts() {
  const running = Array.from({ length: parts }, (_, index) => new Promise((done) => {
    const part = spawn(process.execPath, [fileURLToPath(import.meta.url), '--part', `${index + 1}/${parts}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    let failures = 0;
    createInterface({ input: part.stdout }).on('line', (line) => {
      if (/^[✓✗]/.test(line)) console.log(line);
      if (line.startsWith('✗')) failures += 1;
    });
    part.on('close', (code) => done(code === 0 ? 0 : Math.max(failures, 1)));
  }));
  const failed = (await Promise.all(running)).reduce((sum, one) => sum + one, 0);
  spawnSync('dotnet', ['build-server', 'shutdown', '--vbcscompiler'], { stdio: 'ignore' });
  return failed;
}

// By project, so that each part builds few of them.
function partOf(faults, part) {
  const [number, of] = part.split('/').map(Number);
  const sorted = [...faults].sort((a, b) => projectOf(a).localeCompare(projectOf(b)));
  return sorted.slice(Math.floor((sorted.length * (number - 1)) / of), Math.floor((sorted.length * number) / of));
}

const option = (name) => process.argv.includes(name);
const value = (name) => option(name) ? process.argv[process.argv.indexOf(name) + 1] : null;
const only = value('--only')?.split(',') ?? null;
const part = value('--part');
const named = readFaults().filter((fault) => only === null || only.includes(fault.name));
if (only !== null && named.length < only.length) {
  console.error('no fault has one of these names: --list says which there are');
  process.exit(64);
}
const chosen = part === null ? named : partOf(named, part);

if (option('--list')) {
  for (const fault of chosen) console.log(`${fault.name}\n    ${fault.why}\n    ${fault.file} -> ${projectOf(fault)} ${fault.filter}`);
} else {
  const inParts = part === null && only === null && !option('--verify');
  const failed = inParts ? await applyInParts() : tryAll(chosen, option('--verify'));
  console.log(`${chosen.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && chosen.length > 0 ? 0 : 1;
}
