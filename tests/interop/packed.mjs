// A package of this repository as a consumer has it: packed as it would be published, and installed into a folder of its own.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const quiet = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/** Installs the built package of a folder; gives its entry points, and `run(name, source)`, which gives what a program beside it wrote. */
export async function installPacked(folder) {
  const consumer = await mkdtemp(join(tmpdir(), 'rescind-consumer-'));
  after(() => rm(consumer, { recursive: true, force: true }));
  const { stdout } = await execute('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', consumer], { cwd: folder });
  await writeFile(join(consumer, 'package.json'), '{ "private": true }');
  await execute('npm', ['install', ...quiet, `./${JSON.parse(stdout)[0].filename}`], { cwd: consumer });
  const { name, exports } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  return {
    entries: Object.keys(exports).filter((path) => path !== './package.json').map((path) => path.replace('.', name)),
    async run(file, source) {
      await writeFile(join(consumer, file), source);
      const written = await execute(process.execPath, [file], { cwd: consumer });
      return written.stdout + written.stderr;
    },
  };
}

/** A program, of a kind of module that has `take`, that writes what each entry point exports. */
export const listing = (entries, take) =>
  `for (const entry of ${JSON.stringify(entries)}) console.log(Object.keys(${take}(entry)).filter((name) => name !== '__esModule').sort().join());`;
