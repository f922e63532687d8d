import type { Clock, Moment } from '../clock.js';

/**
 * The moment at which a replica was known to be current: when the request was sent, plus how long the answer was held, less the age of
 * the answering node's knowledge (docs/protocol.md). Never counted from arrival: an answer can be under way for any time, the request
 * cannot have been read before it was sent.
 */
export interface FreshnessProof {
  readonly sent: Moment;
  readonly heldMonotonicMs: number;
  readonly heldWallMs: number;
  readonly ageMs: number;
}

/** The proof in an answer that arrives now. Whatever the server says, it was not held longer than it was away. */
export function proofOf(sent: Moment, heldMs: number, ageMs: number, clock: Clock): FreshnessProof {
  return {
    sent,
    heldMonotonicMs: within(heldMs, clock.monotonicMs() - sent.monotonicMs),
    heldWallMs: within(heldMs, clock.wallMs() - sent.wallMs),
    ageMs: Math.max(0, ageMs),
  };
}

/** How old a proof is, by the clock that ran further: the one stops in a suspension, the other can be set back. */
export function ageOf(proof: FreshnessProof, clock: Clock): number {
  const monotonic = clock.monotonicMs() - proof.sent.monotonicMs - proof.heldMonotonicMs;
  const wall = clock.wallMs() - proof.sent.wallMs - proof.heldWallMs;
  return proof.ageMs + Math.max(0, monotonic, wall);
}

function within(heldMs: number, awayMs: number): number {
  return Math.max(0, Math.min(heldMs, awayMs));
}
