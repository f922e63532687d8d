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

for (const algorithm of ['ES256', 'ES384', 'ES512', 'RS256', 'PS256']) {
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

/** The keys of an issuer that answers as a test says, under a clock that only the test moves. */
function askedKeys(answer) {
  const clock = new ManualClock();
  const asked = { times: 0, answer, failures: [] };
  const keys = new IssuerKeys(async () => { asked.times++; return asked.answer(); }, clock, (failure) => asked.failures.push(failure.message));
  return { clock, keys, asked };
}

test('a key that is missing counts as missing only in keys that were asked for since', async () => {
  const issuer = makeIssuer();
  const { clock, keys, asked } = askedKeys(() => setOf());
  assert.equal(keys.find('k-1'), 'unknown', 'never fetched');
  assert.equal(await keys.settle('k-1'), true, 'the issuer has no such key');
  assert.equal(keys.find('k-1'), 'unknown');
  assert.equal(await keys.settle('k-1'), false, 'it may have been published since');
  assert.equal(asked.times, 1);

  asked.answer = () => setOf(issuer.jwk);
  clock.pass(5_000);
  assert.equal(await keys.settle('k-1'), true);
  assert.equal(typeof keys.find('k-1'), 'object');
  assert.equal(asked.times, 2);
});

test('names that anybody invents do not use up the fetch that a genuine one needs, which comes once in 5 s', async () => {
  const issuer = makeIssuer();
  const { clock, keys, asked } = askedKeys(() => setOf());
  for (let passed = 0; passed < 60; passed++) {
    keys.find(`invented ${passed}`);
    await keys.refresh();
    clock.pass(1_000);
  }
  assert.equal(asked.times, 12);
  asked.answer = () => setOf(issuer.jwk);
  clock.pass(5_000);
  assert.deepEqual(await Promise.all(Array.from({ length: 200 }, () => keys.settle('k-1'))), Array(200).fill(true));
  assert.equal(typeof keys.find('k-1'), 'object');
  assert.equal(asked.times, 13);
});

test('a fetch that was under way finds and never misses', async () => {
  const { clock, keys, asked } = askedKeys(() => setOf());
  await keys.settle('k-1');
  clock.pass(5_000);
  let answer;
  asked.answer = () => new Promise((resolve) => { answer = resolve; });
  const issuer = makeIssuer();
  const first = keys.settle('k-1');
  await Promise.resolve();
  const [second, third] = [keys.settle('k-1'), keys.settle('k-2')];
  answer(setOf(issuer.jwk));
  assert.deepEqual(await Promise.all([first, second, third]), [true, true, false]);
  assert.equal(asked.times, 2);
});

test('keys that cannot be fetched are unknown, leave those that are known, and are asked for ever more rarely', async () => {
  const issuer = makeIssuer();
  const { clock, keys, asked } = askedKeys(() => setOf(issuer.jwk));
  await keys.settle('k-1');
  asked.answer = () => { throw new Error('away'); };
  for (const [i, seconds] of [5, 5, 10, 20, 30, 30].entries()) {
    clock.pass(seconds * 1000 - 1);
    await keys.refresh();
    assert.equal(asked.times, i + 1);
    clock.pass(1);
    assert.equal(await keys.settle('k-2'), false);
    assert.equal(asked.times, i + 2);
    assert.equal(typeof keys.find('k-1'), 'object');
  }
  assert.deepEqual(asked.failures, Array(6).fill('away'));
  asked.answer = () => setOf(issuer.jwk);
  clock.pass(30_000);
  assert.equal(await keys.settle('k-2'), true);
});

test('nobody waits for an issuer that hangs for longer than a little', async () => {
  const { clock, keys } = askedKeys(() => new Promise(() => {}));
  const settling = keys.settle('k-1');
  const passing = setInterval(() => clock.pass(500), 5);
  assert.equal(await settling, false);
  clearInterval(passing);
});

test('remembered tokens: by their whole text, bounded in number and age, and none with a size of 0', () => {
  const clock = new ManualClock();
  const tokens = new VerifiedTokens(4, clock, 1_000);
  for (let i = 0; i < 100; i++) {
    tokens.set(`t${i}`, i);
    assert.equal(tokens.get(`t${i}`), i);
    tokens.get('t0');
  }
  assert.equal(tokens.get('t0'), 0, 'what is used stays');
  assert.ok(Array.from({ length: 100 }, (_, i) => tokens.get(`t${i}`)).filter((found) => found !== undefined).length <= 4);
  tokens.set('t0', 0);
  clock.pass(1_500);
  assert.equal(tokens.get('t0'), 0);
  clock.pass(1_000);
  assert.equal(tokens.get('t0'), 0, 'asked for before it grew old');
  clock.pass(2_000);
  assert.equal(tokens.get('t0'), undefined);
  tokens.set('t0', 0);
  clock.step(3_600_000);
  clock.step(-7_200_000);
  assert.equal(tokens.get('t0'), 0, 'whatever the wall clock says');
  tokens.delete('t0');
  assert.equal(tokens.get('t0'), undefined);
  const none = new VerifiedTokens(0, clock);
  none.set('t', 1);
  assert.equal(none.get('t'), undefined);
});
