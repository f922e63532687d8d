// The socket against a real verifier: the sample's ticker.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from './app.mjs';
import { logIn, openTab, startBrowser, stateOf } from './browser.mjs';
import { startProxy } from './proxy.mjs';

test('a socket of the sample outlives its tokens, and ends with its session', async (t) => {
  const app = await startApp(t);
  const proxy = await startProxy(t, app.url);
  const tab = await openTab(await (await startBrowser(t)).newContext(), proxy.url);
  await logIn(tab);
  await tab.evaluate(async () => {
    const { openSocket } = await import('@rescind/browser/socket');
    Object.assign(globalThis, { received: [], states: [] });
    globalThis.socket = openSocket(session, '/ticker', {
      onMessage: (data) => received.push(Number(data)), onChange: (state, end) => states.push([state, end?.reason ?? null]),
    });
  });
  await tab.waitForFunction(() => received.length > 2);
  const first = await tab.evaluate(() => session.accessToken());

  await app.revoke({ subject: 'alice' }, 'renew');
  await tab.waitForFunction(async (token) => await session.accessToken() !== token, first);
  const count = await tab.evaluate(() => received.length);
  await tab.waitForFunction((before) => received.length > before + 5, count);

  assert.deepEqual(await tab.evaluate(() => states), [['open', null]]);
  assert.equal(await tab.evaluate(() => received.every((tick, i) => tick === i + 1)), true, 'a tick was lost');

  await app.revoke({ subject: 'alice' }, 'end');
  await tab.waitForFunction(() => socket.state === 'closed');

  assert.deepEqual(await stateOf(tab), ['ended', 'ended']);
  assert.deepEqual(await tab.evaluate(() => states.at(-1)), ['closed', 'ended']);
});
