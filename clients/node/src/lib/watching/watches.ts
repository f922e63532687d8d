import { tellApp } from '../app-code.js';
import type { ConnectionCounts } from '../feeding/request.js';
import type { LogEntry } from '../log/entry.js';
import type { TokenFacts } from '../tokens/facts.js';
import { invalidVerdict, unknownVerdict, type CheckOptions, type Verdict } from '../verdicts/verdict.js';
import type { GenuineToken } from '../tokens/reader.js';
import type { CloseTimes } from './close-times.js';
import { WatchIndex, type Watcher } from './watch-index.js';

/** How often connections are looked at at least for what no entry says: an expiry, a replica that has grown stale. */
const tickMs = 250;

/** A watched connection: it learns at once when the verdict on its token is no longer what it was. */
export interface Watch {
  /** The verdict at the start. Anything but valid: do not let it in. */
  readonly verdict: Verdict;
  /** The verdict now. Ask before each delivery: it is a look into memory. One that is not the last that was told is told. */
  check(): Verdict;
  /**
   * Takes another token of the same person and session in place of the present one, if it is valid, and returns the verdict on it. Another login
   * is another session, and opens a connection of its own; a token that names neither has no successor.
   */
  renew(token: unknown): Verdict;
  /**
   * How many milliseconds to wait before the connection is closed, once its delivery has stopped: nothing for what one person has open; in a
   * crowd each gets its turn. Ask once for each close: receipts count them by it.
   */
  closeDelayMs(): number;
  /** Stops watching. Call it when the connection closes. */
  end(): void;
}

/** What reading a token came to. */
export type Read = GenuineToken | 'unknown' | 'invalid';

/** What watching needs of a verifier. */
export interface Judging {
  read(token: unknown): Read;
  judge(read: Read, options: CheckOptions): Verdict;
  wallMs(): number;
  /** How old the replica is. */
  ageMs(): number;
  limitMs(options: CheckOptions): number;
}

interface Connection extends Watcher {
  facts: TokenFacts;
  /** Judges again, and tells of a verdict that is not the last one told. */
  look(): Verdict;
}

/** The connections that are watched, and the one timer that they share. */
export class Watches {
  readonly #judging: Judging;
  readonly #closeTimes: CloseTimes;
  readonly #index = new WatchIndex<Connection>();
  #timer: NodeJS.Timeout | null = null;
  #closed = 0;
  #hasWatched = false;
  #smallestLimitMs = Infinity;
  #isUnsure = false;

  constructor(judging: Judging, closeTimes: CloseTimes) {
    this.#judging = judging;
    this.#closeTimes = closeTimes;
  }

  /** Null while nothing was ever watched. */
  get counts(): ConnectionCounts | null {
    return this.#hasWatched ? { live: this.#index.size, closed: this.#closed } : null;
  }

  /** Registers first and judges then, so that nothing which arrives in between is missed (T-52). */
  watch(text: unknown, changed: (verdict: Verdict) => void, options: CheckOptions): Watch {
    const read = this.#judging.read(text);
    if (typeof read === 'string') return idleWatch(this.#judging.judge(read, options));
    let token = read;
    let told: Verdict['kind'] | null = null;
    let isOver = false;
    let wasGood = false;
    const connection: Connection = {
      facts: token.facts,
      look: () => {
        const verdict = this.#judge(token, options, wasGood);
        wasGood ||= verdict.valid;
        if (verdict.valid) this.#index.lookAt(connection, verdict.until);
        else if (verdict.kind === 'unknown') this.#isUnsure = true;
        const isNews = told !== null && told !== verdict.kind && !isOver;
        told = verdict.kind;
        if (isNews) tellApp(() => changed(verdict));
        return verdict;
      },
    };
    this.#add(connection, options);
    const verdict = connection.look();
    const renew = (another: unknown): Verdict => {
      const [next, answer] = this.#readNext(another, token, options);
      if (next === null || isOver) return answer;
      this.#remove(connection);
      token = next;
      connection.facts = next.facts;
      this.#add(connection, options);
      return connection.look();
    };
    return {
      verdict, renew,
      check: () => connection.look(),
      closeDelayMs: () => {
        this.#closed++;
        return this.#closeTimes.delayMs();
      },
      end: () => {
        isOver = true;
        this.#remove(connection);
      },
    };
  }

  /** Looks again at those whom these entries may touch. */
  applied(entries: readonly LogEntry[] | null): void {
    for (const connection of this.#index.touchedBy(entries)) connection.look();
  }

  /** Stops watching everybody. */
  close(): void {
    for (const connection of this.#index.all()) this.#remove(connection);
  }

  /** If a token that was good is from the future by now the clock was set back: until that is right nobody can tell. */
  #judge(token: GenuineToken, options: CheckOptions, wasGood: boolean): Verdict {
    const verdict = this.#judging.judge(token, options);
    return wasGood && verdict.kind === 'invalid' && isFromTheFuture(token.facts, this.#judging.wallMs() / 1000)
      ? unknownVerdict(this.#judging.ageMs(), token.facts)
      : verdict;
  }

  #add(connection: Connection, options: CheckOptions): void {
    this.#index.add(connection);
    this.#hasWatched = true;
    this.#smallestLimitMs = Math.min(this.#smallestLimitMs, this.#judging.limitMs(options));
    if (this.#timer === null) this.#arm();
  }

  #remove(connection: Connection): void {
    this.#index.remove(connection);
    if (this.#index.size > 0 || this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** The token that takes the place of another, or the verdict why it does not. */
  #readNext(text: unknown, { facts }: GenuineToken, options: CheckOptions): [GenuineToken, Verdict] | [null, Verdict] {
    const next = this.#judging.read(text);
    const verdict = this.#judging.judge(next, options);
    if (typeof next === 'string' || !verdict.valid) return [null, verdict];
    return isOfTheSame(next.facts, facts) ? [next, verdict] : [null, invalidVerdict];
  }

  #tick(): void {
    for (const connection of this.#index.due(Math.floor(this.#judging.wallMs() / 1000))) connection.look();
    // Staleness concerns everybody, and so does its end; as long as everybody is known nobody is looked at for it.
    const isStale = !(this.#judging.ageMs() <= this.#smallestLimitMs);
    const wasUnsure = this.#isUnsure;
    this.#isUnsure = isStale;
    if (isStale || wasUnsure) for (const connection of this.#index.all()) connection.look();
    this.#arm();
  }

  /** Comes back just after the next second begins or the bound is reached: what is over is not delivered to for longer. */
  #arm(): void {
    const toStale = this.#smallestLimitMs - this.#judging.ageMs();
    const toSecond = 1000 - (this.#judging.wallMs() % 1000);
    const delayMs = Math.min(tickMs, toSecond, toStale >= 0 ? toStale : tickMs);
    // A listener that was told may have armed it already, by watching another connection.
    clearTimeout(this.#timer ?? undefined);
    this.#timer = this.#index.size === 0 ? null : setTimeout(() => this.#tick(), delayMs + 1).unref();
  }
}

function isFromTheFuture({ issuedAt, notBefore, authTime }: TokenFacts, second: number): boolean {
  return [issuedAt, notBefore, authTime].some((instant) => instant !== null && instant > second);
}

function isOfTheSame(next: TokenFacts, { issuer, subject, sessionId }: TokenFacts): boolean {
  const isNamed = subject !== null || sessionId !== null;
  return isNamed && next.issuer === issuer && next.subject === subject && next.sessionId === sessionId;
}

function idleWatch(verdict: Verdict): Watch {
  return { verdict, check: () => verdict, renew: () => verdict, closeDelayMs: () => 0, end: () => {} };
}
