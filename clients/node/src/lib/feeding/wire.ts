import { decodeBase64url } from '../tokens/base64url.js';
import { maxValueBytes } from '../tokens/claims.js';
import { JsonNumber, readJsonObject, type JsonObject, type JsonValue } from '../tokens/json.js';
import type { LogEntry, Match, RevocationState, Slot } from '../log/entry.js';
import { matchKinds, type MatchKind } from '../log/kinds.js';
import { readPosition } from '../log/position.js';
import { RescindError } from '../errors.js';

/** The most entries of one answer. */
const maxEntries = 10_000;
const maxEpochLength = 256;
const maxPaceMs = 10_000;
// A year: far beyond every bound.
const maxTimeMs = 31_536_000_000;
const effects: ReadonlySet<string> = new Set(['end', 'renew', 'reauthenticate', 'block']);

/** What an answer and a snapshot begin with. */
export interface FeedHeader {
  readonly epoch: string;
  readonly head: number;
  readonly nonce: string | null;
  /** The Authority's clock, in seconds since the Unix epoch: for purging only, never for freshness. */
  readonly now: number;
  readonly heldMs: number;
  readonly ageMs: number;
  readonly paceMs: number;
  readonly chain: string;
}

/** The answer to one poll. */
export interface FeedAnswer extends FeedHeader {
  readonly after: number;
  readonly entries: readonly LogEntry[];
  readonly more: boolean;
}

/** One line of a snapshot. */
export type SnapshotLine = { readonly header: FeedHeader } | { readonly entry: LogEntry } | { readonly end: number };

/**
 * Reads the body of a 200 answer; throws RSC3204 for anything malformed: a duplicate, a wrong type, something missing. Members that a
 * newer Authority adds are ignored (docs/protocol.md, vectors/wire.json).
 */
export function readAnswer(body: Uint8Array): FeedAnswer {
  const root = objectOf(body);
  const entries = root.get('entries');
  if (!Array.isArray(entries) || entries.length > maxEntries) throw malformed('entries');
  return { ...header(root), after: number(root, 'after'), entries: entries.map(entry), more: flag(root, 'more') };
}

/** Reads one line of a snapshot: header, entry or end; throws RSC3204. */
export function readSnapshotLine(line: Uint8Array): SnapshotLine {
  const root = objectOf(line);
  // An entry has a slot named "end", too.
  if (root.has('kind')) return { entry: entry(root) };
  if (!root.has('end')) return { header: header(root) };
  if (!flag(root, 'end')) throw malformed('end');
  return { end: number(root, 'entries') };
}

function header(root: JsonObject): FeedHeader {
  const epoch = text(root, 'epoch');
  const chain = text(root, 'chain');
  if (!epoch || epoch.length > maxEpochLength) throw malformed('epoch');
  if (chain === null || decodeBase64url(chain)?.length !== 32) throw malformed('chain');
  return {
    epoch,
    chain,
    head: number(root, 'head'),
    nonce: text(root, 'nonce'),
    now: number(root, 'now'),
    heldMs: Math.min(number(root, 'held_ms'), maxTimeMs),
    ageMs: Math.min(number(root, 'age_ms'), maxTimeMs),
    paceMs: Math.min(number(root, 'pace_ms'), maxPaceMs),
  };
}

function entry(element: JsonValue): LogEntry {
  if (!(element instanceof Map)) throw malformed('an entry');
  const members: JsonObject = element;
  const kind = text(members, 'kind');
  if (kind === null) throw malformed('kind');
  const place = { position: positive(members, 'position'), at: number(members, 'at') };
  // Of a kind of entry or match that this version does not know only the place can be read.
  const unknown = { kind: 'unknown', ...place, issuer: '' } as const;
  if (!['state', 'issuer', 'key', 'mark'].includes(kind)) return unknown;
  const matchKind = kind === 'state' ? matchKindOf(members) : null;
  if (matchKind === undefined) return unknown;

  const issuer = ownText(members, 'issuer');
  if (issuer === null) throw malformed('issuer');
  // Texts or null in every kind, whether it uses them or not.
  const [name, value] = [ownText(members, 'name'), ownText(members, 'value')];
  switch (kind) {
    case 'state': return {
      kind, ...place, issuer, match: match(matchKind as MatchKind, name, value), state: state(members), hasUnknownEffect: hasUnknownEffect(members),
    };
    case 'issuer': return { kind, ...place, issuer, record: value };
    case 'key': return { kind, ...place, issuer, keyId: matchText(name, 'name'), record: value };
    default: return { kind: 'mark', ...place, issuer };
  }
}

/** The kind of a match; undefined for one that this version does not know. */
function matchKindOf(members: JsonObject): MatchKind | undefined {
  const name = text(members, 'match');
  if (name === null) throw malformed('match');
  return matchKinds.find((kind) => kind === name);
}

function match(kind: MatchKind, name: string | null, value: string | null): Match {
  if ((name === null) === (kind === 'tag')) throw malformed('match');
  if (kind === 'issuer') {
    if (value !== null) throw malformed('value');
    return { kind, name: null, value: null };
  }
  return { kind, name: name === null ? null : matchText(name, 'name'), value: matchText(value, 'value') };
}

function matchText(value: string | null, what: string): string {
  if (!value || Buffer.byteLength(value) > maxValueBytes) throw malformed(what);
  return value;
}

function state(members: JsonObject): RevocationState {
  return {
    end: slot(members, 'end', 'before'),
    renew: slot(members, 'renew', 'before'),
    reauthenticate: slot(members, 'reauthenticate', 'before'),
    block: slot(members, 'block', 'until'),
    rememberUntil: number(members, 'remember_until'),
  };
}

/** A slot is an object, and nothing else in the entry of a state is. */
function hasUnknownEffect(members: JsonObject): boolean {
  return [...members].some(([name, value]) => value instanceof Map && !effects.has(name));
}

function slot(members: JsonObject, name: string, second: string): Slot | null {
  const value = members.get(name);
  if (value === undefined || value === null) return null;
  if (!(value instanceof Map)) throw malformed(name);
  return { by: positive(value, 'by'), second: number(value, second) };
}

function objectOf(bytes: Uint8Array): JsonObject {
  const root = readJsonObject(bytes);
  if (typeof root === 'string') throw malformed('an object');
  return root;
}

/** A text; null if it is null or absent. */
function text(members: JsonObject, name: string): string | null {
  const value = members.get(name) ?? null;
  if (value !== null && typeof value !== 'string') throw malformed(name);
  return value;
}

/** The same as a copy, to be kept: cut out of an answer it would keep the whole answer in memory. */
function ownText(members: JsonObject, name: string): string | null {
  const value = text(members, name);
  return value === null ? null : Buffer.from(value).toString();
}

function number(members: JsonObject, name: string): number {
  const value = members.get(name);
  const whole = value instanceof JsonNumber ? readPosition(value.raw) : null;
  if (whole === null) throw malformed(name);
  return whole;
}

function positive(members: JsonObject, name: string): number {
  const value = number(members, name);
  if (value === 0) throw malformed(name);
  return value;
}

function flag(members: JsonObject, name: string): boolean {
  const value = members.get(name);
  if (typeof value !== 'boolean') throw malformed(name);
  return value;
}

function malformed(what: string): RescindError {
  return new RescindError('RSC3204', `It is malformed: ${what}.`);
}
