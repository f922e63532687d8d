// An API in this process, an Authority in one of its own.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import express from 'express';
import { createVerifier } from '@rescind/node';
import { protect } from '@rescind/node/express';
import { bearerOf, callApi, startAuthority, startSession } from '../../../tests/interop/authority.mjs';
import { until } from './support/verifiers.mjs';
import * as webSockets from './support/web-sockets.mjs';

/** A verifier of a real Authority; its end is registered with the test. */
async function startVerifier(test, authority, options = {}) {
  const { client_id: clientId, client_secret: clientSecret } =
    await callApi(authority, '/v1/clients', { client_id: `api-${options.name ?? 'orders'}`, kind: 'confidential', scopes: ['feed'] });
  const verifier = await createVerifier({
    authority: authority.issuer, audience: 'orders', clientId, clientSecret, allowInsecureLoopback: true, log: () => {}, ...options,
  });
  test.after(() => verifier.close());
  return verifier;
}

/** An API whose `status` says what it answers to a token. */
async function startApi(test, verifier) {
  const app = express();
  app.get('/orders', protect(verifier), (_, response) => { response.json([]); });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}/orders`;
  return async (token) => (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status;
}

const revoke = (authority, match, more = {}) =>
  callApi(authority, '/v1/revocations', { match, reason: 'test', ...more }, { prefer: 'wait=10' });

test('a verifier follows a real Authority', async (t) => {
  const authority = await startAuthority(t);
  const verifier = await startVerifier(t, authority, { maxStaleness: 2 });
  const status = await startApi(t, verifier);
  assert.equal(verifier.health.status, 'healthy');

  await t.test('a session is valid until it is revoked, and the receipt names this verifier', async () => {
    const { access_token: token, session_id: session } = await startSession(authority);
    const verdict = verifier.check(token);
    assert.equal(verdict.valid, true);
    assert.equal(verdict.token.subject, 'alice');
    assert.equal(verdict.token.sessionId, session);
    assert.equal(await status(token), 200);

    const { id, in_force: inForce } = await revoke(authority, { session });
    assert.equal(await status(token), 401);
    assert.equal(verifier.check(token).revocationId, id);
    assert.deepEqual([inForce.verifiers, inForce.applied], [1, 1]);
    assert.ok(inForce.ms < 2_000, `${inForce.ms} ms`);
  });

  await t.test('live connections are counted by dry runs, and those that were closed by receipts', async () => {
    const { url } = await webSockets.startServer(t, verifier);
    const [alice, bob] = [await startSession(authority, 'alice'), await startSession(authority, 'bob')];
    const theirs = await Promise.all([1, 2, 3].map(() => webSockets.join(url, alice.access_token)));
    await webSockets.join(url, bob.access_token);
    const match = { session: alice.session_id };
    await until(async () => (await revoke(authority, match, { dry_run: true })).connections === 4);

    const { in_force: inForce } = await revoke(authority, match);
    for (const client of theirs) assert.deepEqual(await webSockets.ended(client), [4401, 'revoked']);
    assert.equal(inForce.closed, 3);
  });

  await t.test('renew, reauthenticate and a lift', async () => {
    const { access_token: token } = await startSession(authority, 'bob');
    for (const effect of ['renew', 'reauthenticate']) {
      const { id } = await revoke(authority, { subject: 'bob' }, { effect });
      assert.equal(verifier.check(token).kind, effect);
      const admin = await bearerOf(authority);
      assert.equal((await fetch(`${authority.issuer}/v1/revocations/${id}`, { method: 'DELETE', headers: { authorization: admin } })).status, 200);
      await until(() => verifier.check(token).kind === 'valid');
    }
  });

  await t.test('new keys arrive like any revocation', async () => {
    await callApi(authority, '/v1/keys/rotate', {});
    const { access_token: token } = await startSession(authority, 'carol');
    await until(() => verifier.check(token).valid);
  });

  await t.test('the Authority away: unknown past the bound, dead stays dead; back: valid', async () => {
    const { access_token: live } = await startSession(authority, 'dave');
    const { access_token: dead, session_id: session } = await startSession(authority, 'eve');
    await revoke(authority, { session });
    assert.deepEqual([await status(live), await status(dead)], [200, 401]);
    await authority.stop();
    await until(async () => (await status(live)) === 503);
    assert.equal(await status(dead), 401);
    assert.equal(verifier.health.status, 'unhealthy');
    assert.match(verifier.health.trouble, /^RSC3203 .*ECONNREFUSED/);
    await authority.start();
    await until(async () => (await status(live)) === 200);
    assert.equal(await status(dead), 401);
  });
});

test('wrong credentials are told apart from an Authority that is away', async (t) => {
  const authority = await startAuthority(t);
  const verifier = await createVerifier({
    authority: authority.issuer, audience: 'orders', clientId: 'nobody', clientSecret: 'wrong-secret', allowInsecureLoopback: true,
    startTimeout: 1, log: () => {},
  });
  t.after(() => verifier.close());
  assert.match(verifier.health.trouble, /^RSC3202 /);
  assert.doesNotMatch(verifier.health.trouble, /wrong-secret/);
  assert.equal(verifier.health.isReady, false);
});
