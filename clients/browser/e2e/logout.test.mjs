import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from './app.mjs';
import { logIn, openSession, openTab, startBrowser, stateOf } from './browser.mjs';
import { startProxy } from './proxy.mjs';

test('logging out', async (t) => {
  const app = await startApp(t);
  const browser = await startBrowser(t);
  const settle = (tab, state) => tab.waitForFunction((wanted) => session.state === wanted, state, { timeout: 10_000 });
  const begin = async (inner) => {
    const proxy = await startProxy(inner, app.url);
    const context = await browser.newContext();
    inner.after(() => context.close());
    return { proxy, context };
  };

  await t.test('in one tab ends every tab, what is stored, and the session', async (inner) => {
    const { proxy, context } = await begin(inner);
    const tabs = [await openTab(context, proxy.url), await openTab(context, proxy.url), await openTab(context, proxy.url)];
    await logIn(tabs[0]);
    await Promise.all(tabs.map((tab) => settle(tab, 'live')));
    const token = await tabs[1].evaluate(() => session.accessToken());
    assert.equal((await context.cookies()).length, 1);
    await tabs[0].evaluate(async () => {
      localStorage.setItem('draft', 'private');
      await (await caches.open('private')).put('/private', new Response('private'));
    });
    await tabs[1].evaluate(() => sessionStorage.setItem('draft', 'private'));

    assert.equal(await tabs[0].evaluate(() => session.logout()), true);

    await Promise.all(tabs.map((tab) => settle(tab, 'ended')));
    for (const tab of tabs) {
      assert.deepEqual(await stateOf(tab), ['ended', 'logged_out']);
      assert.equal(await tab.evaluate(() => session.fetch('/orders').catch((failure) => failure.code)), 'RSC5102');
      assert.deepEqual(await tab.evaluate(async () => [localStorage.draft, sessionStorage.draft, await caches.keys()]), [undefined, undefined, []]);
    }
    assert.deepEqual(await context.cookies(), []);
    assert.equal((await fetch(`${app.url}/orders`, { headers: { authorization: `Bearer ${token}` } })).status, 401);
  });

  await t.test('of one page that is answered late does not bring the session back', async (inner) => {
    const { proxy, context } = await begin(inner);
    Object.assign(proxy, { lifetimeSeconds: 1 });
    const [first, second] = [await openTab(context, proxy.url), await openTab(context, proxy.url)];
    await logIn(first);
    await settle(second, 'live');
    await second.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1_100)));

    await Promise.all([second.evaluate(() => session.accessToken().catch(() => null)), first.evaluate(() => session.logout())]);

    await settle(second, 'ended');
    assert.deepEqual(await context.cookies(), []);
    const third = await openTab(context, proxy.url);
    assert.equal(await third.evaluate(() => session.resume()), false);
  });

  await t.test('without a network is over here at once, and told to the Authority when the network is back', async (inner) => {
    const { proxy, context } = await begin(inner);
    const tabs = [await openTab(context, proxy.url), await openTab(context, proxy.url)];
    await logIn(tabs[0]);
    await settle(tabs[1], 'live');
    const token = await tabs[0].evaluate(() => session.accessToken());
    await context.setOffline(true);

    assert.equal(await tabs[0].evaluate(() => session.logout()), false);

    await Promise.all(tabs.map((tab) => settle(tab, 'ended')));
    assert.equal((await fetch(`${app.url}/orders`, { headers: { authorization: `Bearer ${token}` } })).status, 200);
    await context.setOffline(false);
    await until(() => proxy.logouts.length > 0);
    assert.deepEqual(proxy.logouts, [204]);
    assert.equal((await fetch(`${app.url}/orders`, { headers: { authorization: `Bearer ${token}` } })).status, 401);
    await tabs[0].waitForFunction(() => localStorage.getItem('rescind.logouts') === null, null, { timeout: 10_000 });
  });

  for (const [name, options] of [['cookie mode', { authority: '/auth' }], ['bearer mode', { mode: 'bearer' }]]) {
    await t.test(`and the page is closed before it could be told: the next page tells, and resumes nothing, in ${name}`, async (inner) => {
      const { proxy, context } = await begin(inner);
      const settings = { authority: `${proxy.url}/auth`, ...(options.mode ? options : {}) };
      const tab = await openTab(context, proxy.url, settings);
      if (options.mode) await tab.evaluate((tokens) => session.start(tokens), await app.startSession());
      else await logIn(tab);
      proxy.weather = (url) => ({ loseRequest: url.startsWith('/auth') });
      assert.equal(await tab.evaluate(() => session.logout()), false);
      await tab.close();

      const during = await openTab(context, proxy.url, { ...settings, refreshLimit: 0 });
      assert.equal(await during.evaluate(() => session.resume().catch((failure) => failure.code)), 'RSC5103');
      await during.close();
      proxy.weather = () => ({});
      const later = await openTab(context, proxy.url, settings);

      assert.equal(await later.evaluate(() => session.resume()), false);
      await until(() => proxy.logouts.length > 0);
      assert.ok(proxy.refreshes.every(({ status }) => status !== 200), 'a refresh got through');
      assert.ok(proxy.logouts.every((status) => status === (options.mode ? 200 : 204)), `${proxy.logouts}`);
    });
  }

  // Bearer mode: in cookie mode Chromium answers Clear-Site-Data by emptying the cache (CD-4), and nothing comes back.
  await t.test('reaches a page in the back/forward cache, which shows nothing private any more', async (inner) => {
    const { proxy, context } = await begin(inner);
    const options = { authority: `${proxy.url}/auth`, mode: 'bearer' };
    const tab = await shown(context, proxy.url, options, await app.startSession());
    await tab.goto(`${proxy.url}/page/next`);
    await openSession(tab, options);
    assert.equal(await tab.evaluate(() => session.logout()), true);

    await back(tab);

    assert.equal(await tab.evaluate(() => window.name), 'persisted, hidden');
    await until(async () => !(await tab.evaluate(() => document.body.textContent).catch(() => 'private')).includes('private'));
  });

  await t.test('is what alone keeps a page in the back/forward cache from coming back', async (inner) => {
    const { proxy, context } = await begin(inner);
    const options = { authority: `${proxy.url}/auth`, mode: 'bearer' };
    const tab = await shown(context, proxy.url, options, await app.startSession());
    await tab.goto(`${proxy.url}/page/next`);

    await back(tab);

    assert.equal(await tab.evaluate(() => window.name), 'persisted, hidden');
    assert.ok((await tab.evaluate(() => document.body.textContent)).includes('private'));
    assert.equal(await tab.evaluate(() => getComputedStyle(document.documentElement).visibility), 'visible');
    assert.equal(await tab.evaluate(async () => (await session.fetch('/orders')).status), 200);
  });
});

/** A page that shows something private, and notes in `window.name` whether it came back from the cache and what could be seen then. */
async function shown(context, url, options, tokens) {
  const tab = await context.newPage();
  await tab.goto(`${url}/page`);
  await tab.evaluate(() => addEventListener('pageshow', (event) => {
    window.name = `${event.persisted ? 'persisted' : 'loaded'}, ${getComputedStyle(document.documentElement).visibility}`;
  }));
  await openSession(tab, options);
  await tab.evaluate((login) => session.start(login), tokens);
  await tab.evaluate(() => document.body.append('private'));
  return tab;
}

async function back(tab) {
  await tab.evaluate(() => { setTimeout(() => history.back()); });
  await until(async () => await tab.evaluate(() => window.name).catch(() => '') !== '');
}

// Generously: these tests are about whether, not how soon.
async function until(holds) {
  for (const began = Date.now(); !await holds();) {
    if (Date.now() - began > 30_000) assert.fail('It did not come to be within 30 s.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
