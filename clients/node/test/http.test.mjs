// The adapters with the real frameworks, over real HTTP.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import { test } from 'node:test';
import express from 'express';
import { expressjwt } from 'express-jwt';
import Fastify from 'fastify';
import { isRevoked } from '@rescind/node/express-jwt';
import * as forExpress from '@rescind/node/express';
import * as forFastify from '@rescind/node/fastify';
import { startForeignIssuer } from './support/foreign-issuer.mjs';
import { LocalAuthority, second, until } from './support/verifiers.mjs';

/** Each starts a server with `GET /` open to a valid token and `GET /strict` with a demand, and returns its port. */
const servers = {
  async 'node:http'(t, verifier) {
    const [plain, strict] = [forExpress.protect(verifier), forExpress.protect(verifier, { maxAge: 60, acr: ['mfa'] })];
    const server = createServer((request, response) =>
      (request.url === '/strict' ? strict : plain)(request, response, () => response.end(forExpress.verdictOf(request).token.subject)));
    return listen(t, server);
  },
  async express(t, verifier) {
    const app = express();
    app.use((request, _, next) => (request.url === '/strict' ? next('router') : next()));
    app.get('/', forExpress.protect(verifier), (request, response) => { response.send(forExpress.verdictOf(request).token.subject); });
    const root = express();
    root.get('/strict', forExpress.protect(verifier, { maxAge: 60, acr: ['mfa'] }), (_, response) => { response.send('strict'); });
    root.use(app);
    return listen(t, createServer(root));
  },
  async fastify(t, verifier) {
    const app = Fastify();
    await app.register(forFastify.rescind, { verifier });
    app.get('/', async (request) => forFastify.verdictOf(request).token.subject);
    app.get('/strict', { onRequest: forFastify.protect(verifier, { maxAge: 60, acr: ['mfa'] }) }, async () => 'strict');
    t.after(() => app.close());
    await app.listen({ port: 0, host: '127.0.0.1' });
    return app.server.address().port;
  },
};

async function listen(t, server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return server.address().port;
}

/** What a request is answered: status, the headers that matter, the body. */
async function ask(port, authorization, path = '/') {
  const headers = authorization === undefined ? [] : [authorization].flat().flatMap((value) => ['Authorization', value]);
  const request = send({ port, host: '127.0.0.1', path, headers: ['Host', 'api.example', ...headers] }).end();
  const [response] = await once(request, 'response');
  const body = Buffer.concat(await response.toArray()).toString();
  const { 'www-authenticate': challenge, 'retry-after': retryAfter, 'cache-control': cacheControl } = response.headers;
  return { status: response.statusCode, challenge, retryAfter, cacheControl, body };
}

const refused = (status, challenge) => ({ status, challenge, retryAfter: undefined, cacheControl: undefined, body: '' });
const invalid = refused(401, 'Bearer error="invalid_token", error_description="The access token is not valid"');
const unknown = { status: 503, challenge: undefined, retryAfter: '1', cacheControl: 'no-store', body: '' };

for (const [name, start] of Object.entries(servers)) {
  test(`${name}: answers as the verifier of .NET does`, async (t) => {
    const authority = new LocalAuthority();
    const verifier = await authority.verifier(t);
    const port = await start(t, verifier);
    const token = authority.token();

    await t.test('a valid token', async () => {
      for (const scheme of ['Bearer', 'bearer', 'BEARER  ']) {
        const { status, body } = await ask(port, `${scheme} ${token}`);
        assert.deepEqual([status, body], [200, 'alice']);
      }
    });

    await t.test('no token: a challenge without an error', async () => {
      for (const header of [undefined, '', 'Bearer', 'Basic YTpi', `Bearer${token}`]) {
        assert.deepEqual(await ask(port, header), refused(401, 'Bearer'));
      }
    });

    await t.test('several tokens', async () => {
      const answer = await ask(port, [`Bearer ${token}`, `Bearer ${token}`]);
      assert.deepEqual(answer, refused(400, 'Bearer error="invalid_request", error_description="Send one Authorization header"'));
    });

    await t.test('what is no token, forged, expired or revoked looks alike', async () => {
      const revoked = authority.token({ jti: 't-2' });
      const id = authority.revoke('token', 't-2');
      await until(() => verifier.check(revoked).revocationId === id);
      const expired = authority.token({ iat: second() - 300, exp: second() - 31 });
      for (const bad of ['x', `${token}=`, `${token} ${token}`, `${token.slice(0, -8)}AAAAAAAA`, expired, revoked]) {
        assert.deepEqual(await ask(port, `Bearer ${bad}`), invalid);
      }
    });

    await t.test('a login that does not suffice: all that is demanded at once', async () => {
      const answer = await ask(port, `Bearer ${token}`, '/strict');
      assert.deepEqual(answer, refused(401, 'Bearer error="insufficient_user_authentication", '
        + 'error_description="The login does not suffice; log in again", max_age="60", acr_values="mfa"'));
      assert.equal((await ask(port, `Bearer ${authority.token({ acr: 'mfa' })}`, '/strict')).status, 200);
      assert.deepEqual(await ask(port, 'Bearer x', '/strict'), invalid, 'strangers are not told');
    });

    await t.test('unknown: 503, whatever speaks against the token is still 401', async () => {
      authority.leave();
      await until(async () => (await ask(port, `Bearer ${token}`)).status !== 200);
      assert.deepEqual(await ask(port, `Bearer ${token}`), unknown);
      assert.deepEqual(await ask(port, `Bearer ${authority.token({ jti: 't-2' })}`), invalid);
      authority.isAway = false;
      await until(async () => (await ask(port, `Bearer ${token}`)).status === 200);
    });
  });
}

test('a refusal is explained where that is wanted, to the holder of a genuine token', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t, { explainRefusals: true });
  const port = await servers.express(t, verifier);
  for (const [effect, reason] of [['end', 'revoked'], ['renew', 'renew'], ['reauthenticate', 'reauthenticate']]) {
    const id = authority.revoke('subject', effect, effect);
    const token = authority.token({ sub: effect, lpos: 0 });
    await until(() => verifier.check(token).revocationId === id);
    assert.ok((await ask(port, `Bearer ${token}`)).challenge.endsWith(`, reason="${reason}", explanation="${id}"`));
  }
  assert.deepEqual(await ask(port, 'Bearer x'), invalid);
});

test('a demand that could never be met refuses to start', async (t) => {
  const verifier = await new LocalAuthority().verifier(t, { maxStaleness: 5 });
  for (const [code, options] of [
    ['RSC3009', { maxStaleness: 6 }], ['RSC3009', { maxStaleness: 0 }], ['RSC7001', { maxAge: 0 }], ['RSC7001', { maxAge: NaN }],
    ['RSC7001', { acr: [] }], ['RSC7001', { acr: ['a"'] }], ['RSC7001', { acr: ['a b'] }],
  ]) {
    for (const adapter of [forExpress.protect, forFastify.protect, isRevoked]) assert.throws(() => adapter(verifier, options), { code });
  }
});

test('nobody is told of a verdict that was not made', () => {
  assert.throws(() => forExpress.verdictOf({}), { code: 'RSC7003' });
  assert.throws(() => forFastify.verdictOf({ raw: {} }), { code: 'RSC7003' });
});

test('a request that was answered while its key was asked for is left alone', async (t) => {
  const authority = new LocalAuthority();
  const issuer = await startForeignIssuer(t, authority, []);
  const verifier = await authority.verifier(t, issuer.options);
  const token = issuer.token({ sub: 'bob' });
  await until(() => verifier.check(token).retryAfter !== undefined);
  let isServed = false;
  const protect = forExpress.protect(verifier);
  const port = await listen(t, createServer((request, response) => {
    protect(request, response, () => { isServed = true; });
    // As a timeout of the app does.
    response.writeHead(504).end();
  }));
  for (let i = 0; i < 2; i++) assert.equal((await ask(port, `Bearer ${token}`)).status, 504);
  assert.equal(isServed, false);
});

test('express-jwt: isRevoked in place of one that asks a store', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const app = express();
  const secret = authority.issuer.pair.publicKey.export({ type: 'spki', format: 'pem' });
  const answer = (request, response) => { response.send(request.auth.sub); };
  const getToken = ({ query }) => query.token;
  app.get('/', expressjwt({ secret, algorithms: ['ES256'], isRevoked: isRevoked(verifier) }), answer);
  app.get('/query', expressjwt({ secret, algorithms: ['ES256'], getToken, isRevoked: isRevoked(verifier, { getToken }) }), answer);
  app.use((error, _request, response, next) => {
    if (error.name === 'UnauthorizedError') response.status(401).send(error.code);
    else next(error);
  });
  app.set('env', 'test');
  const port = await listen(t, createServer(app));
  const token = authority.token();

  assert.deepEqual([(await ask(port, `Bearer ${token}`)).body, (await ask(port, undefined, `/query?token=${token}`)).body], ['alice', 'alice']);
  const revoked = authority.token({ sid: 's-2' });
  authority.revoke('session', 's-2');
  await until(() => !verifier.check(revoked).valid);
  assert.equal((await ask(port, `Bearer ${revoked}`)).body, 'revoked_token');
  assert.equal((await ask(port, undefined, `/query?token=${revoked}`)).status, 401);
  authority.leave();
  await until(() => verifier.check(token).kind === 'unknown');
  const { status, retryAfter } = await ask(port, `Bearer ${token}`);
  assert.deepEqual([status, retryAfter], [503, '1']);
});
