// What lies in storage, what other tabs say and what the Authority answers may be older, newer or damaged: it is read with defaults.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEndpoint } from '../dist/lib/endpoint.js';
import { readNews } from '../dist/lib/news.js';
import { createShared, owedKey, sessionKey } from '../dist/lib/shared.js';
import { jwt, World } from './world.mjs';

const junk = ['', '{', 'null', '7', '"x"', '{}', '[]', '[null]', '[7, "x", true, [], {}]', '[{"session": 7, "refreshToken": 7}]'];
const kept = { session: 'one', turn: 3, refreshToken: 'rt_one_1', end: { reason: 'ended', explanation: 'rv_1' } };
const owed = { session: 'one', refreshToken: 'rt_one_1' };
const noEnd = { reason: null, explanation: null };

/** A record with one member absent, null, or of another type. */
function variants(record, member) {
  const { [member]: _, ...without } = record;
  return { absent: without, null: { ...record, [member]: null }, wrong: { ...record, [member]: [7] } };
}

const sharedOf = (key, text, isCookie = false) => createShared({ read: (asked) => (asked === key ? text : null), write() {} }, isCookie);
const readKept = (record) => sharedOf(sessionKey, JSON.stringify(record)).kept();
const readOwed = (record, isCookie = false) => sharedOf(owedKey, JSON.stringify([record]), isCookie).owed();

/** What becomes of each variant of a record: its meaning, by member and kind. */
function meanings(record, read) {
  return Object.fromEntries(Object.keys(record).map((member) => {
    const each = Object.entries(variants(record, member)).map(([kind, changed]) => [kind, read(changed)]);
    return [member, Object.fromEntries(each)];
  }));
}

test('a stored session is read with defaults, and one that lacks what it needs is none', () => {
  assert.deepEqual(readKept({ ...kept, later: { a: 1 } }), kept);
  assert.deepEqual(meanings(kept, readKept), {
    session: { absent: null, null: { ...kept, session: null }, wrong: null },
    turn: { absent: null, null: null, wrong: null },
    refreshToken: { absent: { ...kept, refreshToken: null }, null: { ...kept, refreshToken: null }, wrong: null },
    end: { absent: { ...kept, end: null }, null: { ...kept, end: null }, wrong: { ...kept, end: noEnd } },
  });
  assert.equal(sharedOf(sessionKey, '{"session":"one","turn":1e999}').kept(), null);
});

test('an owed logout is read with defaults, and one that cannot be told is none', () => {
  const toldAlone = [{ session: null, refreshToken: 'rt_one_1' }];
  assert.deepEqual(readOwed({ ...owed, later: 1 }), [owed]);
  assert.deepEqual(meanings(owed, readOwed), {
    session: { absent: toldAlone, null: toldAlone, wrong: [] },
    refreshToken: { absent: [], null: [], wrong: [] },
  });
  const byCookie = [{ session: 'one', refreshToken: null }];
  assert.deepEqual(meanings(owed, (record) => readOwed(record, true)).refreshToken, { absent: byCookie, null: byCookie, wrong: [] });
});

test('junk in storage is nothing', () => {
  for (const text of junk) {
    assert.equal(sharedOf(sessionKey, text).kept(), null, text);
    for (const isCookie of [false, true]) assert.deepEqual(sharedOf(owedKey, text, isCookie).owed(), [], text);
  }
});

for (const key of [sessionKey, owedKey]) {
  test(`a session goes on, and a new one can begin and end, over junk in ${key}`, async () => {
    for (const text of junk) {
      const world = new World();
      const tab = world.openTab();
      await world.settle(tab.core.start(world.authority.logIn('one')));
      world.write(tab, key, text);
      await world.pass(61_000);
      assert.equal((await world.settle(tab.core.take())).session, 'one', text);

      world.write(tab, key, text);
      await world.settle(tab.core.start(world.authority.logIn('two')));
      world.write(tab, key, text);
      assert.equal(await world.settle(tab.core.logout()), true, text);
      assert.equal(world.authority.sessions.get('two').ended.reason, 'ended', text);
    }
  });
}

test('what a tab of another version says is read with defaults, or is no news', () => {
  const holding = { session: 'one', accessToken: 'a.b.c', askedAt: 1, expiresAt: 2 };
  const end = { kind: 'end', session: 'one', end: kept.end };
  const none = { absent: null, null: null, wrong: null };

  assert.deepEqual(readNews({ kind: 'tokens', holding }), { kind: 'tokens', holding });
  assert.deepEqual(meanings(holding, (changed) => readNews({ kind: 'tokens', holding: changed })),
    { session: none, accessToken: none, askedAt: none, expiresAt: none });
  assert.deepEqual(meanings({ kind: 'tokens', holding }, readNews), { kind: none, holding: none });
  const [ofAny, withoutReason] = [{ ...end, session: null }, { ...end, end: noEnd }];
  assert.deepEqual(meanings(end, readNews), {
    kind: none,
    session: { absent: ofAny, null: ofAny, wrong: null },
    end: { absent: withoutReason, null: withoutReason, wrong: withoutReason },
  });
  for (const said of [undefined, null, 7, 'x', [], [null], {}]) assert.equal(readNews(said), null);
});

test('a tab that says what is no news disturbs nobody', async () => {
  const world = new World();
  const tab = world.openTab();
  await world.settle(tab.core.start(world.authority.logIn('one')));

  for (const said of [undefined, null, 7, {}, { kind: 'tokens' }, { kind: 'tokens', holding: null }, { kind: 'later' }]) tab.core.receive(said);

  assert.equal(tab.core.state.status, 'live');
});

test('an answer to a refresh is read with defaults, and one that lacks what it needs keeps the session', async () => {
  const full = {
    session_id: 'one', subject: 'alice', access_token: jwt({ sid: 'one' }), token_type: 'Bearer', expires_in: 60, scope: 'orders',
    refresh_token: 'rt_one_2', refresh_expires_at: '2026-01-01T00:00:00Z',
  };
  const needed = { access_token: 'any', expires_in: 'any', token_type: 'bearer' };
  for (const isCookie of [false, true]) {
    const settings = { authority: 'https://auth.example', isCookie, clientId: 'web' };
    const refresh = (body) => createEndpoint(settings, async () => Response.json(body), () => 0).refresh('rt_one_1', new AbortController().signal);
    assert.equal((await refresh(full)).kind, 'tokens');
    for (const member of Object.keys(full)) {
      const isNeeded = needed[member] === 'any' || (needed[member] === 'bearer' && !isCookie);
      const { absent, null: none } = variants(full, member);
      for (const body of [absent, none]) {
        const reply = await refresh(body);
        assert.deepEqual([reply.kind, reply.code], isNeeded ? ['later', 'RSC5105'] : ['tokens', undefined], `${member} of ${JSON.stringify(body)}`);
        const isOld = !isCookie && member === 'refresh_token';
        if (!isNeeded) assert.equal(reply.refreshToken, isCookie ? null : isOld ? 'rt_one_1' : 'rt_one_2');
      }
    }
    for (const body of [null, 7, 'x', [], [null], {}]) assert.equal((await refresh(body)).code, 'RSC5105');
  }
});
