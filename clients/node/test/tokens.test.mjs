import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJws } from '../dist/lib/tokens/compact-jws.js';
import { readJsonObject } from '../dist/lib/tokens/json.js';
import { plainClaims } from '../dist/lib/tokens/plain-claims.js';
import { randomOf, tries } from './support/random.mjs';
import { vectors } from './support/vectors.mjs';

const { token } = vectors('tokens').cases.find(({ name }) => name === 'one of our own');
const encode = (text) => Buffer.from(text).toString('base64url');

test('whatever is done to a token, reading it does not throw, and what is read has one spelling', () => {
  const random = randomOf(7);
  const alphabet = 'ABCabc019-_.=+/ \n\0\u00e9\ud800{}"';
  for (let i = 0; i < tries(20_000, 1_000_000); i++) {
    let text = token;
    for (let changes = 1 + random.below(3); changes > 0; changes--) text = changed(text, random, alphabet);
    const jws = readJws(text);
    if (typeof jws === 'string') continue;
    assert.match(text, /^[\w-]+\.[\w-]+\.[\w-]+$/);
    assert.equal(text, `${jws.signingInput}.${jws.signature.toString('base64url')}`);
  }
});

function changed(text, random, alphabet) {
  const at = random.below(text.length + 1);
  const [before, after] = [text.slice(0, at), text.slice(at)];
  switch (random.below(4)) {
    case 0: return before + random.pick(alphabet) + after.slice(1);
    case 1: return before + random.pick(alphabet) + after;
    case 2: return before + after.slice(1 + random.below(4));
    default: return before + text.slice(random.below(text.length));
  }
}

test('what the strict reader takes, JSON.parse reads alike; what JSON.parse refuses, it refuses', () => {
  const random = randomOf(11);
  const pieces = [
    '{', '}', '[', ']', ':', ',', '"a"', '"b"', '"\\u0061"', '"\\ud83d\\ude00"', '"\\ud800"',
    '1', '-0', '1.5e3', '01', 'true', 'null', ' ', '\n', '\\', '"',
  ];
  for (let i = 0; i < tries(50_000, 2_000_000); i++) {
    const text = `{"a":${Array.from({ length: 1 + random.below(9) }, () => random.pick(pieces)).join('')}}`;
    const read = readJsonObject(Buffer.from(text));
    const parsed = parse(text);
    if (typeof read === 'string') continue;
    assert.notEqual(parsed, undefined, text);
    assert.equal(JSON.stringify(plainClaims(read)), JSON.stringify(parsed), text);
  }
});

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

test('a hostile token costs little', () => {
  const header = encode('{"alg":"ES256","kid":"k"}');
  const deep = `{"a":${'['.repeat(12_000)}`;
  const escapes = `{"a":"${'\\u0061'.repeat(1_900)}"}`;
  const many = `{${Array.from({ length: 1_000 }, (_, i) => `"${i}":0`).join()}}`;
  // Of this process alone: others may be busy.
  const started = process.cpuUsage();
  for (let i = 0; i < 100; i++) {
    for (const payload of [deep, escapes, many, '"'.repeat(12_000), '\\'.repeat(12_000)]) readJws(`${header}.${encode(payload)}.AA`);
    readJws('.'.repeat(1_000_000));
  }
  const { user, system } = process.cpuUsage(started);
  assert.ok((user + system) / 1000 < 100 * 6 * 5, 'at most 5 ms each (G8)');
});

test('claims are frozen, without a prototype, and __proto__ is a name', () => {
  const claims = plainClaims(readJsonObject(Buffer.from('{"__proto__":{"admin":true},"roles":["a"],"n":1.5}')));
  assert.equal(Object.getPrototypeOf(claims), null);
  assert.equal(claims.admin, undefined);
  assert.deepEqual(Object.keys(claims), ['__proto__', 'roles', 'n']);
  assert.ok(Object.isFrozen(claims) && Object.isFrozen(claims.roles));
});
