// Compact tokens: what the strict reader takes, with the facts, and what it refuses, with the faults that say why.
import { foreign, own } from './entries.mjs';
import { base64url, claims, digestOf, header, raw, signed, token, without } from './compact.mjs';
import { headerFaults, payloadFaults, wrongTexts } from './bad-parts.mjs';
import { records } from './records.mjs';

const good = token(header, claims);
const [goodHeader, goodPayload, goodSignature] = good.split('.');
const abroad = { ...without(claims, 'lpos'), iss: foreign };

const factsOf = (changes = {}) => ({
  issuer: own, token_id: 't-0001', session_id: 's-7', subject: 'u-42', client_id: 'web', key_id: 'JoU0DWvG', expires_at: 1767225900,
  issued_at: 1767225600, auth_time: 1767220000, log_position: 1767225600000000, match: 'token', value: 't-0001', bound: false, ...changes,
});

const factsAbroad = (changes) => factsOf({ issuer: foreign, log_position: 0, ...changes });
const accepted = (name, text, facts, record = 'own', extra = {}) => ({ name, record, token: text, faults: [], facts, ...extra });
const refused = (name, text, faults, record = 'own') => ({ name, record, token: text, faults });
const reading = (name, payload, facts) => accepted(name, token(header, payload), facts);
const nested = (depth) => '['.repeat(depth) + ']'.repeat(depth);

function signedCases() {
  const facts = factsOf({ expires_at: 4102444800, auth_time: null, log_position: 0 });
  const { input, signature, secondSignature, digest } = signed;
  const known = { verifies: true, digest };
  return [
    accepted('a signed token', `${input}.${signature}`, facts, 'own_long', known),
    accepted('another valid signature is the same token (T-15)', `${input}.${secondSignature}`, facts, 'own_long', known),
    refused('the same signature with another last character (T-15)', `${input}.${signature.slice(0, -1)}1`, ['Format'], 'own_long'),
  ];
}

// RFC 9449, RFC 8705, RFC 7800, and what none of them allows: whatever it is, it is no plain bearer token.
const bindings = [{ jkt: 'y' }, { 'x5t#S256': 'z' }, { jwk: { kty: 'EC' } }, { kid: 'k' }, {}, [], null, '', 'x', 0, false];

function ownCases() {
  const longest = ofLength(16384);
  const reversed = Object.fromEntries(Object.entries(claims).reverse());
  return [
    accepted('one of our own', good, factsOf()),
    reading('members in another order, white space around them', JSON.stringify(reversed, null, ' \t'), factsOf()),
    reading('white space around the object is JSON', `\r\n ${JSON.stringify(claims)}\n`, factsOf()),
    reading('without lpos it counts as the beginning', without(claims, 'lpos'), factsOf({ log_position: 0 })),
    reading('lpos of zero', { ...claims, lpos: 0 }, factsOf({ log_position: 0 })),
    reading('lpos at its largest', { ...claims, lpos: 9007199254740991 }, factsOf({ log_position: 9007199254740991 })),
    reading('without sid, as API clients have it', without(claims, 'sid'), factsOf({ session_id: null })),
    reading('without auth_time', without(claims, 'auth_time'), factsOf({ auth_time: null })),
    reading('fractions are floored (T-2)', raw(claims, 'iat', '1767225600.75').replace('"exp":1767225900', '"exp":1767225900.999'), factsOf()),
    reading('ten nines are not rounded up (T-2)', raw(claims, 'iat', '1767225600.9999999999'), factsOf()),
    reading('forty nines are not rounded up (T-2)', raw(claims, 'iat', `1767225600.${'9'.repeat(40)}`), factsOf()),
    reading('an exponent is a number', raw(claims, 'exp', '17672259e2'), factsOf()),
    reading('a fraction with an exponent', raw(claims, 'exp', '1.7672259005E9'), factsOf()),
    reading('the largest date (JWT-8)', { ...claims, exp: 253402300799 }, factsOf({ expires_at: 253402300799 })),
    reading('escapes are read before values are compared', raw(claims, 'sub', '"\\u0075-4\\u0032"'), factsOf()),
    reading('escapes in a name', raw(without(claims, 'sub'), 'x', '1').replace('"x"', '"s\\u0075b"').replace(':1,', ':"u-42",'), factsOf()),
    reading('a composed letter stays composed (T-24)', { ...claims, sub: 'caf\u00e9' }, factsOf({ subject: 'caf\u00e9' })),
    reading('a decomposed letter stays decomposed (T-24)', { ...claims, sub: 'cafe\u0301' }, factsOf({ subject: 'cafe\u0301' })),
    reading('beyond the basic plane, escaped as two', raw(claims, 'sub', '"\\ud83d\\udddd"'), factsOf({ subject: '\u{1f5dd}' })),
    reading('an escaped NUL is a character', raw(claims, 'sub', '"a\\u0000b"'), factsOf({ subject: 'a\u0000b' })),
    reading('1024 bytes of subject (T-26)', { ...claims, sub: '\u00e9'.repeat(512) }, factsOf({ subject: '\u00e9'.repeat(512) })),
    reading('__proto__ is a name like any other (T-22)', raw(claims, '__proto__', '{"sub":"root"}'), factsOf()),
    reading('the same name in different objects', { ...claims, cnf: { sub: 'x', jkt: 'y' }, act: { sub: 'z' } }, factsOf({ bound: true })),
    ...bindings.map((cnf) => reading(`bound to a key: cnf is ${JSON.stringify(cnf)}`, { ...claims, cnf }, factsOf({ bound: true }))),
    reading('a name like cnf binds nothing', { ...claims, CNF: { jkt: 'y' } }, factsOf()),
    reading('sixteen levels', raw(claims, 'deep', nested(15)), factsOf()),
    accepted('typ in capitals (AT-1)', token({ ...header, typ: 'AT+JWT' }, claims), factsOf()),
    accepted('typ as a whole media type (AT-1, BCP-16)', token({ ...header, typ: 'application/at+jwt' }, claims), factsOf()),
    accepted('typ as a whole media type in capitals', token({ ...header, typ: 'Application/At+Jwt' }, claims), factsOf()),
    accepted('unknown header members are ignored', token({ ...header, x5t: 'abc', colour: 'blue' }, claims), factsOf()),
    accepted('kid of 256 characters (T-26)', token({ ...header, kid: 'k'.repeat(256) }, claims), factsOf({ key_id: 'k'.repeat(256) })),
    accepted('as long as may be', longest.text, factsOf({ key_id: longest.kid })),
  ];
}

function foreignCases() {
  const nobody = without(without(abroad, 'sub'), 'client_id');
  const noId = token(header, without(abroad, 'jti'));
  const named = { ...without(without(without(abroad, 'sub'), 'jti'), 'client_id'), oid: 'o-1', uti: 'u-1', appid: 'a-1', sub: 'pairwise' };
  const elsewhere = (name, payload, facts, record = 'foreign') => accepted(name, token(header, payload), facts, record);
  return [
    elsewhere('of another issuer', abroad, factsAbroad()),
    elsewhere('of another issuer, lpos is a claim like any other', { ...abroad, lpos: 9007199254740991 }, factsAbroad()),
    elsewhere('of another issuer, lpos need not even be a number', { ...abroad, lpos: 'x' }, factsAbroad()),
    elsewhere('other names for the same things (T-17, AT-12)', named,
      factsAbroad({ token_id: 'u-1', subject: 'o-1', client_id: 'a-1', value: 'u-1' }), 'other_names'),
    accepted('typ JWT where the record says so', token({ ...header, typ: 'jwt', alg: 'RS256' }, abroad), factsAbroad(), 'foreign'),
    accepted('no jti: the digest of the signing input (T-14)', noId,
      factsAbroad({ token_id: null, match: 'digest', value: digestOf(noId) }), 'foreign'),
    elsewhere('no iat where the record says so (T-9)', without(abroad, 'iat'), factsAbroad({ issued_at: null }), 'no_iat'),
    elsewhere('no session, client or login', { iss: foreign, jti: 't-0001', sub: 'u-42', iat: 1767225600, exp: 1767225900 },
      factsAbroad({ session_id: null, client_id: null, auth_time: null })),
    elsewhere('a client without a subject, as client credentials have it', without(abroad, 'sub'), factsAbroad({ subject: null })),
    elsewhere('bound to a key abroad', { ...abroad, cnf: { jkt: 'y' } }, factsAbroad({ bound: true })),
    elsewhere('a subject where the record requires one', without(abroad, 'client_id'), factsAbroad({ client_id: null }), 'subject_required'),
    refused('a client alone where the record requires a subject', token(header, without(abroad, 'sub')), ['Subject'], 'subject_required'),
    refused('neither subject nor client', token(header, nobody), ['Subject'], 'foreign'),
    refused('neither subject nor client under other names', token(header, { ...abroad, uti: 'u-1' }), ['Subject'], 'other_names'),
    ...wrongTexts.map((value) => refused(`a subject that is ${JSON.stringify(value)} and no client`, token(header, { ...nobody, sub: value }),
      ['Claims', 'Subject'], 'foreign')),
    ...wrongTexts.map((value) => refused(`a client that is ${JSON.stringify(value)} and no subject`, token(header, { ...nobody, client_id: value }),
      ['Claims', 'Subject'], 'foreign')),
    refused('no iat where the record demands it (T-9)', token(header, without(abroad, 'iat')), ['Claims'], 'foreign'),
    refused('no exp (T-7)', token(header, without(abroad, 'exp')), ['Claims'], 'foreign'),
    refused('an alg that another issuer uses (BCP-4)', token({ ...header, alg: 'PS256' }, abroad), ['Algorithm'], 'foreign'),
  ];
}

// base64url skips every fourth length, so header and payload share the padding.
function ofLength(length) {
  for (const kid of ['k', 'ke', 'key']) {
    const start = Math.floor((length - good.length) * 3 / 4);
    for (let pad = start + 8; pad > start - 24; pad--) {
      const text = token({ ...header, kid }, { ...claims, pad: 'x'.repeat(pad) });
      if (text.length === length) return { text, kid };
    }
  }
  throw new Error(`no token of ${length} characters`);
}

function formCases() {
  const swap = (text, at, character) => text.slice(0, at) + character + text.slice(at + 1);
  const form = (name, text) => refused(name, text, ['Format']);
  // Of a length that leaves unused bits in the last character.
  const looseHeader = base64url('{"alg":"ES256","typ":"at+jwt","kid":"JoU0DWv"}');
  const loosePayload = base64url(JSON.stringify({ ...claims, sub: 'u-421' }));
  return [
    form('nothing', ''), form('two dots', '..'), form('one segment', goodHeader), form('two segments', `${goodHeader}.${goodPayload}`),
    form('four segments', `${good}.${goodSignature}`), form('five segments, as a JWE has', `${good}..`),
    form('a dot at the end', `${good}.`),
    form('a dot at the start', `.${good}`), form('no header', `.${goodPayload}.${goodSignature}`),
    form('no payload', `${goodHeader}..${goodSignature}`),
    form('no signature', `${goodHeader}.${goodPayload}.`),
    form('padding on the header', `${goodHeader}=.${goodPayload}.${goodSignature}`),
    form('padding on the payload', `${goodHeader}.${goodPayload}=.${goodSignature}`),
    form('padding on the signature', `${good}==`), form('one padding character', `${good}=`),
    form('a blank at the start', ` ${good}`), form('a blank at the end', `${good} `), form('a line end at the end', `${good}\n`),
    form('a carriage return at the end', `${good}\r\n`), form('a blank inside', swap(good, 5, ' ')),
    form('a tab inside the signature', swap(good, good.length - 9, '\t')),
    form('a NUL inside', swap(good, 7, '\u0000')), form('a plus (plain base64)', swap(good, good.length - 9, '+')),
    form('a slash (plain base64)', swap(good, good.length - 9, '/')),
    form('a percent sign', swap(good, good.length - 9, '%')), form('a letter outside ASCII', swap(good, 7, '\u00e9')),
    form('a full-width dot', good.replace('.', '\uff0e')),
    form('a zero-width space', swap(good, 7, '\u200b')), form('a length that no bytes have', `${goodHeader}.${goodPayload}.AAAAA`),
    form('another last character of the header', `${lastBits(looseHeader)}.${goodPayload}.${goodSignature}`),
    form('another last character of the payload', `${goodHeader}.${lastBits(loosePayload)}.${goodSignature}`),
    form('another last character of the signature', `${goodHeader}.${goodPayload}.${lastBits(goodSignature)}`),
    form('the JSON serialisation (BCP-8)', JSON.stringify({ payload: goodPayload, protected: goodHeader, signature: goodSignature })),
    form('with its scheme', `Bearer ${good}`), form('quoted', `"${good}"`), form('two tokens', `${good},${good}`),
    refused('longer than may be', ofLength(16385).text, ['TooLarge']),
    refused('longer than may be and nothing else', 'A'.repeat(16385), ['TooLarge']),
  ];
}

// The same bytes with a last character whose unused bits are not zero.
function lastBits(segment) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  if (segment.length % 4 === 0) throw new Error(`${segment} has no unused bits`);
  return segment.slice(0, -1) + alphabet[alphabet.indexOf(segment.at(-1)) + 1];
}

export function document() {
  const parts = [...headerFaults(nested), ...payloadFaults(nested)];
  return {
    about: 'Tokens under the named record: faults is empty for one that is read, otherwise it names the faults that may say why.',
    records,
    jwk: signed.jwk,
    thumbprint: signed.thumbprint,
    cases: [
      ...signedCases(), ...ownCases(), ...foreignCases(), ...formCases(),
      ...parts.map(([name, headerPart, payloadPart, faults]) => refused(name, token(headerPart, payloadPart), faults)),
    ],
  };
}
