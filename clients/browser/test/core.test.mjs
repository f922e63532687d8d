import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './world.mjs';

const seconds = (n) => n * 1_000;

/** A world with so many tabs of one session, in bearer mode. */
async function loggedIn(count = 1, options = {}) {
  const world = new World();
  const tabs = Array.from({ length: count }, () => world.openTab(options));
  await world.settle(tabs[0].core.start(world.authority.logIn('one')));
  await world.pass(100);
  return { world, tabs, tab: tabs[0] };
}

const refreshes = (world) => world.requests.filter(({ path }) => path === '/token' || path === '/auth/browser/refresh').length;

test('one refresh serves every call of every tab', async () => {
  const { world, tabs } = await loggedIn(3);
  await world.pass(seconds(61));

  const held = await world.settle(Promise.all(tabs.flatMap(({ core }) => [core.take(), core.take(), core.take()])));

  assert.equal(refreshes(world), 1);
  assert.equal(new Set(held.map(({ accessToken }) => accessToken)).size, 1);
});

test('a token is refreshed early, and the call that does it is not held up', async () => {
  const { world, tab } = await loggedIn();
  const first = await world.settle(tab.core.take());
  await world.pass(seconds(44));
  await world.settle(tab.core.take());
  assert.equal(refreshes(world), 0, 'before 76 % of its life');
  await world.pass(seconds(8));

  assert.equal(await tab.core.take(), first);
  await world.pass(200);

  assert.notEqual(await tab.core.take(), first);
  assert.equal(refreshes(world), 1);
});

test('tabs are due at different moments', async () => {
  const world = new World(7);
  const due = [];
  for (let i = 0; i < 40; i++) {
    const tab = world.openTab();
    const [began, before] = [world.elapsed, refreshes(world)];
    await world.settle(tab.core.start(world.authority.logIn(`s${i}`)));
    while (refreshes(world) === before) {
      await world.settle(tab.core.take());
      await world.pass(250);
    }
    due.push(world.elapsed - began);
  }

  assert.ok(Math.min(...due) >= 45_600 && Math.max(...due) <= 51_000, `${Math.min(...due)} to ${Math.max(...due)}`);
  assert.ok(Math.max(...due) - Math.min(...due) > 3_000);
});

test('a new refresh token is kept before anybody hears of the access token', async () => {
  const { world, tab } = await loggedIn(2);
  const tell = world.tell.bind(world);
  const keptWhenTold = [];
  world.tell = (from, news) => {
    keptWhenTold.push(world.stored.includes('rt_one_2'));
    tell(from, news);
  };
  await world.pass(seconds(61));

  await world.settle(tab.core.take());

  assert.deepEqual(keptWhenTold, [true]);
});

test('a refusal with a reason ends the session in every tab, and says why', async () => {
  const { world, tabs: [first, second] } = await loggedIn(2);
  world.authority.end('one', 'blocked', 'rv_42');
  await world.pass(seconds(61));

  await assert.rejects(world.settle(first.core.take()), { code: 'RSC5102', end: { reason: 'blocked', explanation: 'rv_42' } });
  await world.pass(100);

  assert.deepEqual(second.core.state.end, { reason: 'blocked', explanation: 'rv_42' });
  assert.deepEqual([first.changes, second.changes], [[['live', null], ['ended', 'blocked']], [['live', null], ['ended', 'blocked']]]);
  assert.deepEqual([first.cleared, second.cleared], [['origin'], ['tab']]);
  assert.ok(!world.stored.includes('rt_'), 'the refresh token is still there');
  assert.equal(refreshes(world), 1);
});

test('a refusal without a reason counts when it is given twice', async () => {
  const { world, tab } = await loggedIn();
  await world.pass(seconds(61));
  const answers = [[400, { error: 'invalid_grant' }]];
  world.weather = () => ({ delay: 10, answer: answers.shift() });

  await world.settle(tab.core.take());
  assert.equal(tab.core.state.status, 'live');

  await world.pass(seconds(61));
  answers.push([400, { error: 'invalid_grant' }], [400, { error: 'invalid_grant' }]);
  await assert.rejects(world.settle(tab.core.take()), { code: 'RSC5102' });
});

for (const [status, body, code, headers] of [
  [400, null, 'RSC5105'], [400, { error: 'invalid_request' }, 'RSC5105'], [400, { code: 'RSC1208', reason: 'ended' }, 'RSC5105'],
  [401, { error: 'invalid_grant', reason: 'ended' }, 'RSC5105'], [400, { error: 'invalid_client' }, 'RSC5104'],
  [401, { error: 'invalid_client' }, 'RSC5104'], [403, null, 'RSC5105'], [404, '<html>', 'RSC5105'], [408, null, 'RSC5103'],
  [429, null, 'RSC5103'], [500, { error: 'invalid_grant', reason: 'ended' }, 'RSC5103'], [503, null, 'RSC5103', { 'retry-after': '3' }],
  [200, '<html>', 'RSC5105'], [200, {}, 'RSC5105'], [200, { access_token: 'a.b.c', expires_in: 5, refresh_token: 'x' }, 'RSC5105'],
  [204, null, 'RSC5105'],
]) {
  test(`${status} ${JSON.stringify(body)} loses no session`, async () => {
    const { world, tab } = await loggedIn(1, { refreshLimit: 0 });
    await world.pass(seconds(61));
    world.weather = () => ({ delay: 10, answer: [status, body, headers] });

    await assert.rejects(world.settle(tab.core.take()), { code });
    assert.equal(tab.core.state.status, 'live');
    world.weather = () => ({ delay: 10 });
    await world.pass(seconds(31));

    assert.ok(await world.settle(tab.core.take()));
  });
}

test('an Authority that asks for time is given it', async () => {
  const { world, tab } = await loggedIn();
  await world.pass(seconds(61));
  world.weather = () => ({ delay: 10, answer: refreshes(world) === 0 ? [503, null, { 'retry-after': '7' }] : undefined });

  await world.settle(tab.core.take());

  const [first, second] = world.requests;
  assert.ok(second.at - first.at >= seconds(7) && second.at - first.at <= seconds(11), `${second.at - first.at} ms`);
});

test('without a network a call fails in the end, and the session is kept', async () => {
  const { world, tab } = await loggedIn();
  await world.pass(seconds(61));
  world.weather = () => ({ delay: 10, loseRequest: true });
  const before = world.elapsed;

  await assert.rejects(world.settle(tab.core.take()), { code: 'RSC5103' });

  assert.ok(world.elapsed - before >= seconds(30) && world.elapsed - before < seconds(41));
  assert.equal(tab.core.state.status, 'live');
});

test('a turn that never comes is not asked for without end', async () => {
  const { world, tab } = await loggedIn();
  let asked = 0;
  world.lock = async () => {
    asked += 1;
    throw new DOMException('no locks here', 'SecurityError');
  };
  await world.pass(seconds(61));

  await assert.rejects(world.settle(tab.core.take()), { code: 'RSC5107' });
  assert.ok(asked < 15, `${asked} times`);
});

test('a token that an API refuses is not taken again, nor from another tab', async () => {
  const { world, tabs: [first, second] } = await loggedIn(2);
  const bad = await world.settle(first.core.take());
  await world.settle(second.core.take());

  first.core.state.reject(bad.accessToken);
  first.core.receive({ kind: 'tokens', holding: bad });

  assert.notEqual((await world.settle(first.core.take())).accessToken, bad.accessToken);
  assert.equal(refreshes(world), 1);
});

test('a logout is over in this tab before it returns, and in the others when they hear of it', async () => {
  const { world, tabs: [first, second, third] } = await loggedIn(3);

  const told = first.core.logout();

  assert.equal(first.core.state.status, 'ended');
  assert.deepEqual(first.cleared, ['origin']);
  await assert.rejects(first.core.take(), { code: 'RSC5102' });
  await world.pass(5);
  assert.deepEqual([second, third].map(({ core, cleared }) => [core.state.status, core.state.end.reason, ...cleared]), [
    ['ended', 'logged_out', 'tab'], ['ended', 'logged_out', 'tab'],
  ]);
  assert.equal(await world.settle(told), true);
  assert.equal(world.authority.sessions.get('one').ended.reason, 'ended');
});

test('an offline logout is told when the network is back, by any page, and nothing is refreshed before', async () => {
  const { world, tab } = await loggedIn();
  world.weather = () => ({ delay: 10, loseRequest: true });
  assert.equal(await world.settle(tab.core.logout()), false);
  world.crash(tab);
  world.weather = () => ({ delay: 10, answer: [200, '<html>Please pay for the Wi-Fi'] });
  const portal = world.openTab();
  await world.pass(seconds(1));
  assert.equal(world.authority.sessions.get('one').ended, null);
  world.crash(portal);
  world.weather = () => ({ delay: 10 });

  const later = world.openTab();
  await assert.rejects(world.settle(later.core.take()), { code: 'RSC5101' });

  assert.equal(world.authority.sessions.get('one').ended.reason, 'ended');
  assert.equal(refreshes(world), 0);
});

test('a page that stays open tells the Authority by itself', async () => {
  const { world, tab } = await loggedIn();
  world.weather = () => ({ delay: 10, loseRequest: true });
  assert.equal(await world.settle(tab.core.logout()), false);
  world.weather = () => ({ delay: 10 });

  await world.pass(seconds(60));

  assert.equal(world.authority.sessions.get('one').ended.reason, 'ended');
});

test('tokens that arrive after a logout are dropped', async () => {
  const { world, tabs: [first, second] } = await loggedIn(2);
  await world.pass(seconds(61));
  world.weather = () => ({ delay: 1_000 });
  const taken = assert.rejects(first.core.take(), { code: 'RSC5102' });
  await world.pass(700);

  void second.core.logout();
  await world.pass(seconds(5));

  await taken;
  assert.deepEqual([first.core.state.status, second.core.state.status], ['ended', 'ended']);
  assert.ok(!world.stored.includes('rt_'));
});

test('a login in another tab is not for a page that shows the session before it', async () => {
  const { world, tabs: [first, second] } = await loggedIn(2);
  const third = world.openTab();

  await world.settle(first.core.start(async () => world.authority.logIn('two')));
  await world.pass(100);

  assert.deepEqual([first.core.state.status, second.core.state.end, third.core.state.status],
    ['live', { reason: 'replaced', explanation: null }, 'live']);
  assert.deepEqual(second.cleared, ['tab']);
  assert.equal((await world.settle(first.core.take())).session, 'two');
});

test('a login is not undone by late news of the session before', async () => {
  const { world, tabs: [first, second] } = await loggedIn(2);
  await world.pass(seconds(61));
  world.newsDelay = () => 5_000;
  await world.settle(second.core.take());

  await world.settle(first.core.start(async () => world.authority.logIn('two')));
  await world.pass(seconds(10));

  assert.equal(first.core.state.status, 'live');
  assert.equal((await world.settle(first.core.take())).session, 'two');
});

test('a login waits until the logout before it has been told', async () => {
  const { world, tab } = await loggedIn();
  world.weather = () => ({ delay: 10, loseRequest: true });
  void tab.core.logout();
  let isRun = false;
  const login = async () => {
    isRun = true;
    return world.authority.logIn('two');
  };

  await assert.rejects(world.settle(tab.core.start(login)), { code: 'RSC5103' });
  assert.equal(isRun, false);
  world.weather = () => ({ delay: 10 });
  await world.settle(tab.core.start(login));

  assert.equal(world.authority.sessions.get('one').ended.reason, 'ended');
  assert.equal((await world.settle(tab.core.take())).session, 'two');
});

test('a page that comes back from a cache is over if somebody logged out meanwhile', async () => {
  const { world, tabs: [first, second] } = await loggedIn(2);
  second.isFrozen = true;
  await world.settle(first.core.logout());
  await world.pass(100);
  assert.equal(second.core.state.status, 'live');

  assert.equal(second.core.restore(), false);
  assert.equal(second.core.state.status, 'ended');
});

test('a page that comes back from a cache goes on if nothing has happened', async () => {
  const { tab } = await loggedIn();

  assert.equal(tab.core.restore(), true);
});

test('what lies damaged in storage is not there', async () => {
  const world = new World();
  const tab = world.openTab();
  for (const text of ['', '{', 'null', '[]', '7', '{"turn":"x"}']) {
    world.write(tab, 'rescind', text);
    world.write(tab, 'rescind.logouts', text === '[]' ? '{}' : text);

    await world.settle(tab.core.start(world.authority.logIn(`s${text}`)));
    assert.equal(tab.core.state.status, 'live');
  }
});

test('cookie mode: the page holds no refresh token, and storage neither', async () => {
  const world = new World();
  const tab = world.openTab({ mode: 'cookie', authority: '/auth' });
  world.authority.lifetimeSeconds = 60;
  world.cookie = world.authority.logIn('one').refresh_token;
  world.weather = () => ({ delay: 10 });

  assert.equal((await world.settle(tab.core.take())).session, 'one');
  await world.pass(seconds(61));
  assert.equal((await world.settle(tab.core.take())).session, 'one');

  assert.deepEqual(world.requests.map(({ path, form }) => [path, form]), [['/auth/browser/refresh', {}], ['/auth/browser/refresh', {}]]);
  assert.ok(!world.stored.includes('rt_'));
});

test('cookie mode: nobody is logged in without a cookie', async () => {
  const world = new World();
  const tab = world.openTab({ mode: 'cookie', authority: '/auth' });

  await assert.rejects(world.settle(tab.core.take()), { code: 'RSC5101' });

  assert.equal(tab.core.state.status, 'none');
  assert.equal(refreshes(world), 1);
});

test('cookie mode: a live session is over when the browser has lost the cookie for certain', async () => {
  const world = new World();
  const tab = world.openTab({ mode: 'cookie', authority: '/auth' });
  world.cookie = world.authority.logIn('one').refresh_token;
  await world.settle(tab.core.take());
  world.cookie = null;
  await world.pass(seconds(61));

  await assert.rejects(world.settle(tab.core.take()), { code: 'RSC5102', end: { reason: 'forgotten', explanation: null } });
});

test('cookie mode: a refusal says why', async () => {
  const world = new World();
  const tab = world.openTab({ mode: 'cookie', authority: '/auth' });
  world.cookie = world.authority.logIn('one').refresh_token;
  world.authority.end('one', 'expired', null);

  await assert.rejects(world.settle(tab.core.take()), { code: 'RSC5102', end: { reason: 'expired', explanation: null } });
});

test('cookie mode: a logout ends the session by the cookie', async () => {
  const world = new World();
  const tab = world.openTab({ mode: 'cookie', authority: '/auth' });
  world.cookie = world.authority.logIn('one').refresh_token;

  assert.equal(await world.settle(tab.core.logout()), true);

  assert.equal(world.cookie, null);
  assert.equal(world.authority.sessions.get('one').ended.reason, 'ended');
});

for (const hours of [-24, -1, 1, 24]) {
  test(`a clock that is set by ${hours} h neither ends nor lengthens the pause after a failure`, async () => {
    const { world, tab } = await loggedIn(1, { refreshLimit: 0 });
    await world.pass(seconds(61));
    world.weather = () => ({ delay: 10, answer: refreshes(world) === 0 ? [503, null] : undefined });
    await assert.rejects(world.settle(tab.core.take()), { code: 'RSC5103' });

    world.offset += hours * seconds(3_600);

    await assert.rejects(world.settle(tab.core.take()), { code: 'RSC5103' });
    assert.equal(refreshes(world), 1);
    await world.pass(seconds(1));
    await world.settle(tab.core.take());
    assert.equal(refreshes(world), 2);
  });

  test(`a clock that is set by ${hours} h does not lengthen a call's wait for an Authority that is out of reach`, async () => {
    const { world, tab } = await loggedIn();
    await world.pass(seconds(61));
    world.weather = () => ({ delay: 10, loseRequest: true });
    const taken = assert.rejects(tab.core.take(), { code: 'RSC5103' });
    await world.pass(seconds(5));
    const before = world.elapsed;

    world.offset += hours * seconds(3_600);
    await world.settle(taken);

    assert.ok(world.elapsed - before < seconds(41), `${world.elapsed - before} ms`);
    assert.equal(tab.core.state.status, 'live');
  });
}

test('a clock that is set back does not make a token live longer', async () => {
  const { world, tab } = await loggedIn();
  const first = await world.settle(tab.core.take());
  await world.pass(seconds(40));
  world.offset -= seconds(30);
  await world.pass(seconds(21));

  assert.notEqual((await world.settle(tab.core.take())).accessToken, first.accessToken);
});

test('after a clock was set back one refresh serves every tab', async () => {
  const { world, tabs } = await loggedIn(5);
  world.offset -= seconds(3_600);
  await world.pass(seconds(61));

  await world.settle(Promise.all(tabs.map(({ core }) => core.take())));
  await world.pass(seconds(1));
  await world.settle(Promise.all(tabs.map(({ core }) => core.take())));

  assert.equal(refreshes(world), 1);
});

test('after a clock was put forward one refresh serves every tab', async () => {
  const { world, tabs } = await loggedIn(5);
  world.offset += seconds(3_600);

  await world.settle(Promise.all(tabs.map(({ core }) => core.take())));
  await world.pass(seconds(1));
  await world.settle(Promise.all(tabs.map(({ core }) => core.take())));

  assert.equal(refreshes(world), 1);
});

test('a token that a clock put forward alone calls expired is used while no other can be had', async () => {
  const { world, tab } = await loggedIn();
  const first = await world.settle(tab.core.take());
  world.weather = () => ({ delay: 10, answer: [503, null] });
  world.offset += seconds(3_600);

  assert.equal((await world.settle(tab.core.take())).accessToken, first.accessToken);
  await world.pass(seconds(60));
  await assert.rejects(world.settle(tab.core.take()), { code: 'RSC5103' });
});

for (const [name, change] of [
  ['login', async (world, core) => core.start(async () => world.authority.logIn('two'))],
  ['logout', async (_, core) => core.logout()],
]) {
  for (const refusal of [false, true]) {
    test(`a ${name} is not undone by ${refusal ? 'a refusal' : 'tokens'} that another tab gets late`, async () => {
      const world = new World(1, false);
      const [first, late] = [world.openTab(), world.openTab({ requestTimeout: 60_000 })];
      await world.settle(first.core.start(world.authority.logIn('one')));
      await world.pass(seconds(61));
      const answer = refusal ? [400, { error: 'invalid_grant', reason: 'ended' }] : undefined;
      world.weather = ({ path }) => (path === '/token' ? { delay: 45_000, answer } : { delay: 10 });
      void late.core.take().catch(() => null);
      await world.pass(seconds(30));
      // The tab has no time to hear of anything, and without locks its lease is over.
      late.isFrozen = true;
      await world.settle(change(world, first.core));
      const kept = first.shared.kept().session;
      await world.pass(seconds(60));

      assert.equal(first.shared.kept().session, kept);
      assert.equal(first.core.state.status, name === 'login' ? 'live' : 'ended');
      assert.ok(!world.stored.includes('rt_one'), world.stored);
    });
  }
}
