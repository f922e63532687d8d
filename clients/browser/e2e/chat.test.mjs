import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from './app.mjs';
import { logInByHand, startBrowser } from './browser.mjs';

test('who logs out everywhere throws the other browser out of the chat, which says why and stays away', async (t) => {
  const app = await startApp(t);
  const browser = await startBrowser(t);
  const [here, there] = [await (await browser.newContext()).newPage(), await (await browser.newContext()).newPage()];
  const sockets = [];
  there.on('websocket', (socket) => sockets.push(socket));
  for (const page of [here, there]) await enter(page, app.url);
  await say(there, 'I came in.');
  await say(here, 'Are you there?');
  await say(there, 'I am.');
  await here.getByText('alice: I am.').waitFor();
  await there.getByText('alice: Are you there?').waitFor();

  await wordsOf(there).pressSequentially('As I was');
  await here.getByRole('button', { name: 'Log out everywhere' }).click();
  await Promise.all([here, there].map((page) => page.getByText(/this session has been revoked\. The act is rv_/).waitFor()));
  await there.keyboard.type(' saying');

  assert.equal(await wordsOf(there).inputValue(), 'As I was');
  assert.equal(await wordsOf(there).isDisabled(), true);
  await here.getByRole('link', { name: 'Log in again' }).click();
  await enter(here);
  await say(here, 'Alone?');
  assert.deepEqual([sockets.length, sockets[0].isClosed(), await there.getByText('Alone?').count()], [1, true, 0]);
  assert.equal(await there.getByText('this session has been revoked').isVisible(), true);
});

/** Logs in on the start page, and goes on to the chat. */
async function enter(page, url) {
  if (url) await page.goto(url);
  await logInByHand(page);
  await page.getByRole('link', { name: 'Chat' }).click();
}

/** Says it, and waits until the room has heard it: who hears himself is in the room, and hears what comes after. */
async function say(page, words) {
  await wordsOf(page).fill(words);
  await page.getByRole('button', { name: 'Say' }).click();
  await page.getByText(`alice: ${words}`).waitFor();
}

const wordsOf = (page) => page.getByPlaceholder('Say something');
