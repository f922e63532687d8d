import type { MatchKind } from './kinds.js';

/**
 * Values are compared as they stand: no case folding, no normalisation (JWT-4, T-24). Strings here are well-formed Unicode on both sides,
 * so that equal strings are equal bytes.
 */
export interface Match {
  readonly kind: MatchKind;
  /** The claim's name; for a tag alone. */
  readonly name: string | null;
  /** Null for `issuer` alone. */
  readonly value: string | null;
}

/** One effect's place: the act that caused it, which is the cutoff for tokens of our own issuer, and the second that it names. */
export interface Slot {
  readonly by: number;
  readonly second: number;
}

/** All that holds for one match. Without any slot it is the tombstone that a lift leaves. */
export interface RevocationState {
  readonly end: Slot | null;
  readonly renew: Slot | null;
  readonly reauthenticate: Slot | null;
  readonly block: Slot | null;
  /** Seconds since the Unix epoch; 2^53 - 1 for what is never forgotten. */
  readonly rememberUntil: number;
}

interface Place {
  readonly position: number;
  /** When it was appended, in seconds since the Unix epoch. */
  readonly at: number;
  readonly issuer: string;
}

/**
 * One entry of the log. Last position wins, so applying is idempotent. What this version does not understand makes the verifier too old,
 * loudly: an `unknown` kind of entry or match, of which nothing can be applied, or an unknown effect beside those of `state`.
 */
export type LogEntry = Place & (
  | { readonly kind: 'state'; readonly match: Match; readonly state: RevocationState; readonly hasUnknownEffect?: boolean }
  | { readonly kind: 'issuer'; readonly record: string | null }
  | { readonly kind: 'key'; readonly keyId: string; readonly record: string | null }
  | { readonly kind: 'mark' | 'unknown' });

/** Whether this version understands all of an entry. Only such an entry has canonical bytes. */
export function isUnderstood(entry: LogEntry): boolean {
  return entry.kind === 'state' ? entry.hasUnknownEffect !== true : entry.kind !== 'unknown';
}

/** The end of a log: which, where, and what the chain says. The chain is null where it cannot be computed. */
export interface LogHead {
  readonly epoch: string;
  readonly position: number;
  readonly chain: string | null;
}

/** The slot that stays when two meet: the later second, then the later act. */
export function laterSlot(left: Slot | null, right: Slot | null): Slot | null {
  if (left === null || right === null) return left ?? right;
  const rightWins = left.second === right.second ? right.by > left.by : right.second > left.second;
  return rightWins ? right : left;
}
