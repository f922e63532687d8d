// Verdicts on tokens and sessions: every match and effect, own and foreign, at the very second.
import { blocked, cutoff, foreign, never, own, state } from './entries.mjs';
import { claims, digestOf, header, raw, token, without } from './compact.mjs';
import { records } from './records.mjs';
import { sessionCases } from './session-verdicts.mjs';

const now = 1767225700;
const issued = claims.iat;
const minted = claims.lpos;
const login = claims.auth_time;
const skew = records.foreign.limits.clock_skew;
const mine = { ...claims, tenant: 'acme', roles: ['buyer', 'clerk'], level: 7, trial: true };
const theirs = { ...without(mine, 'lpos'), iss: foreign };

const matches = [
  ['token', null, 't-0001'], ['session', null, 's-7'], ['subject', null, 'u-42'], ['client', null, 'web'],
  ['tag', 'tenant', 'acme'], ['issuer', null, null],
];
const unconditional = ['token', 'digest', 'session', 'key'];

const valid = { kind: 'Valid' };
const unknown = { kind: 'Unknown' };
const by = (kind, position, instant) => ({ kind, by: position, ...(instant === undefined ? {} : { instant }) });

function judged(name, verdict, changes) {
  const { record = 'own', payload = mine, entries = [], at = now, age = 0, freshness = 5000, thumbprint = null } = changes;
  return {
    name, record, token: token(header, payload), key_thumbprint: thumbprint, entries: entries.map((make, i) => make(i)),
    now: at, age_ms: age, max_staleness_ms: freshness,
    verdict: verdict === valid ? { ...valid, instant: untilOf(record, payload) } : verdict,
  };
}

// The second at which a token stops being good if nothing else happens: its own end or the end of the login behind it, each with the leeway. A
// login exactly as old as sessions get is good, so it ends a second later.
function untilOf(record, payload) {
  const { exp, auth_time: since } = typeof payload === 'string' ? JSON.parse(payload) : payload;
  const { limits, earlier_limits: earlier, changed_at: changed } = records[record];
  const { max_session_lifetime: lifetime, leeway } = earlier && since <= changed + limits.clock_skew ? earlier : limits;
  return Math.min(exp + limits.leeway, since === undefined || lifetime === null ? Infinity : Math.floor(since) + lifetime + leeway + 1);
}

const entry = (issuer, [match, name, value], slots) => (i) => state(minted + 1000 + i, now - 60, issuer, match, name, value, slots, never);
const onOwn = (match, slots) => entry(own, match, slots);
const onTheirs = (match, slots) => entry(foreign, match, slots);

const ownMatches = matches.flatMap((match) => {
  const [kind] = match;
  const on = (what, slots, verdict) => judged(`own ${kind}: ${what}`, verdict, { entries: [onOwn(match, slots)] });
  const never = unconditional.includes(kind);
  return [
    on('end by an act one position above lpos', { end: cutoff(minted + 1, issued) }, by('Revoked', minted + 1)),
    on('end by an act at lpos', { end: cutoff(minted, issued + 50) }, never ? by('Revoked', minted) : valid),
    on('end by an act below lpos, whatever its second', { end: cutoff(minted - 1, issued + 50) }, never ? by('Revoked', minted - 1) : valid),
    on('renew by an act one position above lpos', { renew: cutoff(minted + 1, issued) }, by('Renew', minted + 1)),
    on('renew by an act at lpos', { renew: cutoff(minted, issued + 50) }, valid),
    on('a tombstone', {}, valid),
    ...(kind === 'token' ? [] : [
      on('reauthenticate, login in the cutoff second', { reauthenticate: cutoff(minted + 1, login) }, by('Reauthenticate', minted + 1, login)),
      on('reauthenticate, login a second later', { reauthenticate: cutoff(minted + 1, login - 1) }, valid),
    ]),
    ...(kind === 'token' || kind === 'session' || kind === 'issuer' ? [] : [
      on('block, a second before it ends', { block: blocked(minted - 500, now + 1) }, by('Revoked', minted - 500)),
      on('block, at its end', { block: blocked(minted + 1, now) }, valid),
    ]),
  ];
});

const foreignMatches = matches.flatMap((match) => {
  const [kind] = match;
  const on = (what, slots, verdict) =>
    judged(`foreign ${kind}: ${what}`, verdict, { record: 'foreign', payload: theirs, entries: [onTheirs(match, slots)] });
  const never = unconditional.includes(kind);
  return [
    on('end, issued in the cutoff second plus skew (T-1, T-3)', { end: cutoff(9, issued - skew) }, by('Revoked', 9)),
    on('end, issued a second later', { end: cutoff(9, issued - skew - 1) }, never ? by('Revoked', 9) : valid),
    on('renew, issued in the cutoff second plus skew', { renew: cutoff(9, issued - skew) }, by('Renew', 9)),
    on('renew, issued a second later', { renew: cutoff(9, issued - skew - 1) }, valid),
    ...(kind === 'token' ? [] : [
      on('reauthenticate, login in the cutoff second plus skew', { reauthenticate: cutoff(9, login - skew) }, by('Reauthenticate', 9, login - skew)),
      on('reauthenticate, login a second later', { reauthenticate: cutoff(9, login - skew - 1) }, valid),
    ]),
    ...(kind === 'token' || kind === 'session' ? [] : [
      on('block, a second before it ends', { block: blocked(9, now + 1) }, by('Revoked', 9)),
      on('block, at its end', { block: blocked(9, now) }, valid),
    ]),
  ];
});

const end = { end: cutoff(minted + 1, issued) };
const subject = ['subject', null, 'u-42'];

function identity() {
  const ends = (name, match, dead, changes = {}) =>
    judged(name, dead ? by('Revoked', minted + 1) : valid, { entries: [onOwn(match, end)], ...changes });
  const tag = (claim, value, dead) => ends(`tag ${claim} ${value}`, ['tag', claim, value], dead);
  return [
    ends('another case is another subject (JWT-4)', ['subject', null, 'U-42'], false),
    ends('composed does not name decomposed (T-24)', ['subject', null, 'caf\u00e9'], false, { payload: { ...mine, sub: 'cafe\u0301' } }),
    ends('composed names composed', ['subject', null, 'caf\u00e9'], true, { payload: { ...mine, sub: 'caf\u00e9' } }),
    ends('a subject is no client', ['client', null, 'u-42'], false),
    ends('a subject is no session', ['session', null, 'u-42'], false),
    ends('a prefix names nothing', ['subject', null, 'u-4'], false),
    ends('by key', ['key', null, 'JoU0DWvG'], true),
    ends('by the thumbprint of the key that verified (T-27)', ['key', null, 'thumb'], true, { thumbprint: 'thumb' }),
    ends('by another key', ['key', null, 'JoU0DWvH'], false, { thumbprint: 'thumb' }),
    judged('a key is dead whatever lpos says', by('Revoked', 1), { entries: [onOwn(['key', null, 'JoU0DWvG'], { end: cutoff(1, 0) })] }),
    judged('of another issuer (T-20)', valid, { entries: [onTheirs(subject, end)] }),
    judged('of an issuer with a slash more (T-23)', valid, { entries: [entry(`${own}/`, subject, end)] }),
    judged('of an issuer in capitals (T-23)', valid, { entries: [entry(own.toUpperCase(), subject, end)] }),
    judged('without lpos every act kills', by('Revoked', 1), { payload: without(mine, 'lpos'), entries: [onOwn(subject, { end: cutoff(1, 0) })] }),
    judged('lpos of another issuer counts for nothing', by('Revoked', 9),
      { record: 'foreign', payload: { ...theirs, lpos: never }, entries: [onTheirs(subject, { end: cutoff(9, issued) })] }),
    tag('roles', 'buyer', true), tag('roles', 'clerk', true), tag('roles', 'admin', false), tag('level', '7', true),
    tag('level', '7.0', false),
    tag('trial', 'true', true), tag('trial', 'false', false), tag('tenant', 'Acme', false), tag('Tenant', 'acme', false),
    tag('sub', 'u-42', true),
    ends('a number\'s raw text', ['tag', 'level', '7.0'], true, { payload: raw(mine, 'level', '7.0') }),
    ends('a string\'s characters, not its escapes', ['tag', 'tenant', 'acme'], true, { payload: raw(mine, 'tenant', '"\\u0061cme"') }),
    ends('a claim deeper down is no tag', ['tag', 'level', '7'], false, { payload: { ...without(mine, 'level'), x: { level: 7 } } }),
    ends('null is no tag', ['tag', 'tenant', 'null'], false, { payload: { ...mine, tenant: null } }),
    digestCase(),
  ];
}

function digestCase() {
  const payload = without(theirs, 'jti');
  const match = ['digest', null, digestOf(token(header, payload))];
  return judged('a token without jti by its digest (T-14)', by('Revoked', 9),
    { record: 'foreign', payload, entries: [onTheirs(match, { end: cutoff(9, 0) })] });
}

const precedence = () => {
  const on = (name, verdict, changes) => judged(name, verdict, { entries: [onOwn(subject, end)], ...changes });
  const renew = { renew: cutoff(minted + 2, issued) };
  const reauthenticate = { reauthenticate: cutoff(minted + 3, login) };
  const key = onOwn(['key', null, 'JoU0DWvG'], { end: cutoff(minted + 5, issued) });
  const block = { block: blocked(minted + 4, now + 60) };
  return [
    on('expired before revoked', { kind: 'Expired' }, { at: claims.exp + 30 }),
    on('in its leeway it is revoked', by('Revoked', minted + 1), { at: claims.exp + 29 }),
    judged('in its leeway it is valid', valid, { at: claims.exp + 29 }),
    judged('past its leeway it is not', { kind: 'Expired' }, { at: claims.exp + 30 }),
    judged('expired though stale', { kind: 'Expired' }, { at: claims.exp + 30, age: 60000 }),
    on('revoked though stale', by('Revoked', minted + 1), { age: 60000 }),
    on('revoked without any proof', by('Revoked', minted + 1), { age: null }),
    judged('renew though stale', by('Renew', minted + 2), { entries: [onOwn(subject, renew)], age: 60000 }),
    judged('reauthenticate though stale', by('Reauthenticate', minted + 3, login), { entries: [onOwn(subject, reauthenticate)], age: 60000 }),
    judged('end before reauthenticate and renew', by('Revoked', minted + 1), { entries: [onOwn(subject, { ...end, ...renew, ...reauthenticate })] }),
    judged('reauthenticate before renew', by('Reauthenticate', minted + 3, login), { entries: [onOwn(subject, { ...renew, ...reauthenticate })] }),
    judged('block before end', by('Revoked', minted + 4), { entries: [onOwn(subject, { ...end, ...block })] }),
    judged('key before block and end', by('Revoked', minted + 5), { entries: [onOwn(subject, { ...end, ...block }), key] }),
    judged('any match that says dead wins', by('Revoked', minted + 1), { entries: [
      onOwn(['session', null, 's-7'], {}), onOwn(['client', null, 'web'], { end: cutoff(minted - 9, issued) }), onOwn(subject, end)] }),
    judged('the later entry of one match holds', valid, { entries: [onOwn(subject, end), onOwn(subject, {})] }),
    judged('an entry that carries an older slot kills by the slot', valid, { entries: [onOwn(subject, { end: cutoff(minted - 1, issued) })] }),
    judged('stale', unknown, { age: 5001 }), judged('fresh enough for this route', valid, { age: 4000 }),
    judged('not fresh enough for a stricter route', unknown, { age: 4000, freshness: 2000 }),
    judged('without any proof', unknown, { age: null }),
  ];
};

// Of several acts that kill, one decides: it is what the caller is told, and what explain, receipts and lifts go by.
function deciding() {
  const named = {
    session: ['session', null, 's-7'], subject, client: ['client', null, 'web'], tag: ['tag', 'tenant', 'acme'], kid: ['key', null, 'JoU0DWvG'],
    thumbprint: ['key', null, 'thumb'], issuer: ['issuer', null, null],
  };
  const among = (name, verdict, slots, changes = {}) => {
    const entries = Object.entries(slots).map(([match, slot]) => onOwn(named[match], slot));
    return judged(name, verdict, { entries, thumbprint: 'thumb', ...changes });
  };
  const ended = (n) => ({ end: cutoff(minted + n, issued + n) });
  const renewed = (n) => ({ renew: cutoff(minted + n, issued - n) });
  const relogin = (n, second) => ({ reauthenticate: cutoff(minted + n, second) });
  const barred = (n, until) => ({ block: blocked(minted + n, until) });
  return [
    among('of two key revocations the newest decides: that of the kid', by('Revoked', minted + 9), { kid: ended(9), thumbprint: ended(3) }),
    among('of two key revocations the newest decides: that of the thumbprint', by('Revoked', minted + 9), { kid: ended(3), thumbprint: ended(9) }),
    among('a key revocation decides before a newer end', by('Revoked', minted + 3), { thumbprint: ended(3), session: ended(9), subject: ended(8) }),
    among('of several ends the newest decides', by('Revoked', minted + 9), { session: ended(4), subject: ended(9), client: ended(6), tag: ended(2) }),
    among('of several ends the newest decides: that of a tag', by('Revoked', minted + 9), { session: ended(4), subject: ended(5), tag: ended(9) }),
    among('of several renews the newest decides', by('Renew', minted + 9), { session: renewed(4), subject: renewed(9), issuer: renewed(6) }),
    among('of several blocks the one that lasts longest decides', by('Revoked', minted + 1), { subject: barred(9, now + 5), client: barred(1, now + 9) }),
    among('of blocks that last equally long the newest decides', by('Revoked', minted + 9), { subject: barred(9, now + 5), client: barred(1, now + 5) }),
    among('of several reauthentications the latest second decides', by('Reauthenticate', minted + 1, login + 9),
      { session: relogin(9, login + 3), subject: relogin(1, login + 9), tag: relogin(5, login + 8) }),
    among('of reauthentications for one second the newest decides', by('Reauthenticate', minted + 9, login + 3),
      { session: relogin(1, login + 3), subject: relogin(9, login + 3), tag: relogin(5, login + 3) }),
  ];
}

// Until when a valid token holds: whoever keeps a connection open looks again then, and nothing else would tell it.
function ends() {
  const lifetime = records.own.limits.max_session_lifetime;
  const abroad = (name, verdict, changes, more = {}) => judged(name, verdict, { record: 'foreign', payload: { ...theirs, ...changes }, ...more });
  const login = (left) => now + left - lifetime - 30 - 1;
  return [
    judged('it ends with its login', valid, { payload: { ...mine, auth_time: login(20) } }),
    judged('its login ends in a second', valid, { payload: { ...mine, auth_time: login(1) } }),
    judged('its login is over', { kind: 'Invalid' }, { payload: { ...mine, auth_time: login(0) } }),
    judged('it ends before its login', valid, { payload: { ...mine, auth_time: now - 5 } }),
    judged('without a login it ends by itself', valid, { payload: without(mine, 'auth_time') }),
    abroad('abroad it ends with its login', valid, { auth_time: now + 20 - 86400 - 30 - 1 }),
    abroad('no session lifetime declared', valid, { auth_time: 1 }, { record: 'foreign_undeclared' }),
    abroad('a login from before a raise ends as was declared then', valid,
      { iat: issued + 6, exp: issued + 3606, auth_time: issued - 7000 }, { record: 'foreign_raised' }),
    abroad('fractions are floored', valid, {}, { payload: raw(theirs, 'auth_time', `${now + 20 - 86400 - 30 - 1}.999`) }),
  ];
}

const rules = () => {
  const own = (name, verdict, changes, at) => judged(name, verdict, { payload: { ...mine, ...changes }, at });
  const abroad = (name, verdict, record, changes, entries = []) => judged(name, verdict, { record, payload: { ...theirs, ...changes }, entries });
  const timeless = (slots) => ({ record: 'no_iat', payload: without(theirs, 'iat'), entries: [onTheirs(subject, slots)] });
  const invalid = { kind: 'Invalid' };
  return [
    own('as long as may be', valid, { exp: issued + 300 }), own('a second longer than may be (T-8)', invalid, { exp: issued + 301 }),
    own('from as far in the future as the leeway', valid, { iat: now + 30, exp: now + 300 }),
    own('from a second further (JWT-9)', invalid, { iat: now + 31, exp: now + 300 }),
    own('not before as far in the future as the leeway', valid, { nbf: now + 30 }),
    own('not before a second further (JWT-2)', invalid, { nbf: now + 31 }),
    own('a login longer ago than sessions live', invalid, { auth_time: now - 7776000 - 3600 }),
    abroad('as long as may be abroad', valid, 'foreign', { exp: issued + 3600 }),
    abroad('a second longer abroad', invalid, 'foreign', { exp: issued + 3601 }),
    abroad('no maximum declared', valid, 'foreign_undeclared', { exp: issued + 31536000 }),
    abroad('from before a raise, longer than then', invalid, 'foreign_raised', { iat: issued - 100, exp: issued + 501 }),
    abroad('in the skew of a raise, longer than then', invalid, 'foreign_raised', { iat: issued + 5, exp: issued + 606 }),
    abroad('after the skew of a raise', valid, 'foreign_raised', { iat: issued + 6, exp: issued + 3606 }),
    judged('no iat: any cutoff kills (T-9)', by('Revoked', 9), timeless({ end: cutoff(9, 1) })),
    judged('no iat: any renew kills', by('Renew', 9), timeless({ renew: cutoff(9, 1) })),
    judged('no iat: nothing matches', valid, { record: 'no_iat', payload: without(theirs, 'iat') }),
    judged('no login is not after any', by('Reauthenticate', 9, 1),
      { record: 'foreign', payload: without(theirs, 'auth_time'), entries: [onTheirs(subject, { reauthenticate: cutoff(9, 1) })] }),
    judged('fractions are floored before cutoffs (T-2)', by('Revoked', 9),
      { record: 'foreign', payload: raw(theirs, 'iat', `${issued}.999`), entries: [onTheirs(subject, { end: cutoff(9, issued - skew) })] }),
  ];
};

export function document() {
  return {
    about: 'Verdicts on tokens whose signature is verified, and on sessions at the Authority.',
    records,
    cases: [judged('nothing is revoked', valid, {}), ...ownMatches, ...foreignMatches, ...identity(), ...precedence(), ...deciding(),
      ...ends(), ...rules()],
    sessions: sessionCases(),
  };
}
