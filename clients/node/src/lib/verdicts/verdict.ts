import { revocationId } from '../log/position.js';
import type { Token, TokenFacts } from '../tokens/facts.js';
import type { Claims } from '../tokens/plain-claims.js';
import type { Judgement } from './judge.js';

/** Good: the token may be used. */
export interface ValidVerdict {
  readonly kind: 'valid';
  readonly valid: true;
  /** The second since the Unix epoch until when it can hold: the end of the token, of its login, or of the age that was demanded. */
  readonly until: number;
  /** What the token says, under the names that its issuer's record gives. */
  readonly token: Token;
  /** The whole payload. */
  readonly claims: Claims;
}

/**
 * Not good, and that is known (401): taken back, out of date (a refresh gives a good one), past its life, or no token that this verifier
 * takes.
 */
export interface DeadVerdict {
  readonly kind: 'revoked' | 'renew' | 'expired' | 'invalid';
  readonly valid: false;
  /** The act that decided, by the id that explains it; null if none did. */
  readonly revocationId: string | null;
  /** What the token says, if its signature was genuine; for diagnostics. */
  readonly token: Token | null;
}

/** The login behind the token is too old or too weak (401, RFC 9470). */
export interface ReauthenticateVerdict {
  readonly kind: 'reauthenticate';
  readonly valid: false;
  readonly revocationId: string | null;
  readonly token: Token;
  /** How many seconds ago the login may have been; null if that does not matter. */
  readonly maxAge: number | null;
  /** The `acr` values that suffice, the preferred first; empty if that does not matter. */
  readonly acrValues: readonly string[];
}

/** It cannot be told now (503 and Retry-After, never 401): it says nothing against the token. */
export interface UnknownVerdict {
  readonly kind: 'unknown';
  readonly valid: false;
  readonly revocationId: null;
  readonly token: Token | null;
  /** How old the last proof of being current is, in milliseconds; Infinity without one. */
  readonly ageMs: number;
  /**
   * In how many seconds more can be known, where the issuer's keys have to be asked for the one that the token names. `checkAsync` waits for
   * that a little.
   */
  readonly retryAfter?: number;
}

/** What a verifier says of a token. Anything but `valid` refuses. */
export type Verdict = ValidVerdict | DeadVerdict | ReauthenticateVerdict | UnknownVerdict;

/** What a route demands of a token beyond being valid. */
export interface CheckOptions {
  /** How old the replica may be, in seconds; at most the bound of the verifier, which is the default. */
  readonly maxStaleness?: number;
  /** How many seconds ago the login may have been (RFC 9470); a token without `auth_time` is too old. */
  readonly maxAge?: number;
  /** Values of the claim `acr`, the preferred first; any one suffices. */
  readonly acr?: readonly string[];
}

export const invalidVerdict: DeadVerdict = Object.freeze({ kind: 'invalid', valid: false, revocationId: null, token: null });

export function unknownVerdict(ageMs: number, token: Token | null = null): UnknownVerdict {
  return { kind: 'unknown', valid: false, revocationId: null, token, ageMs };
}

/** Unknown because of the token's key alone. */
export function awaitsKeys(verdict: Verdict): verdict is UnknownVerdict {
  return verdict.kind === 'unknown' && verdict.retryAfter !== undefined;
}

/**
 * The verdict on a genuine token: what was judged, and then, only if it is valid, so that a stranger does not learn what is demanded
 * (SU-5), what the route demands of the login.
 */
export function verdictOf(judgement: Judgement, token: TokenFacts, claims: Claims, demand: CheckOptions, now: number): Verdict {
  switch (judgement.kind) {
    case 'valid':
      return loginSuffices(token, demand, now)
        ? { kind: 'valid', valid: true, until: Math.min(judgement.until, agedAt(token, demand)), token, claims }
        : reauthenticate(null, token, null, demand);
    case 'reauthenticate':
      return reauthenticate(revocationId(judgement.by), token, Math.max(0, now - judgement.after - 1), demand);
    case 'unknown':
      return unknownVerdict(judgement.ageMs, token);
    default:
      return { kind: judgement.kind, valid: false, revocationId: 'by' in judgement ? revocationId(judgement.by) : null, token };
  }
}

// max_age is an allowable time since the login: one exactly that old suffices. None counts as too old (SU-7).
function loginSuffices({ authTime, acr }: Token, demand: CheckOptions, now: number): boolean {
  const isYoung = demand.maxAge === undefined || (authTime !== null && authTime >= now - demand.maxAge);
  return isYoung && (demand.acr === undefined || (acr !== null && demand.acr.includes(acr)));
}

/** The second at which a login that suffices will be too old for a demand. */
function agedAt({ authTime }: Token, { maxAge }: CheckOptions): number {
  return maxAge === undefined || authTime === null ? Infinity : Math.floor(authTime + maxAge) + 1;
}

// All that is demanded at once, so that one login is enough (SU-1).
function reauthenticate(by: string | null, token: Token, since: number | null, { maxAge, acr }: CheckOptions): ReauthenticateVerdict {
  const ages = [since, maxAge ?? null].filter((age) => age !== null);
  const strictest = ages.length === 0 ? null : Math.min(...ages);
  return { kind: 'reauthenticate', valid: false, revocationId: by, token, maxAge: strictest, acrValues: acr ?? [] };
}
