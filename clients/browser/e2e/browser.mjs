// Real Chromium, from RESCIND_CHROMIUM or the PATH.
import { chromium } from 'playwright-core';
import { execFileSync } from 'node:child_process';

/** Starts a browser that ends with the test. Its back/forward cache is on, as in every browser that a person uses. */
export async function startBrowser(test) {
  const browser = await chromium.launch({
    executablePath: process.env.RESCIND_CHROMIUM ?? execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim(),
    args: ['--no-sandbox'],
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
  test.after(() => browser.close());
  return browser;
}

/** A tab with an open session: `window.session`, and what happened to it. */
export async function openTab(context, url, options = { authority: '/auth' }) {
  const tab = await context.newPage();
  await tab.goto(`${url}/page`);
  await openSession(tab, options);
  return tab;
}

export async function openSession(tab, options = { authority: '/auth' }) {
  await tab.evaluate(async (given) => {
    const { openSession: open } = await import('@rescind/browser');
    globalThis.session = open(given);
    globalThis.changes = [];
    session.onChange((state, end) => changes.push([state, end?.reason ?? null]));
  }, options);
}

/** Logs alice in by the app's own login. */
export function logIn(tab) {
  return tab.evaluate(() => session.start(async () => {
    const body = JSON.stringify({ user: 'alice', password: 'wonderland' });
    const answer = await fetch('/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return answer.json();
  }));
}

/** Logs alice in as she does it herself, on the page of the sample. */
export async function logInByHand(page, password = 'wonderland') {
  await page.getByPlaceholder('alice').fill('alice');
  await page.getByPlaceholder('wonderland').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

export const stateOf = (tab) => tab.evaluate(() => [session.state, session.end?.reason ?? null]);
