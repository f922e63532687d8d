import { laterSlot, type RevocationState, type Slot } from '../log/entry.js';
import { limitsFor, type IssuerRecord } from '../log/issuer-record.js';
import { endsUnconditionally, textMatches, type MatchKind } from '../log/kinds.js';
import { isFromTheFuture, reaching, type FrozenMap } from '../replication/frozen-map.js';
import type { OfIssuer, RevocationSet } from '../replication/revocation-set.js';
import type { TokenFacts } from '../tokens/facts.js';

/** What the map says of one token, gathered over every match and every log before the clock is read. 0 is no act. */
export interface Findings {
  keyBy: number;
  endBy: number;
  renewBy: number;
  block: Slot | null;
  reauthenticate: Slot | null;
  /** The map that is looked at, if it is one of an older log. */
  frozen: FrozenMap | null;
  /** What the present log holds under the issuer. */
  readonly present: OfIssuer | undefined;
}

/** The map of the present log and those of older ones. */
export interface Maps {
  readonly set: RevocationSet;
  readonly frozen: readonly FrozenMap[];
}

export function gather(facts: TokenFacts, record: IssuerRecord, { set, frozen }: Maps): Findings {
  const present = set.of(facts.issuer);
  const findings: Findings = { keyBy: 0, endBy: 0, renewBy: 0, block: null, reauthenticate: null, frozen: null, present };
  look(findings, facts, record, present);
  for (const older of frozen) {
    findings.frozen = older;
    look(findings, facts, record, older.set.of(facts.issuer));
  }
  return findings;
}

function look(findings: Findings, facts: TokenFacts, record: IssuerRecord, of: OfIssuer | undefined): void {
  if (of === undefined) return;
  for (const { kind, textOf } of textMatches) lookAt(findings, facts, record, of, kind, textOf(facts));
  if (!of.hasTags) return;
  for (const [name, values] of facts.tags) {
    const states = of.tag(name);
    if (states === undefined) continue;
    for (const value of values) {
      const state = states.get(value);
      if (state !== undefined) take(findings, facts, record, 'tag', state, findings.present?.tag(name)?.get(value));
    }
  }
}

// Not a closure: this runs for each kind at each request, and a look that finds nothing should leave nothing behind.
function lookAt(
  findings: Findings, facts: TokenFacts, record: IssuerRecord, of: OfIssuer, kind: MatchKind, value: string | null,
): void {
  const state = value === null ? undefined : of.find(kind, value);
  if (state !== undefined) take(findings, facts, record, kind, state, findings.present?.find(kind, value as string));
}

// `present` is what the present log says of the same match.
function take(
  findings: Findings, facts: TokenFacts, record: IssuerRecord, kind: MatchKind, state: RevocationState, present: RevocationState | undefined,
): void {
  const { end, renew, reauthenticate, block } = state;
  const { frozen } = findings;
  if (end !== null && (endsUnconditionally(kind) || isBefore(facts, record, reaching(frozen, end, record.own, facts.logPosition)))) {
    findings.endBy = Math.max(findings.endBy, end.by);
    if (kind === 'key') findings.keyBy = Math.max(findings.keyBy, end.by);
  }
  if (renew !== null && isBefore(facts, record, reaching(frozen, renew, record.own, facts.logPosition))) {
    findings.renewBy = Math.max(findings.renewBy, renew.by);
  }
  if (reauthenticate !== null && !isDatedAnew(findings, facts, record, reauthenticate, present)) {
    const login = reaching(frozen, reauthenticate, record.own, facts.logPosition);
    if (isLoginBefore(facts, record, login)) findings.reauthenticate = laterSlot(findings.reauthenticate, login);
  }
  findings.block = laterSlot(findings.block, block);
}

// The present log has the act under another date, and our logins: that decides on what is minted under it.
function isDatedAnew(
  { frozen }: Findings, facts: TokenFacts, record: IssuerRecord, cutoff: Slot, present: RevocationState | undefined,
): boolean {
  return record.own && frozen !== null && isFromTheFuture(frozen, cutoff, true, facts.logPosition)
    && present?.reauthenticate?.by === cutoff.by;
}

// Ours: minted under a head below the act, exactly. Foreign: whole seconds of another clock, so inclusive and with its skew (T-1, T-3).
function isBefore(facts: TokenFacts, record: IssuerRecord, cutoff: Slot): boolean {
  if (record.own) return facts.logPosition < cutoff.by;
  if (record.issuedAtAbsent || facts.issuedAt === null) return true;
  return facts.issuedAt <= cutoff.second + limitsFor(record, facts.issuedAt).clockSkew;
}

// A login that nobody dated is too old (SU-7).
function isLoginBefore(facts: TokenFacts, record: IssuerRecord, cutoff: Slot): boolean {
  if (facts.authTime === null) return true;
  return facts.authTime <= cutoff.second + (record.own ? 0 : limitsFor(record, facts.authTime).clockSkew);
}
