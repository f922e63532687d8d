// Random schedules from a seed: several tabs, lost requests and responses, crashes, clock jumps, late news. A seed that fails is the report.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './world.mjs';

const seeds = process.env.RESCIND_FULL ? 3_000 : 150;
const steps = 120;

for (const [name, hasLocks] of [['with Web Locks', true], ['without them', false]]) {
  test(`an honest browser is never logged out, ${name}`, async () => {
    for (let seed = 1; seed <= seeds; seed++) await told(seed, () => honest(seed, hasLocks));
  });

  test(`a logout reaches every tab and the Authority, ${name}`, async () => {
    for (let seed = 1; seed <= seeds; seed++) await told(seed, () => loggedOut(seed, hasLocks));
  });

  test(`a login is not undone by what is under way for the session before, ${name}`, async () => {
    for (let seed = 1; seed <= seeds; seed++) await told(seed, () => replaced(seed, hasLocks));
  });
}

async function told(seed, run) {
  try {
    await run();
  } catch (failure) {
    throw new Error(`seed ${seed}: ${failure.message}`, { cause: failure });
  }
}

async function honest(seed, hasLocks) {
  const world = await begin(seed, hasLocks);
  for (let step = 0; step < steps; step++) await act(world);
  await calm(world);

  assert.equal(world.authority.sessions.get('one').ended, null, 'the Authority saw a reuse');
  for (const tab of world.tabs) {
    const holding = await world.settle(tab.core.take());
    assert.equal(holding.session, 'one');
    assert.equal(tab.core.state.status, 'live');
    assert.ok(!tab.changes.some(([state]) => state === 'ended' || state === 'none'), `changes: ${JSON.stringify(tab.changes)}`);
  }
  if (hasLocks && world.crashes === 0) assert.ok(world.mostInFlight <= 1, `${world.mostInFlight} refreshes at once`);
  assert.ok(!world.stored.includes('h.'), 'an access token lies in storage');
}

async function loggedOut(seed, hasLocks) {
  const world = await begin(seed, hasLocks);
  const before = Math.floor(world.random() * steps);
  for (let step = 0; step < before; step++) await act(world);
  const [first, ...others] = world.tabs;
  void first.core.logout();

  assert.equal(first.core.state.status, 'ended');
  await assert.rejects(first.core.take(), { code: 'RSC5102' });
  await world.pass(100);
  for (const tab of others) {
    assert.notEqual(tab.core.state.status, 'live', 'a tab goes on after a logout elsewhere');
    if (tab.core.state.status === 'ended') assert.ok(tab.cleared.includes('tab'), 'what is of the tab was not cleared');
  }
  if (world.random() < 0.5) world.crash(first);
  const late = world.openTab();
  for (let step = 0; step < 20; step++) await world.pass(world.random() * 2_000);
  await calm(world);

  assert.notEqual(world.authority.sessions.get('one').ended, null, 'the Authority was not told');
  for (const tab of [...others, late]) {
    if (tab.isAlive) await assert.rejects(world.settle(tab.core.take()), (failure) => ['RSC5101', 'RSC5102'].includes(failure.code));
  }
}

// Answers that take longer than a lease, and tabs that hear of nothing while they wait for them.
async function replaced(seed, hasLocks) {
  const world = await begin(seed, hasLocks, 60_000);
  const { random } = world;
  world.weather = () => ({ delay: random() * 50_000 });
  const [first, ...others] = world.tabs;
  await world.pass(70_000);
  for (const tab of others) void call(tab, false);
  await world.pass(random() * 50_000);
  for (const tab of others) tab.isFrozen = random() < 0.7;
  await world.settle(first.core.start(async () => world.authority.logIn('two')));
  await world.pass(120_000);
  for (const tab of others) tab.isFrozen = false;
  await calm(world);

  assert.equal((await world.settle(first.core.take())).session, 'two');
  assert.ok(!first.changes.some(([state]) => state === 'ended'), `changes: ${JSON.stringify(first.changes)}`);
  assert.ok(!world.stored.includes('rt_one'), world.stored);
}

async function begin(seed, hasLocks, requestTimeout = 2_000) {
  const world = new World(seed, hasLocks);
  const { random } = world;
  Object.assign(world, { crashes: 0, newsDelay: () => random() * 20, storeDelay: () => random() * 20 });
  world.weather = () => ({
    delay: 5 + random() * 400,
    loseRequest: random() < 0.15,
    loseResponse: random() < 0.15,
    answer: random() < 0.1 ? badAnswers[Math.floor(random() * badAnswers.length)] : undefined,
  });
  const tab = world.openTab({ requestTimeout });
  await world.settle(tab.core.start(world.authority.logIn('one')));
  world.openTab({ requestTimeout });
  world.openTab({ requestTimeout });
  return world;
}

// None of these says anything about the session, whatever it looks like.
const badAnswers = [
  [503, { error: 'temporarily_unavailable' }, { 'retry-after': '2' }], [500, null], [502, '<html>'], [200, '<html>Please log in to the Wi-Fi'],
  [200, {}], [200, { access_token: 'x', expires_in: 5 }], [401, { error: 'invalid_client' }], [403, null], [404, { error: 'not_found' }],
  [400, null], [400, { error: 'invalid_request' }], [429, null, { 'retry-after': 'soon' }],
];

async function act(world) {
  const { random } = world;
  const tab = world.tabs[Math.floor(random() * world.tabs.length)];
  const dice = random();
  if (dice < 0.7) void call(tab, random() < 0.15);
  else if (dice < 0.73) world.offset += (random() - 0.5) * 2 * 3_600_000;
  else if (dice < 0.78 && world.tabs.length > 1) {
    world.crash(tab);
    world.crashes += 1;
    world.openTab({ requestTimeout: 2_000 });
  }
  await world.pass(random() < 0.8 ? random() * 300 : random() * 50_000);
}

async function call(tab, isRefused) {
  const holding = await tab.core.take().catch(() => null);
  if (holding && isRefused) tab.core.state.reject(holding.accessToken);
}

async function calm(world) {
  world.weather = () => ({ delay: 10 });
  await world.pass(120_000);
}
