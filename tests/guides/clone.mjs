// What a clone holds, in a folder of the test's own, so that nothing is built or written in the one that the test runs from.

import { execFile } from 'node:child_process';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const parts = ['src', 'clients', 'samples', 'rescind', 'pack', 'LICENSE', 'global.json', 'BannedSymbols.txt', ':(glob)*.props', ':(glob)*.md'];
// What ./check has built: the launcher takes it while its sources are the same, and builds otherwise.
const built = ['src/Rescind.Cli/bin/Release', '.build/rescind.stamp'];

export const root = fileURLToPath(new URL('../../', import.meta.url));

export async function cloneInto(folder) {
  const clone = join(folder, 'rescind');
  await mkdir(clone);
  const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...parts], { cwd: root, maxBuffer: 1 << 24 });
  const files = await existing(stdout.split('\n').filter(Boolean));
  await run('cp', ['-p', '--parents', ...files, clone], { cwd: root });
  for (const path of await existing(built)) await run('cp', ['-rp', '--parents', path, clone], { cwd: root });
}

// A file that was removed and not committed yet is listed still.
async function existing(paths) {
  const found = await Promise.all(paths.map((path) => stat(join(root, path)).then(() => true, () => false)));
  return paths.filter((_, index) => found[index]);
}
