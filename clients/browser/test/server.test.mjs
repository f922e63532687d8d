// The package as it would be published, on a server that renders pages: it is loaded there, and used in the browser alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { installPacked, listing } from '../../../tests/interop/packed.mjs';

const { entries, run } = await installPacked(fileURLToPath(new URL('..', import.meta.url)));

// A page's globals, each of which says that it was read.
const watched = `
  for (const name of ['window', 'location', 'navigator', 'localStorage', 'sessionStorage', 'indexedDB', 'caches', 'BroadcastChannel',
    'WebSocket', 'fetch', 'addEventListener']) {
    Object.defineProperty(globalThis, name, { configurable: true, get() { console.log('read:', name); } });
  }
`;

test('the package is imported, required, and found by `main` where `exports` is not known, and reads nothing of a page', async () => {
  const imported = await run('imports.mjs', watched + listing(entries, 'await import'));

  assert.equal(imported, 'SessionError,openSession\nopenSocket\n');
  assert.equal(await run('requires.cjs', watched + listing(entries, 'require')), imported);
  assert.equal(await run('main.cjs', listing(['./node_modules/@rescind/browser'], 'require')), `${imported.split('\n')[0]}\n`);
});

test('a session is not opened where there is no page, and the error says so', async () => {
  assert.equal(await run('opens.mjs', `
    import { openSession, SessionError } from '@rescind/browser';
    ${watched}
    for (const options of [{ authority: '/auth' }, { authority: 'https://auth.example', mode: 'bearer', origins: ['https://api.example'] }]) {
      try {
        openSession(options);
      } catch (failure) {
        console.log(failure instanceof SessionError, failure.code, failure.message.includes('docs/errors/RSC5006.md'));
      }
    }`), 'true RSC5006 true\n'.repeat(2));
});
