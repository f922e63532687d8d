import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { startApp } from './app.mjs';
import { logInByHand, startBrowser } from './browser.mjs';
import { startProxy } from './proxy.mjs';

const read = (path) => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');

test('the guide shows the page of the sample, word for word', async () => {
  const [guide, sample] = await Promise.all([read('docs/guide/browser.md'), read('samples/Browser/wwwroot/app.js')]);
  const snippets = [...guide.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code);

  assert.ok(snippets.length > 0);
  for (const snippet of snippets.filter((code) => code.includes('openSession'))) assert.ok(sample.includes(snippet), snippet);
});

test('the page of the sample logs in, survives a reload and logs out in both tabs', async (t) => {
  const app = await startApp(t);
  const browser = await startBrowser(t);
  const proxy = await startProxy(t, app.url);
  const context = await browser.newContext();
  const [tab, other] = [await context.newPage(), await context.newPage()];
  await tab.goto(proxy.url);
  await logInByHand(tab, 'looking glass');
  await tab.getByText('That is not the password.').waitFor();

  await logInByHand(tab);
  await tab.getByText('a rabbit hole for alice').waitFor();
  await tab.reload();
  await tab.getByText('a rabbit hole for alice').waitFor();
  await other.goto(proxy.url);
  await other.getByText('a rabbit hole for alice').waitFor();
  await other.getByRole('button', { name: 'Log out' }).click();

  for (const page of [tab, other]) {
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    assert.equal(await page.getByText('rabbit').count(), 0);
  }
});

test('the page of the sample asks for a new login where the session was ended elsewhere', async (t) => {
  const app = await startApp(t);
  const tab = await (await (await startBrowser(t)).newContext()).newPage();
  await tab.goto(app.url);
  await logInByHand(tab);
  await tab.getByText('a rabbit hole for alice').waitFor();
  await app.revoke({ subject: 'alice' }, 'end');

  await tab.reload();
  await logInByHand(tab);

  await tab.getByText('a rabbit hole for alice').waitFor();
});
