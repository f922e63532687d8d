import { laterSlot, type RevocationState, type Slot } from '../log/entry.js';
import { limitsFor, type IssuerRecord } from '../log/issuer-record.js';
import { endsUnconditionally, textMatches, type MatchKind } from '../log/kinds.js';
import type { OfIssuer, RevocationSet } from '../replication/revocation-set.js';
import type { TokenFacts } from '../tokens/facts.js';

/** What the map says of one token, gathered over every match and every log before the clock is read. 0 is no act. */
export interface Findings {
  keyBy: number;
  endBy: number;
  renewBy: number;
  block: Slot | null;
  reauthenticate: Slot | null;
}

export function gather(facts: TokenFacts, record: IssuerRecord, sets: readonly RevocationSet[]): Findings {
  const findings: Findings = { keyBy: 0, endBy: 0, renewBy: 0, block: null, reauthenticate: null };
  for (const set of sets) {
    const of = set.of(facts.issuer);
    if (of !== undefined) look(findings, facts, record, of);
  }
  return findings;
}

function look(findings: Findings, facts: TokenFacts, record: IssuerRecord, of: OfIssuer): void {
  for (const { kind, textOf } of textMatches) lookAt(findings, facts, record, of, kind, textOf(facts));
  if (!of.hasTags) return;
  for (const [name, values] of facts.tags) {
    const states = of.tag(name);
    if (states === undefined) continue;
    for (const value of values) {
      const state = states.get(value);
      if (state !== undefined) take(findings, facts, record, 'tag', state);
    }
  }
}

// Not a closure: this runs for each kind at each request, and a look that finds nothing should leave nothing behind.
function lookAt(
  findings: Findings, facts: TokenFacts, record: IssuerRecord, of: OfIssuer, kind: MatchKind, value: string | null,
): void {
  const state = value === null ? undefined : of.find(kind, value);
  if (state !== undefined) take(findings, facts, record, kind, state);
}

function take(findings: Findings, facts: TokenFacts, record: IssuerRecord, kind: MatchKind, state: RevocationState): void {
  const { end, renew, reauthenticate, block } = state;
  if (end !== null && (endsUnconditionally(kind) || isBefore(facts, record, end))) {
    findings.endBy = Math.max(findings.endBy, end.by);
    if (kind === 'key') findings.keyBy = Math.max(findings.keyBy, end.by);
  }
  if (renew !== null && isBefore(facts, record, renew)) findings.renewBy = Math.max(findings.renewBy, renew.by);
  if (reauthenticate !== null && isLoginBefore(facts, record, reauthenticate)) {
    findings.reauthenticate = laterSlot(findings.reauthenticate, reauthenticate);
  }
  findings.block = laterSlot(findings.block, block);
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
