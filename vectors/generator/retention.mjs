// Until when an act is remembered, worked out from the promise alone: longer than any token that it kills can be accepted.
import { never } from './entries.mjs';
import { records } from './records.mjs';

const largestBound = 60;
const clockMargin = 60;
const at = 1767225600;

function rememberUntil({ match, effect, second, token_expires: expires }, record) {
  if (match === 'key' || record === null) return never;
  const logins = effect === 'reauthenticate' || (match === 'session' && effect === 'end' && !record.own);
  const lifetime = logins ? record.limits.max_session_lifetime : record.limits.max_token_lifetime;
  // Without iat nothing shows that a token is after a cutoff, or that it lives longer than its issuer declared.
  if (lifetime === null || (record.issued_at_absent && effect !== 'block' && expires === null)) return never;
  const cutoff = effect === 'block' ? at : Math.max(at, second);
  const life = cutoff + record.limits.clock_skew + lifetime;
  const last = Math.max(life, expires ?? 0, effect === 'block' ? second : 0);
  return Math.min(never, last + record.limits.leeway + largestBound + clockMargin);
}

const acts = [
  ...['token', 'session', 'subject', 'client', 'tag', 'key', 'issuer'].map((match) => [`end of a ${match}`, match, 'end', at]),
  ['end of a digest', 'digest', 'end', at],
  ['end of a token whose expiry is known', 'token', 'end', at, at + 200],
  ['end of a token that outlives its issuer\'s maximum', 'token', 'end', at, at + 999999],
  ['end with a cutoff in the past', 'subject', 'end', at - 86400],
  ['end with a cutoff a little ahead', 'subject', 'end', at + 5],
  ['renew of a session', 'session', 'renew', at],
  ['renew of a token', 'token', 'renew', at],
  ['renew of a subject', 'subject', 'renew', at],
  ['reauthenticate of a session', 'session', 'reauthenticate', at],
  ['reauthenticate of a subject', 'subject', 'reauthenticate', at],
  ['reauthenticate of a subject, cutoff in the past', 'subject', 'reauthenticate', at - 86400],
  ['a block shorter than a token', 'subject', 'block', at + 10],
  ['a block longer than a token', 'subject', 'block', at + 31536000],
  ['a block without end', 'subject', 'block', never],
];

export function document() {
  const names = ['own', 'foreign', 'foreign_undeclared', 'foreign_raised', 'no_iat', null];
  return {
    about: 'An act at the second `at` under an issuer\'s record (null: not registered), and until when it is remembered.',
    records: Object.fromEntries(names.filter(Boolean).map((name) => [name, records[name]])),
    cases: names.flatMap((name) => acts.map(([what, match, effect, second, expires = null]) => {
      const act = { match, effect, at, second, token_expires: expires };
      return { name: `${what}, ${name ?? 'unregistered'}`, record: name, ...act, remember_until: rememberUntil(act, name && records[name]) };
    })),
  };
}
