import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createState } from '../dist/lib/state.js';
import { minute, openContext, tokenOf } from './context.mjs';

function live() {
  const context = openContext();
  const state = createState(context);
  const token = tokenOf(context);
  state.begin(token);
  context.did.length = 0;
  return { context, state, token };
}

test('an access token is due at its part of its life, and used to the end of it', () => {
  const { context, state, token } = live();
  const seen = [0.79, 0.8, 0.99, 1].map((part) => {
    context.pass(part * minute - context.time);
    return [state.isDue(), state.usable() === token];
  });

  assert.deepEqual(seen, [[false, true], [true, true], [true, true], [true, false]]);
});

test('a wall clock that was set forward makes it unusable by that clock alone', () => {
  const { context, state, token } = live();
  context.wall += minute;

  assert.deepEqual([state.usable(), state.usable(false)], [null, token]);
});

test('a wall clock that was set back makes it due, and replaced by whatever comes', () => {
  const { context, state } = live();
  context.wall -= minute;
  const next = tokenOf(context, 'one', 2);

  assert.equal(state.isDue(), true);
  state.accept(next);
  assert.equal(state.usable(), next);
});

test('a wall clock that is set back while an access token is under way makes it live no longer', () => {
  const { context, state } = live();
  const next = tokenOf(context, 'one', 2);
  context.wall -= 10 * minute;
  state.accept(next);
  assert.equal(state.usable(), next);

  context.pass(minute);

  assert.equal(state.usable(), null);
});

test('one that an API refused is neither used nor accepted again', () => {
  const { context, state, token } = live();
  state.reject(token.accessToken);
  state.accept(token);
  assert.equal(state.usable(), null);

  const next = tokenOf(context, 'one', 2);
  state.accept(next);

  assert.equal(state.usable(), next);
});

test('one of another login ends the session, unless it was asked for before', () => {
  const { context, state } = live();
  state.accept({ ...tokenOf(context, 'zero'), askedAt: context.now() - 1 });
  assert.equal(state.status, 'live');

  state.accept(tokenOf(context, 'two'));

  assert.deepEqual([state.status, state.end.reason, state.usable()], ['ended', 'replaced', null]);
});

test('a session ends once, and takes nothing but a login after that', () => {
  const { context, state } = live();
  const end = { reason: 'blocked', explanation: 'rv_1' };
  state.finish(end, 'origin');
  state.finish({ reason: 'later', explanation: null });
  state.noSession();
  state.accept(tokenOf(context, 'one', 2));

  assert.deepEqual([state.status, state.end, state.isDue()], ['ended', end, false]);
  assert.deepEqual(context.did, [['post', 'end'], ['clear', 'origin'], ['changed', 'blocked']]);

  state.begin(tokenOf(context, 'two'));
  assert.deepEqual([state.status, state.end, state.session], ['live', null, 'two']);
});

test('an end that another tab told is told to nobody, and clears this tab alone', () => {
  const { context, state } = live();

  state.finish({ reason: 'logged_out', explanation: null });

  assert.deepEqual(context.did, [['clear', 'tab'], ['changed', 'logged_out']]);
});

test('a new access token wakes whoever waits, and only an end or a login stops what is under way', () => {
  const { context, state } = live();
  const aborted = (act) => {
    const [signal, change] = [state.signal, state.change];
    act();
    return [signal.aborted, change.aborted];
  };

  context.pass(1);
  assert.deepEqual(aborted(() => state.accept(tokenOf(context, 'one', 2))), [false, true]);
  assert.deepEqual(aborted(() => state.finish({ reason: null, explanation: null })), [true, true]);
  assert.deepEqual(aborted(() => state.begin(tokenOf(context, 'two'))), [true, true]);
});

test('where nobody was logged in there is no session, and one that was is forgotten', () => {
  const context = openContext();
  const state = createState(context);
  state.noSession();
  assert.deepEqual([state.status, context.did], ['none', [['changed', 'none']]]);

  const other = live();
  other.state.noSession();
  assert.deepEqual([other.state.status, other.state.end.reason], ['ended', 'forgotten']);
});
