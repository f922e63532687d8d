// What is as long as it may be, from the call that makes it to every verifier.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startNodeOrders, startOrders } from './api.mjs';
import { bearerOf, callApi, refreshSession, startAuthority, startSession } from './authority.mjs';

const startAll = async (t, authority) => [await startOrders(t, authority), await startNodeOrders(t, authority)];
const statuses = (apis, token) => Promise.all(apis.map((api) => api.status(token)));
const until = async (holds) => {
  for (let waited = 0; waited < 60_000 && !(await holds()); waited += 100) await delay(100);
  assert.ok(await holds());
};

// JSON writes each of these bytes as six.
const worstText = (bytes, mark = '') => mark.padEnd(bytes, '\u0001');

test('the longest session is taken by every API, refreshed, looked up, and ended by its longest tag', async (t) => {
  const authority = await startAuthority(t);
  const apis = await startAll(t, authority);
  const tag = 'x'.repeat(1024);
  const session = await callApi(authority, '/v1/sessions', {
    subject: 'a'.repeat(1024), audience: 'orders', scope: 'orders.read', tags: { tenant: tag },
    claims: Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`claim-${i}`, 'c'.repeat(1000)])),
  });

  assert.ok(session.access_token.length > 8 * 1024);
  assert.deepEqual(await statuses(apis, session.access_token), [200, 200]);
  const refreshed = await refreshSession(authority, session);
  assert.deepEqual(await statuses(apis, refreshed.access_token), [200, 200]);

  await callApi(authority, '/v1/revocations', { match: { tag: { name: 'tenant', value: tag } }, confirm: 1, reason: 'r'.repeat(500) }, { prefer: 'wait=10' });

  assert.deepEqual(await statuses(apis, refreshed.access_token), [401, 401]);
});

test('verifiers that missed megabytes of the longest revocations catch up, and new ones start on them', async (t) => {
  const authority = await startAuthority(t);
  const [good, dead] = [await startSession(authority), await startSession(authority, 'bob')];
  const issuer = `https://${'a'.repeat(60)}.example/${'p'.repeat(400)}`;
  await callApi(authority, '/v1/issuers', {
    issuer, max_token_lifetime: 86_400, max_session_lifetime: 864_000, clock_skew: 300, jwks_uri: `${issuer}/jwks`,
    logout_audiences: Array.from({ length: 64 }, (_, i) => `app-${i}-`.padEnd(512, '<')),
  });
  const old = await startAll(t, authority);
  assert.deepEqual(await statuses(old, good.access_token), [200, 200]);

  old.forEach((api) => api.suspend());
  const authorization = await bearerOf(authority);
  for (let i = 0; i < 480; i += 16) {
    await Promise.all(Array.from({ length: 16 }, async (_, k) => {
      const answer = await fetch(`${authority.issuer}/v1/revocations`, {
        method: 'POST', headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ issuer, match: { subject: worstText(1024, `${i + k}`) }, effect: 'block', until: '2099-01-01T00:00:00Z', reason: 'test' }),
      });
      assert.equal(answer.status, 201, await answer.text());
    }));
  }
  await callApi(authority, '/v1/revocations', { match: { session: dead.session_id }, reason: 'test' });
  old.forEach((api) => api.resume());

  await until(async () => (await statuses(old, dead.access_token)).every((status) => status === 401));
  await until(async () => (await statuses(old, good.access_token)).every((status) => status === 200));
  const fresh = await startAll(t, authority);
  assert.deepEqual(await statuses(fresh, good.access_token), [200, 200]);
  assert.deepEqual(await statuses(fresh, dead.access_token), [401, 401]);
});
