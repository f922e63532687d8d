import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from './app.mjs';
import { logIn, openTab, startBrowser, stateOf } from './browser.mjs';
import { startProxy } from './proxy.mjs';

const refreshesOfEach = process.env.RESCIND_FULL ? 400 : 60;
const lifetimeSeconds = 1.5;

const cookie = { authority: '/auth', refreshLimit: 10_000 };
const bearer = { authority: '/auth', mode: 'bearer', refreshLimit: 10_000 };

test('three tabs over a bad network', { concurrency: true }, async (t) => {
  const app = await startApp(t);
  const browser = await startBrowser(t);
  await Promise.all([
    ['cookie mode', cookie], ['bearer mode', bearer], ['without Web Locks and BroadcastChannel', cookie, true],
  ].map(([name, options, withoutLocks]) =>
    t.test(name, async (inner) => {
      const proxy = await startProxy(inner, app.url);
      Object.assign(proxy, { lifetimeSeconds });
      const context = await browser.newContext();
      inner.after(() => context.close());
      if (withoutLocks) await context.addInitScript(() => { delete Navigator.prototype.locks; delete globalThis.BroadcastChannel; });
      const settings = { ...options, authority: `${proxy.url}/auth` };
      const tabs = [];
      for (let i = 0; i < 3; i++) tabs.push(await openTab(context, proxy.url, settings));
      const login = { ...await app.startSession(), expires_in: lifetimeSeconds };
      await (options.mode ? tabs[0].evaluate((tokens) => session.start(tokens), login) : logIn(tabs[0]));

      let requests = 0;
      proxy.weather = () => ({ loseRequest: ++requests % 5 === 0, loseResponse: requests % 7 === 0 });
      await Promise.all(tabs.map((tab) => tab.evaluate(use, withoutLocks ? refreshesOfEach / 6 : refreshesOfEach)));
      proxy.weather = () => ({});

      for (const tab of tabs) {
        assert.deepEqual(await stateOf(tab), ['live', null]);
        assert.deepEqual(await tab.evaluate(() => changes.filter(([state]) => state !== 'live')), []);
        assert.equal(await tab.evaluate(async () => (await session.fetch('/orders')).status), 200);
        assert.equal(await tab.evaluate(() => JSON.stringify({ ...localStorage }).includes('eyJ')), false, 'an access token lies in storage');
      }
      assertOneChain(proxy.refreshes);
      if (!withoutLocks) assert.equal(proxy.mostAtOnce, 1, 'refreshes at once');
    })));
});

/** In the page: calls an API until so many different access tokens were seen. A call may fail; the session may not. */
async function use(count) {
  const seen = new Set();
  while (seen.size < count) {
    await session.fetch('/orders').catch(() => null);
    seen.add(await session.accessToken().catch(() => null));
    seen.delete(null);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

// Each generation has one successor, and only the newest may still be without one: its predecessor's answer may be the one that was lost.
function assertOneChain(refreshes) {
  let current = 1;
  for (const { status, presented, given } of refreshes) {
    assert.equal(status, 200);
    assert.ok(presented === current || presented === current - 1, `generation ${presented} was presented when ${current} was current`);
    assert.equal(given, presented + 1);
    current = given;
  }
  assert.ok(current > 10, `${current} generations`);
}
