import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogout } from '../dist/lib/logout.js';
import { createState } from '../dist/lib/state.js';
import { openContext, tokenOf } from './context.mjs';

const kept = { session: 'one', turn: 1, refreshToken: 'rt_1', end: null };
const end = { reason: 'blocked', explanation: 'rv_1' };

function live(...answers) {
  const context = openContext(answers);
  const state = createState(context);
  context.shared.keep(kept);
  state.begin(tokenOf(context));
  context.did.length = 0;
  return { context, state, logout: createLogout(context, state) };
}

test('a logout is over before it returns, and owed until the Authority has been told', async () => {
  const { context, state, logout } = live(true);

  const told = logout.logout();

  assert.deepEqual([state.status, context.shared.kept().session], ['ended', null]);
  assert.deepEqual(context.did, [['post', 'end'], ['clear', 'origin'], ['changed', 'logged_out'], ['logout', 'rt_1']]);
  assert.equal(context.shared.owed().length, 1);
  assert.equal(await told, true);
  assert.equal(context.shared.owed().length, 0);
});

test('the Authority is told again and again until it has been told', async () => {
  const { context, logout } = live(false, false, false, true);

  assert.equal(await logout.logout(), false);
  while (context.shared.owed().length > 0) await new Promise(setImmediate);

  assert.equal(context.did.filter(([what]) => what === 'logout').length, 4);
});

for (const [name, change, expected] of [
  ['nothing', () => {}, ['live']],
  ['a logout that is owed', (shared) => shared.owe({ session: 'one', refreshToken: 'rt_1' }), ['ended', 'logged_out']],
  ['the end of the session', (shared) => shared.forget(end), ['ended', 'blocked']],
  ['a logout', (shared) => shared.forget(null), ['ended', 'logged_out']],
  ['another login', (shared) => shared.keep({ ...kept, session: 'two' }), ['ended', 'replaced']],
]) {
  test(`after ${name} in another tab a page is ${expected[0]}, also when it comes back from a cache`, () => {
    for (const look of ['checkStorage', 'restore']) {
      const { context, state, logout } = live();
      change(context.shared);

      const isLive = logout[look]();

      assert.deepEqual([state.status, state.end?.reason].slice(0, expected.length), expected);
      if (look === 'restore') assert.equal(isLive, expected[0] === 'live');
      assert.ok(!context.did.some(([what]) => what === 'post'), 'it is told to those who said it');
    }
  });
}

test('a page that comes back from a cache is over if the browser has lost what is stored', () => {
  const { context, state, logout } = live();
  context.write('rescind', null);

  assert.equal(logout.restore(), false);
  assert.deepEqual(state.end.reason, 'logged_out');
});

test('a logout of the session before is no logout of the one that is kept now', async () => {
  const { context, logout } = live(true);
  context.shared.owe({ session: 'zero', refreshToken: 'rt_0' });

  assert.equal(await logout.sendLogouts(), true);

  assert.deepEqual(context.shared.kept(), kept);
});
