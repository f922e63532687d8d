import { RescindError } from '../errors.js';
import { isUnderstood, type LogEntry, type LogHead } from '../log/entry.js';
import type { SnapshotLine } from '../feeding/wire.js';
import { emptyRegistry, withEntries, type Registry } from './registry.js';
import { RevocationSet } from './revocation-set.js';

/** Builds a replica's map aside from a snapshot; without its last line it is discarded. */
export class SnapshotBuilder {
  /** The follower's own time, in seconds: an entry that is past its date by this and by the Authority's may be left out. Null if nobody knows it. */
  readonly nowSecond: number | null;
  readonly set = new RevocationSet();
  readonly #records: LogEntry[] = [];
  #head: LogHead | null = null;
  #authorityNow = 0;
  #entries = 0;
  #isComplete = false;
  #isTooOld = false;

  constructor(nowSecond: number | null = null) {
    this.nowSecond = nowSecond;
  }

  /** The head that it brings, once it came whole. */
  get head(): LogHead | null {
    return this.#isComplete ? this.#head : null;
  }

  /** The Authority's clock when it was sent. */
  get authorityNow(): number {
    return this.#authorityNow;
  }

  get isTooOld(): boolean {
    return this.#isTooOld;
  }

  get registry(): Registry {
    return withEntries(emptyRegistry, this.#records);
  }

  /** Takes the next line; throws RSC3204 if it may not stand there. */
  add(line: SnapshotLine): void {
    if ('header' in line) {
      if (this.#head !== null) throw notWhole('It has two headers.');
      this.#head = { epoch: line.header.epoch, position: line.header.head, chain: line.header.chain };
      this.#authorityNow = line.header.now;
    } else if (this.#head === null || this.#isComplete) {
      throw notWhole('Its entries stand between its header and its last line.');
    } else if ('entry' in line) {
      this.#take(line.entry);
    } else if (line.end === this.#entries) {
      this.#isComplete = true;
    } else {
      throw notWhole('Its last line does not count its entries.');
    }
  }

  #take(entry: LogEntry): void {
    this.#entries++;
    this.#isTooOld ||= !isUnderstood(entry);
    if (entry.kind === 'state') this.set.apply(entry.issuer, entry.match, entry.state);
    else if (entry.kind !== 'unknown') this.#records.push(entry);
  }
}

function notWhole(why: string): RescindError {
  return new RescindError('RSC3204', `The snapshot is not whole. ${why}`);
}
