import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startApi } from './api.mjs';
import { callApi, startAuthority } from './authority.mjs';
import { startIssuer } from './oidc-provider.mjs';

test('tokens of oidc-provider are taken back at an API that asks nobody', async (t) => {
  const authority = await startAuthority(t);
  const issuer = await startIssuer(t, { logoutUri: `${authority.issuer}/backchannel-logout`, apps: 12 });
  const api = await startApi(t, { issuer, authority });
  let app = 1;
  const logIn = (subject) => issuer.logIn(subject, app++);
  const revoke = (match, more) =>
    callApi(authority, '/v1/revocations', { match, issuer: issuer.url, reason: 'test', ...more }, { prefer: 'wait=10' });
  const at = (seconds) => new Date(seconds * 1000).toISOString().replace('.000', '');
  const bob = await issuer.logIn('bob', 0);
  const shouldTakeBack = async (tokens, match, more) => {
    assert.equal(await api.status(tokens), 200);
    const answer = await revoke(match, more);
    assert.deepEqual([await api.status(tokens), await api.status(bob)], [401, 200]);
    return answer;
  };

  await t.test('while it is not registered they are unknown', async () => {
    assert.equal(await api.status(bob), 503);
  });

  await callApi(authority, '/v1/issuers', {
    issuer: issuer.url, max_token_lifetime: 600, max_session_lifetime: 3600, clock_skew: 0, sends_auth_time: true,
    jwks_uri: `${issuer.url}/jwks`, logout_audiences: ['app-0', 'app-1'],
  });
  await until(async () => (await api.status(bob)) === 200);

  await t.test('by token, as an id and whole', async () => {
    const [byId, whole] = [await logIn('alice'), await logIn('alice')];

    await shouldTakeBack(byId, { token: byId.claims.jti });
    await shouldTakeBack(whole, { token: whole.access });
  });

  await t.test('by session, person, client and tenant', async () => {
    const [session, person, client, tenant] = [await logIn('carol'), await logIn('dave'), await logIn('erin'), await logIn('frank')];

    await shouldTakeBack(session, { session: session.claims.sid });
    await shouldTakeBack(person, { subject: 'dave' });
    await shouldTakeBack(client, { client: client.claims.client_id }, { confirm: client.claims.client_id });
    await shouldTakeBack(tenant, { tag: { name: 'tenant', value: tenant.claims.tenant } }, { confirm: tenant.claims.tenant });
  });

  await t.test('an end does not hold against a refresh, and says so; a session, a block and a login do', async () => {
    const [ended, session, blocked, stale] = [await logIn('grace'), await logIn('heidi'), await logIn('ivan'), await logIn('judy')];

    const answer = await shouldTakeBack(ended, { subject: 'grace' }, { before: at(ended.claims.iat) });
    await shouldTakeBack(session, { session: session.claims.sid });
    await shouldTakeBack(blocked, { subject: 'ivan' }, { effect: 'block', until: at(bob.claims.exp) });
    await shouldTakeBack(stale, { subject: 'judy' }, { effect: 'reauthenticate', before: at(stale.claims.iat) });

    assert.deepEqual(answer.warnings.map((warning) => warning.code), ['RSC2107']);
    const refreshed = await Promise.all([ended, session, blocked, stale].map((tokens) => tokens.browser.refreshLater(tokens)));
    assert.deepEqual(await Promise.all(refreshed.map(api.status)), [200, 401, 401, 401]);
  });

  await t.test('a logout at the issuer ends that session at the API, and no other', async () => {
    const [here, there] = [await issuer.logIn('mallory', 0), await issuer.logIn('mallory', 0)];
    assert.deepEqual([await api.status(here), await api.status(there)], [200, 200]);

    await here.browser.logOut();

    await until(async () => (await api.status(here)) === 401);
    assert.equal(await api.status(there), 200);
  });

  await t.test('the API has asked the issuer for its metadata and keys, once', () => {
    const asked = issuer.requests.filter((path) => path.startsWith('/.well-known/'));
    assert.deepEqual(asked, ['/.well-known/openid-configuration']);
    assert.ok(issuer.requests.filter((path) => path === '/jwks').length <= 2, 'the API once, the Authority once');
  });

  await t.test('by key: nothing that it signs is taken', async () => {
    await revoke({ key: 'signing' }, { confirm: 'signing' });

    assert.equal(await api.status(bob), 401);
    assert.equal(await api.status(await issuer.logIn('niaj', 0)), 401);
  });
});

// Generously: these tests are about whether, not how soon.
async function until(holds) {
  for (let waited = 0; waited < 30_000; waited += 50) {
    if (await holds()) return;
    await delay(50);
  }
  assert.fail('It did not come to be within 30 s.');
}
