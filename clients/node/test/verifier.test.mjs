import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { test } from 'node:test';
import { createVerifier, RescindError } from '@rescind/node';
import { version } from '../dist/lib/version.js';
import { startForeignIssuer } from './support/foreign-issuer.mjs';
import { makeIssuer } from './support/issuer.mjs';
import { randomOf, tries } from './support/random.mjs';
import { issuerEntry, vectors } from './support/vectors.mjs';
import { goodOptions, LocalAuthority, second, until } from './support/verifiers.mjs';

test('options that are missing or unsafe refuse to start, with a code', async (t) => {
  const issuer = { issuer: 'https://idp.example', audience: 'orders', jwksUri: 'https://idp.example/keys' };
  const cases = [
    ['RSC3001', { authority: undefined }], ['RSC3001', { authority: ' ' }], ['RSC3002', { authority: 'auth.example.com' }],
    ['RSC3002', { authority: 'ftp://auth.example.com' }], ['RSC3002', { authority: 'https://a:b@auth.example.com' }],
    ['RSC3002', { authority: 'https://auth.example.com?a' }], ['RSC3002', { authority: 'https://auth.example.com#a' }],
    ['RSC3003', { authority: 'http://auth.example.com' }], ['RSC3003', { authority: 'http://127.0.0.1' }],
    ['RSC3003', { authority: 'http://auth.example.com', allowInsecureLoopback: true }],
    ['RSC3003', { authority: 'http://127.0.0.1.example.com', allowInsecureLoopback: true }],
    ['RSC3004', { audience: undefined }], ['RSC3004', { audience: '' }], ['RSC3004', { audience: [] }], ['RSC3004', { audience: ['a', ''] }],
    ['RSC3005', { clientId: '' }], ['RSC3005', { clientSecret: undefined }],
    ['RSC3006', { maxStaleness: 0 }], ['RSC3006', { maxStaleness: 0.001 }], ['RSC3006', { maxStaleness: 61 }], ['RSC3006', { maxStaleness: NaN }],
    ['RSC7001', { cacheSize: -1 }], ['RSC7001', { cacheSize: Infinity }], ['RSC7001', { startTimeout: NaN }],
    ['RSC7001', { name: 'n'.repeat(257) }], ['RSC7001', { instance: 'i'.repeat(257) }],
    ['RSC7001', { closeSpread: 301 }], ['RSC7001', { appVerifiesTokenBinding: 'false' }],
    ['RSC7001', { issuers: [{ ...issuer, issuer: '' }] }],
    ['RSC3004', { issuers: [{ ...issuer, audience: [] }] }], ['RSC7001', { issuers: [{ ...issuer, jwksUri: 'http://idp.example/keys' }] }],
  ];
  for (const [code, options] of cases) {
    await t.test(`${code}: ${JSON.stringify(options)}`, async () => {
      await assert.rejects(createVerifier({ ...goodOptions, ...options }), (error) => {
        assert.ok(error instanceof RescindError);
        assert.equal(error.code, code);
        assert.match(error.message, new RegExp(`^${code} .*See docs/errors/${code}\\.md\\.$`));
        assert.doesNotMatch(error.message, /secret\b/);
        return true;
      });
    });
  }
});

test('the version that receipts know is that of the package', () => {
  assert.equal(version, JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version);
});

test('a token is judged in memory', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const kindOf = (token) => verifier.check(token).kind;
  const changedTo = async (token, kind) => until(() => kindOf(token) === kind, kind);

  await t.test('valid, with what it says', () => {
    const verdict = verifier.check(authority.token({ role: 'buyer', n: 1.5 }));
    assert.equal(verdict.valid, true);
    assert.equal(verdict.token.subject, 'alice');
    assert.equal(verdict.token.sessionId, 's-1');
    assert.equal(verdict.claims.role, 'buyer');
    assert.equal(verdict.claims.n, 1.5);
    assert.equal(verdict.until, verdict.token.expiresAt + 30);
  });

  // RFC 9449 section 7.2 (PT-6).
  await t.test('one that is bound to a key only where the app verifies the binding, on live connections too', async (test) => {
    const bound = authority.token({ cnf: { jkt: 'x' } });
    assert.equal(kindOf(bound), 'invalid');
    assert.equal(verifier.watch(bound, () => {}).verdict.kind, 'invalid');
    const watch = verifier.watch(authority.token(), () => {});
    assert.equal(watch.renew(bound).kind, 'invalid');
    watch.end();
    const other = await authority.verifier(test, { appVerifiesTokenBinding: true });
    assert.equal(other.check(bound).kind, 'valid');
  });

  await t.test('an issuer that is listed and not registered is unknown, and one that is not listed is invalid', async (test) => {
    const other = await authority.verifier(test, {
      issuers: [{ issuer: 'https://idp.example', audience: 'api://orders', jwksUri: 'https://idp.example/keys' }],
    });
    assert.equal(other.check(authority.token({ iss: 'https://idp.example' })).kind, 'unknown');
    assert.equal(other.check(authority.token({ iss: 'https://idp.example/' })).kind, 'invalid');
  });

  await t.test('anything that is no token of ours is invalid, and nothing throws', () => {
    for (const value of [undefined, null, 7, {}, [], '', 'a.b.c', Symbol('a'), [authority.token()]]) assert.equal(kindOf(value), 'invalid');
    assert.equal(kindOf(authority.token({ aud: 'billing' })), 'invalid');
    assert.equal(kindOf(authority.token({ aud: undefined })), 'invalid');
    assert.equal(kindOf(authority.token({ iss: 'https://other.example' })), 'invalid');
    assert.equal(kindOf(authority.token({ aud: ['billing', 'orders'] })), 'valid');
    assert.equal(kindOf(authority.token({ exp: second() + 10_000 })), 'invalid', 'longer than its issuer declares (G6)');
    assert.equal(kindOf(authority.token({ iat: second() - 300, exp: second() - 31 })), 'expired');
    assert.equal(kindOf(makeIssuer('ES256', 'k-1').sign({ ...JSON.parse(Buffer.from(authority.token().split('.')[1], 'base64url')) })), 'invalid');
  });

  await t.test('an unknown key is unknown only while the replica may be behind the token', () => {
    assert.equal(kindOf(authority.token({ lpos: authority.log.head.position + 1 }, { kid: 'k-2' })), 'unknown');
    assert.equal(kindOf(authority.token({}, { kid: 'k-2' })), 'invalid');
  });

  await t.test('each effect', async () => {
    for (const [effect, kind] of [['end', 'revoked'], ['renew', 'renew'], ['reauthenticate', 'reauthenticate'], ['block', 'revoked']]) {
      const token = authority.token({ sub: effect, jti: effect });
      assert.equal(kindOf(token), 'valid');
      const id = authority.revoke('subject', effect, effect, effect === 'block' ? second() + 100 : second());
      await changedTo(token, kind);
      assert.equal(verifier.check(token).revocationId, id);
      assert.equal(verifier.check(token).token.subject, effect);
    }
  });

  await t.test('a demand on the login', () => {
    const old = authority.token({ auth_time: second() - 100, acr: 'pwd' });
    const demand = (token, options) => {
      const { kind, maxAge, acrValues } = verifier.check(token, options);
      return kind === 'valid' ? kind : [kind, maxAge, acrValues];
    };
    assert.equal(demand(old, { maxAge: 200 }), 'valid');
    assert.equal(demand(old, { acr: ['mfa', 'pwd'] }), 'valid');
    assert.deepEqual(demand(old, { maxAge: 60 }), ['reauthenticate', 60, []]);
    assert.deepEqual(demand(old, { maxAge: NaN })[0], 'reauthenticate');
    assert.deepEqual(demand(old, { maxAge: 60, acr: ['mfa'] }), ['reauthenticate', 60, ['mfa']]);
    assert.deepEqual(demand(old, { acr: [] }), ['reauthenticate', null, []]);
    assert.deepEqual(demand(authority.token({ auth_time: undefined }), { maxAge: 60 })[0], 'reauthenticate');
    assert.equal(demand(authority.token({ aud: 'billing' }), { maxAge: 60 })[0], 'invalid', 'nothing is told to strangers (SU-5)');
  });

  await t.test('a freshness that cannot be given', () => {
    assert.equal(verifier.check(authority.token(), { maxStaleness: 0 }).kind, 'unknown');
    assert.equal(verifier.check(authority.token(), { maxStaleness: NaN }).kind, 'unknown');
    assert.equal(verifier.check(authority.token(), { maxStaleness: 1e9 }).kind, 'valid', 'at most the bound counts');
    for (const maxStaleness of [0, NaN, 61]) assert.throws(() => verifier.demand({ maxStaleness }), { code: 'RSC3009' });
    verifier.demand({ maxStaleness: 2 });
    verifier.demand({});
  });
});

test('plain http is said at each start', async (t) => {
  const lines = [];
  await new LocalAuthority().verifier(t, { authority: 'http://[::1]:7070', allowInsecureLoopback: true, log: (line) => lines.push(line) });
  assert.deepEqual(lines.filter(({ level }) => level !== 'info').map(({ level, code }) => [level, code]), [['warn', 'RSC3003']]);
});

test('a verifier that has heard nothing is not ready and knows nothing', async (t) => {
  const authority = new LocalAuthority();
  authority.isAway = true;
  const verifier = await authority.verifier(t);
  assert.equal(verifier.check(authority.token()).kind, 'unknown');
  assert.equal(verifier.check('no token').kind, 'invalid');
  assert.deepEqual([verifier.health.status, verifier.health.isReady, verifier.health.ageMs], ['unhealthy', false, null]);
  authority.isAway = false;
  await verifier.ready;
  assert.equal(verifier.check(authority.token()).kind, 'valid');
  assert.equal(verifier.health.status, 'healthy');
});

test('past the bound it is unknown, except what is known to be dead; and it recovers', async (t) => {
  const authority = new LocalAuthority();
  const lines = [];
  const verifier = await authority.verifier(t, { log: (line) => lines.push(line) });
  const [live, dead] = [authority.token(), authority.token({ jti: 't-2' })];
  authority.revoke('token', 't-2');
  await until(() => verifier.check(dead).kind === 'revoked');
  authority.leave();
  await until(() => verifier.check(live).kind === 'unknown');
  assert.equal(verifier.check(dead).kind, 'revoked');
  await until(() => lines.some(({ code }) => code === 'RSC3201'));
  authority.isAway = false;
  await until(() => verifier.check(live).kind === 'valid');
});

test('a log that is newer than the verifier makes it say once that it is too old', async (t) => {
  const authority = new LocalAuthority();
  const lines = [];
  const verifier = await authority.verifier(t, { log: (line) => lines.push(line) });
  const [live, dead] = [authority.token(), authority.token({ jti: 't-2' })];
  authority.log.append({ kind: 'unknown', position: authority.log.head.position + 1, at: second(), issuer: '' });
  authority.revoke('token', 't-2');
  await until(() => verifier.check(dead).kind === 'revoked');
  assert.equal(verifier.check(live).kind, 'unknown');
  assert.deepEqual([verifier.health.isTooOld, verifier.health.status, verifier.health.isFresh], [true, 'unhealthy', false]);
  authority.isAway = true;
  authority.wake();
  await new Promise((resolve) => { setTimeout(resolve, 300); });
  authority.isAway = false;
  const { position } = authority.log.head;
  authority.revoke('token', 't-3');
  await until(() => verifier.health.position > position);
  assert.deepEqual(lines.filter(({ code }) => code === 'RSC3205').map(({ level }) => level), ['error']);
});

test('a token that was found genuine is remembered, and forgotten with its key', async (t) => {
  const authority = new LocalAuthority();
  for (const cacheSize of [0, 100]) {
    const verifier = await authority.verifier(t, { cacheSize });
    const [key, token] = [makeIssuer('ES256', `k-${cacheSize}`), authority.token()];
    authority.addKey(key.jwk);
    const other = key.sign(JSON.parse(Buffer.from(authority.token().split('.')[1], 'base64url')));
    await until(() => verifier.check(other).kind === 'valid');
    assert.equal(verifier.check(other).claims === verifier.check(other).claims, cacheSize > 0, 'read once, or each time');
    const { claims } = verifier.check(token);
    authority.addKey(key.jwk, true);
    await until(() => verifier.check(other).kind === 'invalid');
    assert.equal(verifier.check(token).claims === claims, cacheSize > 0, 'other keys stay what they were');
  }
});

test('a key that was taken back verifies nothing, by its id or by its thumbprint', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { importKey } = await import('../dist/lib/keys/verification-key.js');
  const { thumbprint } = importKey(new Map(Object.entries(authority.issuer.jwk)));
  const id = authority.revoke('key', thumbprint);
  await until(() => verifier.check(authority.token()).kind === 'revoked');
  assert.equal(verifier.check(authority.token()).revocationId, id);
});

test('tokens of another issuer: its record from the log, its keys from the configured address alone', async (t) => {
  const authority = new LocalAuthority();
  const record = { ...vectors('verdicts').records.foreign, jwks_uri: 'http://127.0.0.1:1/never-asked' };
  const idp = makeIssuer('RS256', 'idp-1');
  let keys = [];
  const server = createServer((_, response) => response.end(JSON.stringify({ keys }))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const lines = [];
  const start = () => authority.verifier(t, {
    allowInsecureLoopback: true, log: (line) => lines.push(line),
    issuers: [{ issuer: record.issuer, audience: 'api://orders', jwksUri: `http://127.0.0.1:${server.address().port}/keys` }],
  });
  const token = (more = {}) => {
    const claims = { iss: record.issuer, aud: 'api://orders', sub: 'bob', jti: 'b-1', iat: second(), exp: second() + 600, auth_time: second() };
    return idp.sign({ ...claims, ...more }, { typ: 'JWT' });
  };
  const early = await start();

  assert.equal(early.check(token()).kind, 'unknown', 'it is not registered yet');
  assert.equal(lines.at(-1)?.code, 'RSC3302');
  authority.log.append(issuerEntry(record, authority.log.head.position + 1));
  authority.wake();
  await until(async () => (await early.checkAsync(token())).kind === 'invalid', 'the issuer has no such key');
  assert.equal(early.check(token()).kind, 'unknown', 'it may have been published since');
  keys = [idp.jwk];
  const verifier = await start();
  await until(() => verifier.check(token()).kind === 'valid');
  assert.equal(verifier.check(token({ aud: 'orders' })).kind, 'invalid', 'each issuer has its audience');
  assert.equal(verifier.check(authority.token()).kind, 'valid');
});

test('a key of another issuer that was taken back is dead, though its issuer does not publish it now', async (t) => {
  const authority = new LocalAuthority();
  const foreign = await startForeignIssuer(t, authority, []);
  const verifier = await authority.verifier(t, foreign.options);
  const token = foreign.token({ sub: 'bob' });
  await until(() => verifier.health.position === authority.log.head.position);
  assert.equal(verifier.check(token).kind, 'unknown');
  authority.revoke('key', 'idp-1', 'end', second(), foreign.options.issuers[0].issuer);
  await until(() => verifier.check(token).kind === 'invalid');
});

test('whatever comes, check does not throw', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const random = randomOf(3);
  const token = authority.token();
  for (let i = 0; i < tries(2_000, 200_000); i++) {
    const at = random.below(token.length);
    const text = token.slice(0, at) + String.fromCharCode(random.below(130)) + token.slice(at + random.below(3));
    assert.equal(verifier.check(text).valid && text !== token, false);
  }
});

test('a watched connection is told at once, once, and of its own token alone', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const told = [];
  const watch = (claims) => verifier.watch(authority.token(claims), ({ kind }) => told.push([claims.sub, kind]));
  const [alice, bob] = [watch({ sub: 'alice', jti: 'a' }), watch({ sub: 'bob', jti: 'b' })];
  const expiring = watch({ sub: 'carol', jti: 'c', iat: second() - 326, exp: second() - 26 });
  assert.deepEqual([alice, bob, expiring].map(({ verdict }) => verdict.kind), ['valid', 'valid', 'valid']);

  authority.revoke('session', 'another');
  authority.revoke('subject', 'alice');
  await until(() => told.length > 0);
  assert.deepEqual(told, [['alice', 'revoked']]);
  assert.equal(alice.check().kind, 'revoked');
  assert.equal(bob.check().kind, 'valid');
  authority.revoke('tag', ['tenant', 'acme']);
  await until(() => told.length > 1);
  assert.deepEqual(told[1], ['carol', 'expired']);

  assert.equal(bob.renew(authority.token({ sub: 'mallory' })).kind, 'invalid', 'another person does not take over a connection');
  assert.equal(bob.renew('no token').kind, 'invalid');
  assert.equal(bob.renew(authority.token({ sub: 'bob', jti: 'b-2', tenant: 'new' })).kind, 'valid');
  authority.revoke('token', 'b');
  authority.revoke('token', 'b-2');
  await until(() => told.length > 2);
  assert.deepEqual(told[2], ['bob', 'revoked']);
  assert.equal(verifier.watch('no token', () => {}).verdict.kind, 'invalid');
  for (const one of [alice, bob, expiring]) one.end();
});

test('a watched connection hears that the replica is stale, and fresh again', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const told = [];
  verifier.watch(authority.token(), ({ kind }) => told.push(kind));
  authority.leave();
  await until(() => told.at(-1) === 'unknown');
  authority.isAway = false;
  await until(() => told.at(-1) === 'valid');
  assert.equal(told[0], 'unknown');
});

test('a verifier that is closed follows no more and says goodbye', async (t) => {
  const authority = new LocalAuthority();
  const requests = [];
  const feed = authority.feed;
  const verifier = await authority.verifier(t, { maxStaleness: 2 }, {
    feed: { ...feed, poll: (request, signal) => (requests.push(request), feed.poll(request, signal)) },
  });
  await verifier.close();
  await verifier.close();
  assert.equal(requests.filter(({ leaving }) => leaving).length, 1);
  await until(() => verifier.check(authority.token()).kind === 'unknown');
});

test('a log or a listener of the app that throws does not stop the feed', async (t) => {
  const authority = new LocalAuthority();
  const uncaught = [];
  const note = (error) => uncaught.push(error.message);
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', note);
  t.after(() => {
    process.removeListener('uncaughtException', note);
    for (const other of others) process.on('uncaughtException', other);
  });
  const verifier = await authority.verifier(t, { log: () => { throw new Error('log'); } });
  verifier.watch(authority.token({ sub: 'bob' }), () => { throw new Error('listener'); });
  authority.revoke('subject', 'bob');
  await until(() => uncaught.includes('listener'));
  const token = authority.token({ sub: 'carol' });
  authority.revoke('subject', 'carol');
  await until(() => verifier.check(token).kind === 'revoked');
  assert.ok(uncaught.includes('log'));
});
