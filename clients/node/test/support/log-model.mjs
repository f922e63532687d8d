import { nextChain, startChain } from '../../dist/lib/log/codec.js';
import { issuerEntry, vectors } from './vectors.mjs';

const never = Number.MAX_SAFE_INTEGER;

/** A log as an Authority keeps it, with its answers and its snapshot. */
export class LogModel {
  #heads;
  #position = 1_767_225_600_000_000;

  constructor(record = vectors('verdicts').records.own_long) {
    this.issuer = record.issuer;
    this.restart('e-1');
    this.append(issuerEntry(record, this.#next()));
  }

  get head() {
    return this.#heads.at(-1);
  }

  /** A new, empty log. */
  restart(epoch) {
    this.epoch = epoch;
    this.entries = [];
    this.#heads = [{ position: 0, chain: startChain(epoch) }];
  }

  /** Begins a new epoch with all but the last entries, as after a backup was put back; returns what was lost. */
  restore(lost) {
    const kept = this.entries.slice(0, Math.max(1, this.entries.length - lost));
    const gone = this.entries.slice(kept.length);
    this.restart(`e-${Number(this.epoch.slice(2)) + 1}`);
    for (const entry of kept) this.append(entry);
    return gone;
  }

  append(entry) {
    this.entries.push(entry);
    this.#heads.push({ position: entry.position, chain: nextChain(this.head.chain, entry) ?? startChain('newer') });
  }

  /** Ends everything of a subject, or takes that back. */
  end(subject, second, isLift = false) {
    const position = this.#next();
    this.append({
      kind: 'state', position, at: second, issuer: this.issuer, match: { kind: 'subject', name: null, value: subject },
      state: { end: isLift ? null : { by: position, second }, renew: null, reauthenticate: null, block: null, rememberUntil: never },
    });
    return position;
  }

  /** What a node answers that knows the first `known` entries. */
  answer({ epoch, after, chain, nonce }, second, heldMs, known = this.entries.length, most = 10_000) {
    if (epoch !== this.epoch) return 'gone';
    const at = this.#heads.findIndex(({ position }) => position === after);
    if (at < 0 || at > known || (chain !== null && chain !== this.#heads[at].chain)) return 'conflict';
    const last = Math.min(known, at + most);
    return {
      epoch, after, nonce, now: second, heldMs, ageMs: 0, paceMs: 5, chain: this.#heads[last].chain, head: this.#heads[known].position,
      entries: this.entries.slice(at, last), more: last < known,
    };
  }

  snapshotInto(builder, second) {
    const { position: head, chain } = this.head;
    builder.add({ header: { epoch: this.epoch, head, nonce: null, now: second, heldMs: 0, ageMs: 0, paceMs: 0, chain } });
    const latest = new Map(this.entries.map((entry) => [JSON.stringify([entry.kind, entry.issuer, entry.match ?? entry.keyId]), entry]));
    for (const entry of latest.values()) builder.add({ entry });
    builder.add({ end: latest.size });
  }

  #next() {
    return ++this.#position;
  }
}
