import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IssuerKeys, readKeySet } from '../dist/lib/keys/issuer-keys.js';
import { importKey } from '../dist/lib/keys/verification-key.js';
import { VerifiedTokens } from '../dist/lib/keys/verified-tokens.js';
import { readJws } from '../dist/lib/tokens/compact-jws.js';
import { readJsonObject } from '../dist/lib/tokens/json.js';
import { ManualClock } from './support/clock.mjs';
import { generatePair, makeIssuer } from './support/issuer.mjs';

const importOf = (jwk) => importKey(readJsonObject(Buffer.from(JSON.stringify(jwk))));
const setOf = (...keys) => Buffer.from(JSON.stringify({ keys }));

for (const algorithm of ['ES256', 'ES384', 'ES512', 'RS256', 'PS256', 'EdDSA']) {
  test(`${algorithm}: its own signature and no other`, () => {
    const issuer = makeIssuer(algorithm);
    const key = importOf(issuer.jwk);
    const token = issuer.sign({ sub: 'a' });
    const [header, , signature] = token.split('.');
    const forged = `${header}.${Buffer.from('{"sub":"b"}').toString('base64url')}.${signature}`;

    assert.equal(key.verifies(readJws(token)), true);
    assert.equal(key.verifies(readJws(forged)), false);
    assert.equal(importOf(makeIssuer(algorithm).jwk).verifies(readJws(token)), false, 'another key');
    for (const alg of ['none', 'HS256', 'ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'].filter((one) => one !== algorithm)) {
      assert.equal(key.verifies(readJws(issuer.sign({ sub: 'a' }, { alg }))), false, alg);
    }
    assert.equal(importOf({ ...issuer.jwk, alg: 'ES256K' }).verifies(readJws(token)), false, 'a key is for one algorithm (BCP-2)');
  });
}

test('an ECDSA signature in DER is no JWS signature (JWS-6)', () => {
  const issuer = makeIssuer();
  assert.equal(importOf(issuer.jwk).verifies(readJws(issuer.sign({}, {}, { dsaEncoding: 'der' }))), false);
});

test('what is no key that verifies tokens is none', () => {
  const { jwk } = makeIssuer();
  const small = makeIssuer('RS256', 'k', generatePair('rsa', { modulusLength: 1024 })).jwk;
  const others = [{ use: 'enc' }, { kty: 'oct', k: 'AA' }, { x: jwk.y }, { crv: 'P-999' }, { x: 7 }].map((other) => ({ ...jwk, ...other }));
  for (const bad of [...others, small, {}]) {
    assert.equal(importOf(bad), null, JSON.stringify(bad));
  }
});

test('one key has one thumbprint, however its document spells it (T-27)', () => {
  const { jwk } = makeIssuer('RS256');
  const longer = Buffer.concat([Buffer.alloc(1), Buffer.from(jwk.n, 'base64url')]).toString('base64url');
  assert.equal(importOf({ ...jwk, n: longer, kid: 'other' }).thumbprint, importOf(jwk).thumbprint);
  assert.equal(importOf({ ...jwk, n: `${jwk.n}==` }).thumbprint, importOf(jwk).thumbprint);
});

test('a key set: an id of two keys names none, the same key twice is one, bad ones are left out', () => {
  const [a, b] = [makeIssuer('ES256', 'a').jwk, makeIssuer('ES256', 'b').jwk];
  const keys = readKeySet(setOf(a, a, b, { ...b, x: a.x, y: a.y }, null, 7, { kty: 'oct', kid: 'c', k: 'AA' }), new Map());
  assert.deepEqual([...keys.keys()], ['a', 'b']);
  assert.equal(keys.get('b'), null);
  assert.equal(readKeySet(setOf(a), keys).get('a'), keys.get('a'), 'an unchanged key stays the same object');
  assert.notEqual(readKeySet(setOf({ ...a, alg: 'ES256' }), keys).get('a'), keys.get('a'));
  for (const body of ['[]', '{}', '{"keys":{}}', 'no']) assert.throws(() => readKeySet(Buffer.from(body), new Map()), TypeError);
});

test('keys of another issuer are unknown until they are there, and asked for once in 30 s', async () => {
  const clock = new ManualClock();
  const issuer = makeIssuer();
  const answers = [() => { throw new Error('away'); }, () => setOf(), () => setOf(issuer.jwk)];
  const failures = [];
  let asked = 0;
  const keys = new IssuerKeys(async () => answers[Math.min(asked++, 2)](), clock, (failure) => failures.push(failure.message));
  const find = async () => {
    const found = keys.find('k-1');
    await keys.refresh();
    return found;
  };

  assert.equal(await find(), 'unknown', 'never fetched');
  assert.equal(await find(), 'unknown', 'the fetch failed');
  assert.deepEqual(failures, ['away']);
  clock.pass(30_000);
  assert.equal(await find(), 'unknown', 'it is being fetched again');
  assert.equal(await find(), 'invalid', 'the issuer has no such key');
  assert.equal(asked, 2);
  clock.pass(30_000);
  assert.equal(await find(), 'unknown', 'it may be new');
  assert.equal(typeof (await find()), 'object');
  assert.equal(asked, 3);
});

test('remembered tokens: by their whole text, bounded, and none with a size of 0', () => {
  const tokens = new VerifiedTokens(4);
  for (let i = 0; i < 100; i++) {
    tokens.set(`t${i}`, i);
    assert.equal(tokens.get(`t${i}`), i);
    tokens.get('t0');
  }
  assert.equal(tokens.get('t0'), 0, 'what is used stays');
  assert.ok(Array.from({ length: 100 }, (_, i) => tokens.get(`t${i}`)).filter((found) => found !== undefined).length <= 4);
  tokens.delete('t0');
  assert.equal(tokens.get('t0'), undefined);
  const none = new VerifiedTokens(0);
  none.set('t', 1);
  assert.equal(none.get('t'), undefined);
});
