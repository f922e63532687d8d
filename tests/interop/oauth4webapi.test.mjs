import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { startAuthority, startSession } from './authority.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };

test('oauth4webapi works against the Authority', async (t) => {
  const authority = await startAuthority(t);
  const issuer = new URL(authority.issuer);
  const server = await discover(issuer, 'oauth2');
  const admin = { client_id: authority.admin.id };
  const byAdmin = oauth.ClientSecretBasic(authority.admin.secret);
  const web = { client_id: 'web' };
  const asPublic = oauth.None();
  const refresh = async (token) =>
    oauth.processRefreshTokenResponse(server, web, await oauth.refreshTokenGrantRequest(server, web, asPublic, token, insecure));
  const introspect = async (token) =>
    oauth.processIntrospectionResponse(server, admin, await oauth.introspectionRequest(server, admin, byAdmin, token, insecure));
  const revoke = async (token, client = web, authentication = asPublic) =>
    oauth.processRevocationResponse(await oauth.revocationRequest(server, client, authentication, token, insecure));

  await t.test('discovery, as OAuth and as OpenID names it', async () => {
    const openid = await discover(issuer, 'oidc');

    assert.equal(server.issuer, authority.issuer);
    assert.equal(openid.token_endpoint, server.token_endpoint);
    assert.equal(openid.jwks_uri, server.jwks_uri);
  });

  await t.test('client credentials, by Basic and by form', async () => {
    for (const authentication of [byAdmin, oauth.ClientSecretPost(authority.admin.secret)]) {
      const answer = await oauth.clientCredentialsGrantRequest(server, admin, authentication, new URLSearchParams({ scope: 'sessions' }), insecure);
      const granted = await oauth.processClientCredentialsResponse(server, admin, answer);

      assert.equal(granted.token_type, 'bearer');
      assert.ok(granted.expires_in > 0);
    }
  });

  await t.test('a wrong secret is invalid_client', async () => {
    const wrong = oauth.ClientSecretBasic('wrong');
    const answer = await oauth.clientCredentialsGrantRequest(server, admin, wrong, new URLSearchParams(), insecure);

    assert.equal((await answer.clone().json()).error, 'invalid_client');
    await assert.rejects(oauth.processClientCredentialsResponse(server, admin, answer), (error) => error.status === 401);
  });

  await t.test('a session token passes its validation of RFC 9068', async () => {
    const { access_token: token } = await startSession(authority);
    const request = new Request('https://orders.example/', { headers: { authorization: `Bearer ${token}` } });

    const claims = await oauth.validateJwtAccessToken(server, request, 'orders', insecure);

    assert.equal(claims.sub, 'alice');
  });

  await t.test('refresh, and the same answer to the same token again', async () => {
    const session = await startSession(authority);

    const first = await refresh(session.refresh_token);
    const again = await refresh(session.refresh_token);

    assert.notEqual(first.refresh_token, session.refresh_token);
    assert.equal(again.refresh_token, first.refresh_token);
  });

  await t.test('revoking a refresh token ends the session', async () => {
    const session = await startSession(authority);

    await revoke(session.refresh_token);

    await assert.rejects(refresh(session.refresh_token), (error) => error.error === 'invalid_grant' && error.status === 400);
    assert.deepEqual(await introspect(session.access_token), { active: false });
  });

  await t.test('revoking an access token leaves the session', async () => {
    const session = await startSession(authority);

    await revoke(session.access_token, admin, byAdmin);

    assert.deepEqual(await introspect(session.access_token), { active: false });
    const { access_token: next } = await refresh(session.refresh_token);
    assert.equal((await introspect(next)).active, true);
  });

  await t.test('revoking what is no token is no error', async () => {
    await revoke('nothing of ours');
  });

  await t.test('introspection tells what the token says', async () => {
    const session = await startSession(authority, 'bob');

    const answer = await introspect(session.access_token);

    assert.equal(answer.active, true);
    assert.equal(answer.sub, 'bob');
    assert.equal(answer.client_id, 'web');
    assert.equal(answer.scope, 'orders.read');
  });
});

async function discover(issuer, algorithm) {
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm, ...insecure }));
}
