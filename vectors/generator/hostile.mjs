// Tokens as an attacker would write them: good ones, changed a little at every level, in numbers. Each seed gives the same tokens.
import { blocked, cutoff, foreign, never, own, state } from './entries.mjs';
import { base64url, claims, header, without } from './compact.mjs';
import { records } from './records.mjs';

const now = 1767225700;
const minted = claims.lpos;
const at = now - 60;

/** What the tokens are judged by: one log, the records of its issuers by name, and the second of the verdict. */
export const world = {
  now,
  records: Object.fromEntries(['own', 'foreign', 'other_names', 'no_iat'].map((name) => [name, records[name]])),
  entries: [own, foreign].flatMap((issuer, i) => [
    ['token', null, 't-0002', { end: cutoff(minted + 1, at) }],
    ['session', null, 's-8', { end: cutoff(minted + 2, at) }],
    ['subject', null, 'u-43', { end: cutoff(minted + 3, at) }],
    ['subject', null, 'u-44', { reauthenticate: cutoff(minted + 4, claims.auth_time) }],
    ['client', null, 'app', { block: blocked(minted + 5, now + 1) }],
    ['tag', 'tenant', 'acme', { renew: cutoff(minted + 6, at) }],
    ['tag', 'roles', 'clerk', { end: cutoff(minted + 7, at) }],
    ['tag', 'level', '7', { end: cutoff(minted + 8, at) }],
    ['tag', 'caf\u00e9', 'true', { renew: cutoff(minted + 9, at) }],
    ['key', null, 'dead', { end: cutoff(minted + 10, at) }],
    ['key', null, 'dead too', { end: cutoff(minted + 6 + 8 * i, at) }],
    ['client', null, 'a-2', { block: blocked(minted + 1, now + 3) }],
    ['tag', 'tenant', 'globex', { block: blocked(minted + 12, now + 2), reauthenticate: cutoff(minted + 2, claims.auth_time + 1) }],
  ].map(([match, name, value, slots], j) => state(minted + 100 + 20 * i + j, at, issuer, match, name, value, slots, never))),
};

const choices = {
  iss: [own, foreign, `${own}/`, own.toUpperCase()],
  sub: ['u-42', 'u-43', 'u-44', 'caf\u00e9', 'cafe\u0301'], oid: ['u-43', 'o-1'], uti: ['t-0002', 'u-1'],
  jti: ['t-0001', 't-0002', 't-0002 '], sid: ['s-7', 's-8', 'S-8'], client_id: ['web', 'app', 'a-2'], appid: ['app', 'a-2'],
  tenant: ['acme', ['globex', 'acme'], { acme: 1 }], roles: [['buyer', 'clerk'], 'clerk', ['CLERK']], level: [7, 7.0, '7', 8],
  'caf\u00e9': [true, 'true', false], 'cafe\u0301': [true], ['__proto__']: [{ sub: 'u-43' }], constructor: ['x'], toString: [1],
  iat: [1767225600, now, now + 29, now + 31, now - 3600], exp: [1767225900, now + 1, now - 29, now - 30, now - 31, now + 4000],
  auth_time: [claims.auth_time, claims.auth_time + 1, now - 86430, now - 86420, now - 86431, now - 90000], lpos: [minted, minted + 5, minted + 50, 0],
  kid: ['JoU0DWvG', 'dead'], alg: ['ES256', 'RS256', 'none', 'HS256', 'es256'], typ: ['at+jwt', 'JWT', 'application/at+jwt', 'AT+JWT', 'logout+jwt'],
};

// As JSON text: much of it is what JSON.stringify cannot say.
const oddValues = [
  'null', 'true', '-1', '-0', '0', '1e400', '-1e400', '1e-400', '0.1', '1767225600.9999999999', '17672256e2', '1767225600e0', '01', '+1', '1.', '.5',
  'NaN', '9007199254740991', '9007199254740992', '253402300799', '253402300800', '1e19', '123456789012345678901234567890', '""', '" "', '"\\u0000"',
  '"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\udddd"', '"\\x41"', '"a\tb"', "'a'", '[]', '[""]', '{}', '[[]]', '["orders"]', '["orders",1]', '[null]',
  '"1767225600"', `"${'x'.repeat(257)}"`, `"${'x'.repeat(1024)}"`, `"${'x'.repeat(1025)}"`, `${'['.repeat(15)}${']'.repeat(15)}`,
  `${'['.repeat(17)}${']'.repeat(17)}`, `${'{"a":'.repeat(16)}1${'}'.repeat(16)}`,
];
const oddNames = ['crit', 'jku', 'x5u', 'jwk', 'b64', 'zip', 'enc', 'cty', 'nonce', 'events', 'cnf', 'sub', 's\\u0075b', 'SUB', '', ' ', 'a'.repeat(300)];
const oddCharacters = ['=', '.', '+', '/', ' ', '\n', '-', '_', 'A', '\u00e9', '\u0000', '~', '%', '"'];

/** Yields so many `{ record, token, thumbprint }`. */
export function* hostileTokens(count, seed) {
  const random = randomOf(seed);
  for (let i = 0; i < count; i++) yield hostileToken(random);
}

function hostileToken(random) {
  const record = random.of(Object.keys(world.records));
  const payload = record === 'own' ? { ...claims } : { ...without(claims, 'lpos'), iss: foreign };
  const parts = [{ ...header }, record === 'other_names' ? { ...payload, oid: 'o-1', uti: 'u-1', appid: 'a-1' } : payload].map(members);
  for (let n = random.below(4); n > 0; n--) vary(random.of(parts), random);
  for (let n = random.below(4); n > 2; n--) spoil(random.of(parts), random);
  const bytes = parts.map((part) => damaged(Buffer.from(textOf(part, random), 'utf8'), random));
  const text = [...bytes, Buffer.alloc(64, 7)].map(base64url).join('.');
  const thumbprint = random.below(8) === 0 ? random.of(['alive', 'dead', 'dead too']) : null;
  return { record, token: random.below(10) === 0 ? misspelt(text, random) : text, thumbprint };
}

const members = (object) => Object.entries(object).map(([name, value]) => [JSON.stringify(name), JSON.stringify(value)]);

// A value that means something here.
function vary(part, random) {
  const name = random.of(Object.keys(choices));
  const member = [JSON.stringify(name), JSON.stringify(random.of(choices[name]))];
  const known = part.findIndex(([other]) => other === member[0]);
  if (known >= 0) part[known] = member;
  else part.push(member);
}

// What no issuer writes.
function spoil(part, random) {
  const i = random.below(part.length);
  switch (random.below(6)) {
    case 0: part.splice(i, 1); break;
    case 1: part[i] = [part[i][0], random.of(oddValues)]; break;
    case 2: part.splice(random.below(part.length + 1), 0, [part[i][0], random.of(oddValues)]); break;
    case 3: part.push([`"${random.of(oddNames)}"`, random.of(oddValues)]); break;
    case 4: part.push(['"deep"', `{"sub":${random.of(oddValues)},"sub2":1}`]); break;
    default: part.reverse();
  }
}

function textOf(part, random) {
  const text = `{${part.map((member) => member.join(':')).join(',')}}`;
  switch (random.below(60)) {
    case 0: return `\ufeff${text}`;
    case 1: return `${text} `;
    case 2: return `${text}${text}`;
    case 3: return text.replace('}', ',}');
    case 4: return text.replace(':', ' :\r\n\t');
    case 5: return text.replace('{', '{/**/');
    case 6: return `[${text}]`;
    case 7: return text.slice(0, -1);
    default: return text;
  }
}

function damaged(bytes, random) {
  if (random.below(30) === 0) bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
}

function misspelt(text, random) {
  const i = random.below(text.length);
  const segments = text.split('.');
  switch (random.below(7)) {
    case 0: return text.slice(0, i) + random.of(oddCharacters) + text.slice(i);
    case 1: return text.slice(0, i) + random.of(oddCharacters) + text.slice(i + 1);
    case 2: return text.slice(0, i) + text.slice(i + 1);
    case 3: return text + random.of(oddCharacters);
    case 4: return [segments[1], segments[0], segments[2]].join('.');
    case 5: return segments.slice(0, 2).join('.') + random.of(['', '.', '..']);
    default: return random.of([' ', 'Bearer ', '']) + text;
  }
}

// mulberry32: a few lines, and the same numbers everywhere.
function randomOf(seed) {
  let word = seed >>> 0;
  const below = (limit) => {
    word = (word + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(word ^ (word >>> 15), word | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
  return { below, of: (list) => list[below(list.length)] };
}
