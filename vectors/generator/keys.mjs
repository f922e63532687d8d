// Which keys verify tokens: key sets as an issuer publishes them, with a token that somebody signed.
import assert from 'node:assert/strict';
import { constants, createHash, createPublicKey, verify } from 'node:crypto';
import { base64url, without } from './compact.mjs';
import { cutoff, keyEntry, never, own, state } from './entries.mjs';
import { keys, signatures } from './key-material.mjs';
import { records } from './records.mjs';

const claims = {
  iss: 'https://idp.example/realms/shop', sub: 'u-42', aud: 'orders', client_id: 'web', jti: 't-0001', sid: 's-7',
  iat: 1767225600, exp: 4102444800, auth_time: 1767220000,
};

const inputOf = (alg, kid = 'k-1', payload = claims) =>
  `${base64url(JSON.stringify({ alg, typ: 'at+jwt', kid }))}.${base64url(JSON.stringify(payload))}`;

/** The token of this signature: its name is its algorithm and, after an underscore, a key that is not the usual one. */
const signed = (name) => `${inputOf(name.split('_')[0])}.${signatures[name]}`;

const jwk = (name, more = {}) => ({ ...keys[name], kid: 'k-1', ...more });
const [rsa, p256] = [jwk('rsa'), jwk('p256')];
const set = (...members) => JSON.stringify({ keys: members });
const good = (name, token, ...members) => ({ name, jwks: set(...members), token, verifies: true });
const bad = (name, token, ...members) => ({ name, jwks: set(...members), token, verifies: false });

const fits = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((alg) => [alg, rsa]),
  ['ES256', p256], ['ES384', jwk('p384')], ['ES512', jwk('p521')],
];

function algorithmCases() {
  const others = fits.flatMap(([alg, key]) => fits.map(([other]) => other).concat('RSA-OAEP', 'HS256', 'EdDSA', 'none', '', 'rs256')
    .filter((other) => other !== alg && ['RS256', 'PS256', 'ES256', 'RSA-OAEP', 'HS256', 'none', '', 'rs256'].includes(other))
    .map((other) => bad(`${alg} under a key for ${other || 'an empty alg'} (BCP-2)`, signed(alg), { ...key, alg: other })));
  return [
    ...fits.flatMap(([alg, key]) => [
      good(`${alg} under a key that says so`, signed(alg), { ...key, alg, use: 'sig' }),
      good(`${alg} under a key without alg and use`, signed(alg), key),
    ]),
    ...others,
    bad('alg is no text', signed('RS256'), { ...rsa, alg: 256 }), bad('alg is null', signed('RS256'), { ...rsa, alg: null }),
    bad('ES384 with a key of P-256', signed('ES384_p256'), p256),
    bad('ES256 with a key of secp256k1', signed('ES256_k256'), jwk('k256')), bad('ES256K', signed('ES256K'), jwk('k256')),
    bad('EdDSA', signed('EdDSA'), jwk('ed25519')), bad('EdDSA under a key that says so', signed('EdDSA'), jwk('ed25519', { alg: 'EdDSA' })),
    bad('HS256 with the modulus as the secret', hmac(keys.rsa.n), rsa), bad('HS256 with a published secret', hmac('c2VjcmV0'), secret),
    bad('HS256 under a key that says so', hmac('c2VjcmV0'), { ...secret, alg: 'HS256' }),
  ];
}

const secret = { kty: 'oct', kid: 'k-1', k: 'c2VjcmV0' };

function hmac(key) {
  const input = inputOf('HS256');
  return `${input}.${createHash('sha256').update(Buffer.from(key, 'base64url')).update(input).digest('base64url')}`;
}

function purposeCases() {
  return [
    good('use sig', signed('RS256'), { ...rsa, use: 'sig' }), bad('use enc', signed('RS256'), { ...rsa, use: 'enc' }),
    bad('use Sig', signed('RS256'), { ...rsa, use: 'Sig' }), bad('use is no text', signed('RS256'), { ...rsa, use: ['sig'] }),
    good('key_ops verify', signed('RS256'), { ...rsa, key_ops: ['verify'] }),
    good('key_ops sign and verify', signed('ES256'), { ...p256, key_ops: ['sign', 'verify'] }),
    bad('key_ops encrypt', signed('RS256'), { ...rsa, key_ops: ['encrypt'] }), bad('key_ops sign', signed('ES256'), { ...p256, key_ops: ['sign'] }),
    bad('key_ops empty', signed('RS256'), { ...rsa, key_ops: [] }), bad('key_ops Verify', signed('RS256'), { ...rsa, key_ops: ['Verify'] }),
    bad('key_ops is no list', signed('RS256'), { ...rsa, key_ops: 'verify' }),
    bad('key_ops has something else than texts', signed('RS256'), { ...rsa, key_ops: ['verify', 1] }),
    bad('use sig, key_ops without verify', signed('RS256'), { ...rsa, use: 'sig', key_ops: ['wrapKey'] }),
    bad('use enc, key_ops verify', signed('RS256'), { ...rsa, use: 'enc', key_ops: ['verify'] }),
    good('key_ops and use of an elliptic curve key', signed('ES256'), { ...p256, use: 'sig', key_ops: ['verify'] }),
    bad('use enc of an elliptic curve key', signed('ES256'), { ...p256, use: 'enc' }),
    ...['d', 'p', 'q', 'dp', 'dq', 'qi'].map((name) => bad(`the private member ${name} is published`, signed('RS256'), { ...rsa, [name]: 'AQAB' })),
    bad('the private member oth is published', signed('RS256'), { ...rsa, oth: [] }),
    bad('the private half of an elliptic curve key is published', signed('ES256'), { ...p256, d: p256.x }),
    good('members that nobody knows', signed('ES256'), { ...p256, exp: 1, revoked: null, x5t: 'AA', ext: true }),
  ];
}

const flip = (text) => `${text.slice(0, -2)}${text.at(-2) === 'A' ? 'B' : 'A'}${text.at(-1)}`;
const zero = (text) => base64url(Buffer.concat([Buffer.alloc(1), Buffer.from(text, 'base64url')]));

function numberCases() {
  return [
    bad('RSA of 1024 bits', signed('RS256_1024'), jwk('rsa1024')), bad('RSA of 2047 bits', signed('RS256_2047'), jwk('rsa2047')),
    bad('RSA of 2047 bits, PS256', signed('PS256_2047'), jwk('rsa2047')),
    bad('RSA of 2047 bits behind a zero', signed('RS256_2047'), jwk('rsa2047', { n: zero(keys.rsa2047.n) })),
    good('a modulus behind a zero', signed('RS256'), { ...rsa, n: zero(rsa.n) }),
    good('numbers with padding', signed('RS256'), { ...rsa, n: `${rsa.n}==` }),
    bad('another modulus', signed('RS256'), jwk('other_rsa')),
    bad('an exponent of 1', `${inputOf('RS256')}.${padded(inputOf('RS256'), 256)}`, { ...rsa, e: 'AQ' }),
    bad('an even exponent', signed('RS256'), { ...rsa, e: 'AQAA' }), bad('an exponent of nothing', signed('RS256'), { ...rsa, e: '' }),
    bad('an exponent of zeros', signed('RS256'), { ...rsa, e: 'AAAA' }), bad('an exponent of nine bytes', signed('RS256'), { ...rsa, e: 'AQAAAAAAAAAB' }),
    bad('no exponent', signed('RS256'), without(rsa, 'e')), bad('no modulus', signed('RS256'), without(rsa, 'n')),
    bad('a modulus of 16400 bits', signed('RS256'), { ...rsa, n: base64url(Buffer.alloc(2050, 0xff)) }),
    bad('a modulus that is no base64url', signed('RS256'), { ...rsa, n: `${rsa.n.slice(0, -1)}+` }),
    bad('a modulus that is a number', signed('RS256'), { ...rsa, n: 7 }),
    bad('a point that is not on the curve', signed('ES256'), { ...p256, y: flip(p256.y) }),
    bad('the point of another curve', signed('ES256'), jwk('k256', { crv: 'P-256' })),
    bad('the origin', signed('ES256'), { ...p256, x: base64url(Buffer.alloc(32)), y: base64url(Buffer.alloc(32)) }),
    bad('a coordinate that is too long', signed('ES256'), { ...p256, x: zero(p256.x) }),
    bad('a coordinate that is too short', signed('ES256'), { ...p256, x: p256.x.slice(0, 40) }),
    bad('no x', signed('ES256'), without(p256, 'x')), bad('no y', signed('ES256'), without(p256, 'y')),
    bad('no curve', signed('ES256'), without(p256, 'crv')), bad('an unknown curve', signed('ES256'), { ...p256, crv: 'P-999' }),
    bad('the curve under another name', signed('ES256'), { ...p256, crv: 'secp256r1' }),
    bad('an elliptic curve key as RSA', signed('ES256'), { ...p256, kty: 'RSA' }), bad('an RSA key as EC', signed('RS256'), { ...rsa, kty: 'EC' }),
    bad('no kty', signed('RS256'), without(rsa, 'kty')), bad('kty rsa', signed('RS256'), { ...rsa, kty: 'rsa' }),
    bad('a certificate alone', signed('RS256'), { kty: 'RSA', kid: 'k-1', x5c: ['AA=='] }),
  ];
}

// What a signature by an exponent of 1 is: the padded hash itself (RFC 8017 section 9.2), which needs no key.
function padded(input, length) {
  const info = Buffer.from('3031300d060960864801650304020105000420', 'hex');
  const tail = Buffer.concat([Buffer.alloc(1), info, createHash('sha256').update(input).digest()]);
  return base64url(Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(length - tail.length - 2, 0xff), tail]));
}

function setCases() {
  const token = signed('RS256');
  const stranger = jwk('other_rsa', { kid: 'k-2' });
  return [
    good('among others', token, stranger, rsa, jwk('p384', { kid: 'k-3' })),
    bad('under another name', token, { ...rsa, kid: 'k-2' }), bad('under its name in capitals', token, { ...rsa, kid: 'K-1' }),
    bad('without a name', token, without(rsa, 'kid')), bad('under a name that is no text', token, { ...rsa, kid: 1 }),
    bad('under an empty name', token, { ...rsa, kid: '' }), bad('in an empty set', token),
    good('the same key twice', token, rsa, rsa), good('the same key twice, once with a certificate', token, { ...rsa, x5c: ['AA=='] }, rsa),
    bad('two keys of one name (JWK-1)', token, rsa, jwk('other_rsa')), bad('two keys of one name, the other way round', token, jwk('other_rsa'), rsa),
    bad('two types of key under one name', token, rsa, p256),
    bad('one key under one name for two algorithms (BCP-2)', token, { ...rsa, alg: 'RS256' }, { ...rsa, alg: 'PS256' }),
    good('another of the name that is for encryption', token, jwk('other_rsa', { use: 'enc' }), rsa),
    good('another of the name that is too short', token, rsa, jwk('rsa1024')),
    good('beside what is no key (JWK-2)', token, 7, null, 'key', [], {}, { kty: 'oct', kid: 'k-9', k: 'AA' }, { kty: 'AKP', kid: 'k-1', alg: 'ML-DSA-44', pub: 'AA' }, rsa),
    good('beside members of the wrong kind', token, { kty: 7, kid: {}, use: [], key_ops: 'x', x5c: 'x' }, { kty: 'EC', kid: 'k-1', crv: 1, x: 2 }, rsa),
    good('beside an EdDSA key of the name', token, jwk('ed25519'), rsa),
    good('in a set with more members', token, rsa, stranger),
  ];
}

const unread = (name, jwks) => ({ name, jwks, token: signed('RS256'), verifies: null });

function unreadableSets() {
  return [
    unread('nothing', ''), unread('no JSON', '<html>'), unread('a list', JSON.stringify([rsa])), unread('a key alone', JSON.stringify(rsa)),
    unread('keys is no list', JSON.stringify({ keys: rsa })), unread('keys is null', JSON.stringify({ keys: null })),
    unread('no keys', '{}'), unread('cut off', set(rsa).slice(0, -3)), unread('something behind it', `${set(rsa)}x`),
    unread('keys twice', `${set(rsa).slice(0, -1)},"keys":[]}`),
    unread('a member twice in a key', set(rsa).replace('"kid":"k-1"', '"kid":"k-1","kid":"k-1"')),
  ];
}

// Our own keys travel in the log: which one a token names, where the replica may be behind the token.
function ownCases() {
  const at = 1767225600;
  const named = (kid, lpos, alg = 'ES256') => `${inputOf(alg, kid, { ...claims, iss: own, lpos })}.${base64url(Buffer.alloc(64, 1))}`;
  const killed = (value) => state(2000, at, own, 'key', null, value, { end: cutoff(2000, at) }, never);
  const entry = (key) => keyEntry(1000, at, own, key.kid, JSON.stringify(key));
  const one = (name, key, entries, token, age_ms = 0) => ({ name, entries, position: 3000, age_ms, token, key });
  return [
    one('a key of the log', 'found', [entry(p256)], named('k-1', 1000)),
    one('a key for another algorithm', 'invalid', [entry({ ...p256, alg: 'ES384' })], named('k-1', 1000)),
    one('a key that cannot be used', 'unknown', [entry(jwk('ed25519'))], named('k-1', 1000)),
    one('no such key', 'invalid', [entry(p256)], named('k-2', 1000)),
    one('no such key, at the head', 'invalid', [entry(p256)], named('k-2', 3000)),
    one('a key that the replica may not have heard of', 'unknown', [entry(p256)], named('k-2', 3001)),
    one('no such key, by a stale replica', 'unknown', [entry(p256)], named('k-2', 1000), 60000),
    one('a key that was taken back', 'invalid', [killed('k-2')], named('k-2', 1000)),
    one('a key that was taken back, with a position ahead of the replica', 'invalid', [killed('k-2')], named('k-2', 9000)),
    one('a key that was taken back, by a stale replica', 'invalid', [killed('k-2')], named('k-2', 1000), 60000),
    one('another one was taken back', 'unknown', [killed('k-3')], named('k-2', 9000)),
    ...leftOut().map(([name, key, value]) => one(name, key, [keyEntry(1000, at, own, 'k-1', JSON.stringify(value))], named('k-1', 1000))),
    ...['', 'null', '7', '[]', '{}', '<html>'].map((text) =>
      one(`a text that is no key: ${text}`, 'unknown', [keyEntry(1000, at, own, 'k-1', text)], named('k-1', 1000))),
  ];
}

// Each member in turn, absent and null. A member that is null is none that RFC 7517 knows: the key cannot be used, and nobody is refused for it.
function leftOut() {
  const full = { ...p256, alg: 'ES256', use: 'sig', key_ops: ['verify'] };
  return Object.keys(full).flatMap((member) => [
    [`a key without ${member}`, ['alg', 'use', 'key_ops'].includes(member) ? 'found' : 'unknown', without(full, member)],
    [`a key with null as ${member}`, 'unknown', { ...full, [member]: null }],
  ]);
}

for (const [alg, { kty, kid, ...rest }] of fits) {
  const options = alg.startsWith('ES') ? { dsaEncoding: 'ieee-p1363' }
    : alg.startsWith('PS') ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {};
  const key = createPublicKey({ key: { kty, ...rest }, format: 'jwk' });
  assert.ok(verify(`sha${alg.slice(2)}`, Buffer.from(inputOf(alg)), { key, ...options }, Buffer.from(signatures[alg], 'base64url')), alg);
}

export function document() {
  return {
    about: 'verifies: whether the key set of an issuer has one key that the token names, that is fit, and that signed it; null if it is no key set.',
    record: {
      ...records.foreign, issuer: claims.iss, types: ['at+jwt'],
      algorithms: [...fits.map(([alg]) => alg), 'HS256', 'ES256K', 'EdDSA', 'none'], limits: records.own_long.limits,
    },
    own_record: { ...records.own, algorithms: ['ES256', 'ES384'] },
    cases: [...algorithmCases(), ...purposeCases(), ...numberCases(), ...setCases(), ...unreadableSets()],
    own: ownCases(),
  };
}
