// The package as it would be published, in programs of both kinds of modules.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { installPacked, listing } from '../../../tests/interop/packed.mjs';

const { entries, run } = await installPacked(fileURLToPath(new URL('..', import.meta.url)));

test('the package is imported, required, and found by `main` where `exports` is not known', async () => {
  const imported = await run('imports.mjs', listing(entries, 'await import'));

  assert.match(imported, /createVerifier/);
  assert.equal(await run('requires.cjs', listing(entries, 'require')), imported);
  assert.equal(await run('main.cjs', listing(['./node_modules/@rescind/node'], 'require')), `${imported.split('\n')[0]}\n`);
});
