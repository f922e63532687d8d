import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { createRemoteJWKSet, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { callApi, startAuthority, startSession } from './authority.mjs';

test('jose verifies our access tokens with the published keys alone', async (t) => {
  const authority = await startAuthority(t);
  const metadata = await (await fetch(`${authority.issuer}/.well-known/oauth-authorization-server`)).json();
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
  const session = await startSession(authority);
  const rules = {
    issuer: authority.issuer, audience: 'orders', typ: 'at+jwt', algorithms: ['ES256'],
    requiredClaims: ['exp', 'iat', 'jti', 'sub', 'client_id', 'sid'],
  };

  await t.test('the token is accepted, with the claims of RFC 9068', async () => {
    const { payload } = await jwtVerify(session.access_token, keys, rules);

    assert.equal(payload.sub, 'alice');
    assert.equal(payload.sid, session.session_id);
    assert.equal(payload.client_id, 'web');
    assert.equal(payload.scope, 'orders.read');
    assert.ok(Number.isSafeInteger(payload.lpos));
    assert.ok(payload.exp - payload.iat <= session.expires_in);
  });

  await t.test('another audience is refused', async () => {
    await assert.rejects(jwtVerify(session.access_token, keys, { ...rules, audience: 'billing' }), errors.JWTClaimValidationFailed);
  });

  await t.test('a changed token is refused', async () => {
    const [header, payload, signature] = session.access_token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url'));
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'mallory' })).toString('base64url');

    await assert.rejects(jwtVerify(`${header}.${forged}.${signature}`, keys, rules), errors.JWSSignatureVerificationFailed);
  });

  await t.test('the token that tells a client of a logout is accepted, and is no access token', async () => {
    const shop = createServer().listen(0, '127.0.0.1');
    t.after(() => shop.close());
    await once(shop, 'listening');
    const { client_id: id, client_secret: secret } = await callApi(authority, '/v1/clients', {
      client_id: 'shop', kind: 'confidential', scopes: ['sessions'], backchannel_logout_uri: `http://127.0.0.1:${shop.address().port}/`,
    });
    const ended = await callApi(
      { ...authority, admin: { id, secret } }, '/v1/sessions', { subject: 'bob', audience: 'orders', client_id: 'shop' });
    const told = once(shop, 'request');
    await callApi(authority, '/v1/revocations', { match: { subject: 'bob' }, reason: 'test' });

    const [request, answer] = await told;
    const token = new URLSearchParams(await text(request)).get('logout_token');
    answer.end();
    const { payload } = await jwtVerify(token, keys, {
      issuer: authority.issuer, audience: 'shop', typ: 'logout+jwt', algorithms: ['ES256'], requiredClaims: ['iat', 'exp', 'jti', 'sub', 'sid'],
    });
    assert.equal(payload.sid, ended.session_id);
    assert.deepEqual(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} });
    assert.ok(!('nonce' in payload));
    await assert.rejects(jwtVerify(token, keys, { ...rules, audience: 'shop' }), errors.JWTClaimValidationFailed);
  });

  await t.test('the keys are public, distinct and hold the one that signed', async () => {
    const { keys: published } = await (await fetch(metadata.jwks_uri)).json();
    const ids = published.map((key) => key.kid);

    assert.ok(ids.includes(decodeProtectedHeader(session.access_token).kid));
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(published.length >= 2, 'the next key is announced before it signs');
    for (const key of published) {
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) assert.ok(!(secret in key), `${secret} is private`);
    }
  });
});
