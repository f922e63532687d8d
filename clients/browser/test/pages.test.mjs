import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSession, SessionError } from '../dist/index.js';

// As much of a page as opening a session needs.
for (const [name, value] of Object.entries({
  document: { documentElement: { style: {} } }, location: { href: 'https://app.example/shop' }, navigator: {}, addEventListener: () => {},
})) {
  Object.defineProperty(globalThis, name, { configurable: true, value });
}

const isRefusal = (failure) => failure instanceof SessionError && failure.code === 'RSC5005';

test('a page has one session: while it is open, one for another Authority, client or mode is refused', () => {
  const options = { authority: 'https://app.example/auth', mode: 'bearer' };
  const [first, again] = [openSession(options), openSession({ ...options, refreshAt: 0.5 })];
  const others = [{ ...options, authority: 'https://other.example' }, { ...options, clientId: 'admin' }, { authority: '/auth' }];

  for (const other of others) assert.throws(() => openSession(other), isRefusal);
  first.close();
  first.close();
  for (const other of others) assert.throws(() => openSession(other), isRefusal);
  again.close();
  for (const other of others) openSession(other).close();
});
