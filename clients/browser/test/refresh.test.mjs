import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRefresh } from '../dist/lib/refresh.js';
import { createState } from '../dist/lib/state.js';
import { minute, openContext, tokenOf } from './context.mjs';

const later = { kind: 'later', code: 'RSC5103', after: 5_000 };

/** The refreshes of a session whose access token has expired, while nobody logs out. */
async function expired() {
  const answers = [];
  const context = openContext(answers);
  const keptWhenPosted = [];
  context.post = () => keptWhenPosted.push(context.shared.kept().refreshToken);
  const state = createState(context);
  const refresh = createRefresh(context, state, { checkStorage() {}, sendLocked: async () => true });
  await refresh.start({ access_token: tokenOf(context).accessToken, refresh_token: 'rt_1', expires_in: 60 });
  context.pass(minute);
  const tokens = () => ({ kind: 'tokens', token: tokenOf(context, 'one', 2), refreshToken: 'rt_2' });
  return { context, state, refresh, answers, tokens, keptWhenPosted, asked: () => context.did.filter(([what]) => what === 'refresh') };
}

test('one request serves every call, and what it brings is stored before the other tabs hear of it', async () => {
  const { refresh, answers, tokens, keptWhenPosted, asked } = await expired();
  answers.push(tokens);

  const taken = await Promise.all([refresh.take(), refresh.take(), refresh.take()]);

  assert.equal(new Set(taken).size, 1);
  assert.deepEqual(asked(), [['refresh', 'rt_1']]);
  assert.deepEqual(keptWhenPosted, ['rt_1', 'rt_2']);
});

test('an access token that is due is refreshed beside the call', async () => {
  const { context, state, refresh, answers, tokens, asked } = await expired();
  const present = tokenOf(context, 'one', 3);
  state.accept(present);
  context.pass(0.9 * minute);
  answers.push(tokens);

  assert.equal(await refresh.take(), present);
  await new Promise(setImmediate);

  assert.equal(asked().length, 1);
  assert.notEqual(await refresh.take(), present);
});

test('a call waits for as long as the Authority asks, and tries again', async () => {
  const { context, refresh, answers, tokens, asked } = await expired();
  answers.push(later, tokens);
  const began = context.time;

  assert.ok(await refresh.take());

  assert.equal(asked().length, 2);
  assert.ok(context.time - began >= 5_000, `${context.time - began} ms`);
});

test('in the end a call fails and the session is kept; an access token of another tab is taken at once', async () => {
  const { context, state, refresh, answers, asked } = await expired();
  answers.push(...Array.from({ length: 20 }, () => later));
  await assert.rejects(refresh.take(), { code: 'RSC5103' });
  assert.equal(state.status, 'live');
  const before = asked().length;
  const brought = tokenOf(context, 'one', 3);

  state.accept(brought);

  assert.equal(await refresh.take(), brought);
  assert.equal(asked().length, before);
});

test('a failure is forgotten when another tab brings an access token', async () => {
  const { context, state, refresh, answers, tokens } = await expired();
  answers.push(...Array.from({ length: 20 }, () => later));
  await assert.rejects(refresh.take(), { code: 'RSC5103' });
  const brought = tokenOf(context, 'one', 3);
  state.accept(brought);
  state.reject(brought.accessToken);
  answers.splice(0, 20, tokens);
  const began = context.time;

  assert.ok(await refresh.take());

  assert.ok(context.time - began < 1_000, `${context.time - began} ms`);
});

test('a refusal that does not say why ends the session when it is given twice', async () => {
  const { context, state, refresh, answers, asked } = await expired();
  const refused = { kind: 'refused', end: { reason: null, explanation: null } };
  answers.push(refused, refused);

  await assert.rejects(refresh.take(), { code: 'RSC5102' });

  assert.deepEqual([asked().length, state.status, context.shared.kept().session], [2, 'ended', null]);
});
