import type { Clock } from '../clock.js';
import { limitsFor, type IssuerRecord } from '../log/issuer-record.js';
import type { Replica } from '../replication/replica.js';
import type { TokenFacts } from '../tokens/facts.js';
import { gather, type Findings } from './findings.js';

/** What the replica says of a token. Anything but `valid` refuses. */
export type Judgement =
  /** `until`: the second of the token's own end or that of its login, whichever comes first. */
  | { readonly kind: 'valid'; readonly until: number }
  | { readonly kind: 'revoked' | 'renew'; readonly by: number }
  /** The login must be after the second `after`. */
  | { readonly kind: 'reauthenticate'; readonly by: number; readonly after: number }
  | { readonly kind: 'expired' | 'invalid' }
  | { readonly kind: 'unknown'; readonly ageMs: number };

/**
 * Judges a token whose signature is verified, by a replica that is at most `maxStalenessMs` old. Precedence: expired and invalid, revoked
 * (key, block, end), reauthenticate, renew, unknown, valid; so a stale verifier still refuses with 401 what it knows to be dead.
 */
export function judge(replica: Replica, facts: TokenFacts, maxStalenessMs: number, clock: Clock): Judgement {
  const record = replica.findIssuer(facts.issuer);
  if (record === undefined) return { kind: 'unknown', ageMs: ageOf(replica) };
  const findings = gather(facts, record, replica);
  const now = Math.floor(clock.wallMs() / 1000);
  // Without iat a token counts as one from before every change of the limits.
  const expires = facts.expiresAt + limitsFor(record, facts.issuedAt ?? 0).leeway;
  if (now >= expires) return { kind: 'expired' };
  if (breaksItsIssuersRules(facts, record, now)) return { kind: 'invalid' };

  const dead = found(findings, now);
  if (dead !== null) return dead;
  const ageMs = ageOf(replica);
  // Written so that a bound which is no number refuses.
  return ageMs <= maxStalenessMs ? { kind: 'valid', until: Math.min(expires, loginEnds(facts, record)) } : { kind: 'unknown', ageMs };
}

/** The second after which the login is older than its issuer's sessions get, though the token may still have time. */
function loginEnds({ authTime }: TokenFacts, record: IssuerRecord): number {
  if (authTime === null) return Infinity;
  const { leeway, maxSessionLifetime } = limitsFor(record, authTime);
  return maxSessionLifetime === null ? Infinity : authTime + maxSessionLifetime + leeway + 1;
}

function ageOf(replica: Replica): number {
  return replica.isReady ? replica.ageMs() : Infinity;
}

function found({ keyBy, endBy, renewBy, block, reauthenticate }: Findings, now: number): Judgement | null {
  if (keyBy !== 0) return { kind: 'revoked', by: keyBy };
  if (block !== null && now < block.second) return { kind: 'revoked', by: block.by };
  if (endBy !== 0) return { kind: 'revoked', by: endBy };
  if (reauthenticate !== null) return { kind: 'reauthenticate', by: reauthenticate.by, after: reauthenticate.second };
  return renewBy === 0 ? null : { kind: 'renew', by: renewBy };
}

// What lives longer than declared would outlive its revocation (G6); what is from the future would defeat cutoffs (JWT-9).
function breaksItsIssuersRules(facts: TokenFacts, record: IssuerRecord, now: number): boolean {
  const { leeway, maxTokenLifetime } = limitsFor(record, facts.issuedAt ?? 0);
  const { leeway: loginLeeway, maxSessionLifetime } = limitsFor(record, facts.authTime ?? now);
  const latest = now + leeway;
  return isAfter(facts.issuedAt, latest) || isAfter(facts.notBefore, latest) || isAfter(facts.authTime, latest)
    || (maxTokenLifetime !== null && facts.expiresAt - (facts.issuedAt ?? now) > maxTokenLifetime)
    || (maxSessionLifetime !== null && facts.authTime !== null && now - facts.authTime > maxSessionLifetime + loginLeeway);
}

function isAfter(instant: number | null, latest: number): boolean {
  return instant !== null && instant > latest;
}
