// Canonical bytes and chain of whole logs.
import { blocked, canonicalBytes, chainStart, chainThen, cutoff, foreign, issuerEntry, keyEntry, mark, never, own, state } from './entries.mjs';

const at = 1767225600;
const position = 1767225600000000;
const jwk = '{"crv":"P-256","kty":"EC","x":"gBQFpvU_jS_K3Qnr1ckGaPq24ClZvtAuGmJhH0DaMvI","y":"_9y1MxwpsOywl4ZdWCRQM8DtB-DSjqSPtSsjSylG-cU"}';
const kid = 'JoU0DWvGxHwcYnJwC67AY7q3xhfbuauAOMb14I2EJw4';

const matches = [
  ['token', null, 't-0001'], ['digest', null, 'o2J31ahtyEnpCDoIuExvm3Dr3EhNtAgQn_Mj0fgoUaA'], ['session', null, 's-7'],
  ['subject', null, 'u-42'], ['client', null, 'web'], ['tag', 'tenant', 'acme'], ['key', null, kid], ['issuer', null, null],
];

const everySlot = (by) => ({
  end: cutoff(by, at), renew: cutoff(by + 1, at + 1), reauthenticate: cutoff(by + 2, at + 2), block: blocked(by + 3, at + 3600),
});

const logs = [
  ['an empty log', 'e', []],
  ['every match', 'wVq0mZ0bR4mS1nE2xYt7LA', matches.map(([match, name, value], i) =>
    state(position + i, at, own, match, name, value, { end: cutoff(position + i, at) }, match === 'key' ? never : at + 450))],
  ['every slot, alone and together', 'slots', [
    state(position, at, own, 'subject', null, 'a', { end: cutoff(position, at) }, at + 450),
    state(position + 1, at, own, 'subject', null, 'b', { renew: cutoff(position + 1, at) }, at + 450),
    state(position + 2, at, own, 'subject', null, 'c', { reauthenticate: cutoff(position + 2, at) }, at + 7776150),
    state(position + 3, at, own, 'subject', null, 'd', { block: blocked(position + 3, at + 3600) }, at + 3750),
    state(position + 4, at, foreign, 'subject', null, 'e', everySlot(position), at + 90000),
  ]],
  ['a lift leaves a tombstone', 'lift', [
    state(position, at, own, 'subject', null, 'a', { end: cutoff(position, at) }, at + 450),
    state(position + 1, at + 5, own, 'subject', null, 'a', {}, at + 450),
  ]],
  ['a slot keeps the position of its act, not of the entry that carries it', 'slot-by', [
    state(position, at, own, 'subject', null, 'a', { end: cutoff(position, at) }, at + 450),
    state(position + 900, at, own, 'subject', null, 'a', { end: cutoff(position, at), renew: cutoff(position + 900, at) }, at + 450),
  ]],
  ['records, keys and marks', 'kinds', [
    issuerEntry(position, at, own, '{"issuer":"https://auth.shop.example","own":true}'),
    keyEntry(position + 1, at, own, kid, jwk),
    mark(position + 2, at, own),
    keyEntry(position + 3, at, own, kid, null),
    issuerEntry(position + 4, at, foreign, null),
  ]],
  ['null and empty are different bytes', 'null', [
    keyEntry(position, at, own, kid, ''), keyEntry(position + 1, at, own, kid, null),
    issuerEntry(position + 2, at, own, ''), issuerEntry(position + 3, at, own, null), mark(position + 4, at, ''),
  ]],
  ['text is UTF-8, never normalised', 'épöque-日本-🗝', [
    state(position, at, own, 'subject', null, 'caf\u00e9', { end: cutoff(position, at) }, at + 450),
    state(position + 1, at, own, 'subject', null, 'cafe\u0301', { end: cutoff(position + 1, at) }, at + 450),
    state(position + 2, at, own, 'subject', null, '\u{1f5dd}\u{10ffff}', { end: cutoff(position + 2, at) }, at + 450),
    state(position + 3, at, own, 'tag', 'f\u00fcr', '\u65e5\u672c', { end: cutoff(position + 3, at) }, at + 450),
    state(position + 4, at, own, 'subject', null, 'a\u0000b"\\\n\u2028', { end: cutoff(position + 4, at) }, at + 450),
  ]],
  ['the ends of every number', 'ends', [
    state(1, 0, own, 'issuer', null, null, { end: cutoff(1, 0) }, never),
    state(never, 253402300799, own, 'key', null, 'k', {
      end: cutoff(never, 253402300799), renew: cutoff(never, never), reauthenticate: cutoff(1, 1), block: blocked(never, never),
    }, never),
  ]],
  ['a name does not run into its value', 'boundary', [
    state(position, at, own, 'tag', 'ab', 'c', { end: cutoff(position, at) }, at + 450),
    state(position + 1, at, own, 'tag', 'a', 'bc', { end: cutoff(position, at) }, at + 450),
  ]],
];

export function document() {
  return {
    about: 'Canonical bytes (hex) of each entry and the chain (base64url) after it; see docs/protocol.md.',
    cases: logs.map(([name, epoch, entries]) => {
      let chain = chainStart(epoch);
      const start = chain.toString('base64url');
      return {
        name, epoch, start,
        entries: entries.map((entry) => {
          chain = chainThen(chain, entry);
          return { entry, bytes: canonicalBytes(entry).toString('hex'), chain: chain.toString('base64url') };
        }),
      };
    }),
  };
}
