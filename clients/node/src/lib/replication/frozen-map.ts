import type { LogHead, Slot } from '../log/entry.js';
import type { RevocationSet } from './revocation-set.js';

/** How far clocks may differ between the Authority and a verifier. */
const clockMarginSeconds = 60;

/**
 * The map of a log that the present one did not continue, judged beside it until time forgets each entry. A clock that was ahead may have dated
 * cutoffs in it later than the moment at which it was frozen. Every act in it came before that moment, so they reach nothing that is surely
 * from after it.
 */
export interface FrozenMap {
  /** Nothing is written to it. */
  readonly set: RevocationSet;
  /** The second at which it was frozen, by the later of our clock and the Authority's. */
  readonly frozenAt: number;
  /** The head under which the next log began: what is minted below it is of the old one, and may have a login of the wrong clock. */
  readonly next: number;
}

/** The map of the log that went up to `last` for us, when `next` is read at `second`, the later of both clocks. */
export function frozenMap(set: RevocationSet, last: LogHead | null, next: LogHead, second: number): FrozenMap {
  // Whoever begins another epoch has corrected the logins of our own sessions, or ended them.
  const beginsAnew = last !== null && next.epoch !== last.epoch && next.position > last.position;
  return { set, frozenAt: second, next: beginsAnew ? next.position : Infinity };
}

/** A cutoff of a map as it reaches a token that was minted under a head; that of the present map reaches as far as it says. */
export function reaching(map: FrozenMap | null, cutoff: Slot, isOwn: boolean, minted: number): Slot {
  return map !== null && isFromTheFuture(map, cutoff, isOwn, minted) ? { by: cutoff.by, second: furthestOf(map, isOwn) } : cutoff;
}

/** Whether a cutoff is dated later than its act can have come, and nothing of the token is from that time. */
export function isFromTheFuture(map: FrozenMap, cutoff: Slot, isOwn: boolean, minted: number): boolean {
  return cutoff.second > furthestOf(map, isOwn) && (!isOwn || minted >= map.next);
}

// Another issuer dates by a clock of its own.
function furthestOf({ frozenAt }: FrozenMap, isOwn: boolean): number {
  return isOwn ? frozenAt : frozenAt + clockMarginSeconds;
}
