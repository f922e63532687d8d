import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Desk } from './follow.mjs';

const desk = await Desk.create();
after(() => desk.remove());

test('the first API of the README is made from nothing, and refuses what was revoked', async () => {
  assert.ok(await desk.follow('README.md', 'Use it') >= 9);
});

test('the guide for ASP.NET Core is followed as printed', async () => {
  assert.ok(await desk.follow('docs/guide/verify-in-aspnetcore.md') >= 12);
});

test('the guide for jobs is followed as printed', async () => {
  assert.ok(await desk.follow('docs/guide/jobs.md') >= 11);
});

test('what a page says falsely is noticed', async () => {
  const page = (block) => `In a terminal:\n\n\`\`\`console\n${block}\n\`\`\`\n`;

  assert.equal(await desk.followText(page('$ echo one && cat\none')), 1);
  await assert.rejects(desk.followText(page('$ echo one\ntwo')), /did not print two/);
  await assert.rejects(desk.followText(page('$ nothing-like-this')), /ended with 127/);
});

test('the guide for Node is followed as printed', async () => {
  assert.ok(await desk.follow('docs/guide/verify-in-node.md') >= 13);
});
