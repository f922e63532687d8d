// Entries of the log as they stand on the wire, their canonical bytes and the chain over them.
import { createHash } from 'node:crypto';

export const never = 9007199254740991;
export const own = 'https://auth.shop.example';
export const foreign = 'https://login.idp.example/tenant-1';

const kinds = { state: 1, issuer: 2, key: 3, mark: 4 };
const noSlots = { end: null, renew: null, reauthenticate: null, block: null };

export const cutoff = (by, before) => ({ by, before });
export const blocked = (by, until) => ({ by, until });

export const state = (position, at, issuer, match, name, value, slots, rememberUntil) => ({
  kind: 'state', position, at, issuer, match, name, value, ...noSlots, ...slots, remember_until: rememberUntil,
});

export const issuerEntry = (position, at, issuer, record) => ({
  kind: 'issuer', position, at, issuer, match: 'issuer', name: null, value: record, ...noSlots, remember_until: null,
});

export const keyEntry = (position, at, issuer, kid, jwk) => ({
  kind: 'key', position, at, issuer, match: 'key', name: kid, value: jwk, ...noSlots, remember_until: null,
});

export const mark = (position, at, issuer) => ({
  kind: 'mark', position, at, issuer, match: null, name: null, value: null, ...noSlots, remember_until: null,
});

const u64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value ?? 0));
  return bytes;
};

const text = (value) => {
  const length = Buffer.alloc(4, 0xff);
  if (value === null) return length;
  const bytes = Buffer.from(value, 'utf8');
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

export const canonicalBytes = (entry) => Buffer.concat([
  Buffer.from([kinds[entry.kind]]), u64(entry.position), u64(entry.at),
  text(entry.issuer), text(entry.match), text(entry.name), text(entry.value),
  u64(entry.end?.by), u64(entry.end?.before),
  u64(entry.renew?.by), u64(entry.renew?.before),
  u64(entry.reauthenticate?.by), u64(entry.reauthenticate?.before),
  u64(entry.block?.by), u64(entry.block?.until),
  u64(entry.remember_until),
]);

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();

export const chainStart = (epoch) => sha256(Buffer.from(`rescind${epoch}`, 'utf8'));
export const chainThen = (chain, entry) => sha256(chain, canonicalBytes(entry));
export const chainOf = (epoch, entries) => entries.reduce(chainThen, chainStart(epoch)).toString('base64url');
