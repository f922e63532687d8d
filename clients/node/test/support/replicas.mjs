import { proofOf } from '../../dist/lib/replication/freshness-proof.js';
import { Replica } from '../../dist/lib/replication/replica.js';
import { momentOf } from '../../dist/lib/clock.js';

/** A replica that is ready, holds `entries`, and was proved current `ageMs` ago; null is never. */
export function replicaOf(clock, entries, ageMs = 0) {
  const replica = new Replica(clock);
  replica.apply(entries, { epoch: 'e', position: entries.at(-1)?.position ?? 0, chain: null });
  if (ageMs !== null) {
    replica.prove(proofOf(momentOf(clock), 0, ageMs, clock), clock.second);
    replica.becomeReady();
  }
  return replica;
}
