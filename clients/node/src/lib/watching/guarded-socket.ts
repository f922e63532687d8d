import { findInInput } from '../app-code.js';
import { RescindError } from '../errors.js';
import { judgeToken } from '../http/protection.js';
import type { Verifier } from '../verifier.js';
import type { CheckOptions, ValidVerdict, Verdict } from '../verdicts/verdict.js';
import { closingOf, unknownLimitMs, type Closing } from './closing.js';
import type { Watch } from './watches.js';

/** What of a `WebSocket` of the package `ws` matters here. */
export interface WebSocketLike {
  send(...message: any[]): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
  emit(event: any, ...values: any[]): boolean;
  once(event: 'close', listener: () => void): unknown;
}

/** How a client puts another token in place of one that is out of date. */
export interface Renewal {
  /** What the client is sent when its token has to be renewed. */
  readonly ask: string;
  /** The token in a message of the client; nothing if the message is not a renewal. Such messages do not reach the app. */
  readonly tokenOf: (data: Buffer, isBinary: boolean) => string | null | undefined;
  /** How long the client may take, in seconds. Nothing is delivered meanwhile. Default 10. */
  readonly margin?: number;
}

const defaultMarginSeconds = 10;

/** A client that does not answer the close, or does not read what was sent before it, is cut off after this (WS-9). */
const closeLimitMs = 2_000;

/** A WebSocket that delivers, in either direction, only while its token is valid. */
export class GuardedSocket {
  readonly #ws: WebSocketLike;
  readonly #send: (...message: unknown[]) => void;
  readonly #renewal: Renewal | null;
  readonly #verifier: Verifier;
  readonly #demand: CheckOptions;
  readonly #watch: Watch;
  #timer: NodeJS.Timeout | null = null;
  #isClosing = false;

  constructor(ws: WebSocketLike, verifier: Verifier, token: string, demand: CheckOptions, renewal: Renewal | null) {
    this.#ws = ws;
    this.#renewal = renewal;
    this.#verifier = verifier;
    this.#demand = demand;
    this.#send = ws.send.bind(ws);
    this.#watch = verifier.watch(token, (verdict) => this.#changed(verdict), demand);
    const emit = ws.emit.bind(ws);
    ws.send = (...message) => this.#deliver(message);
    ws.emit = (event, ...values) => (event === 'message' && !this.#receives(values as [Buffer, boolean]) ? false : emit(event, ...values));
    ws.once('close', () => this.#ended());
    this.#changed(this.#watch.verdict);
  }

  get isOpen(): boolean {
    return !this.#isClosing;
  }

  get verdict(): Verdict {
    return this.#watch.check();
  }

  /** Asks before each message: a look into memory, so that nothing is sent which a revocation has overtaken (T-51). */
  #deliver(message: unknown[]): void {
    const verdict = this.verdict;
    if (this.isOpen && verdict.valid) {
      this.#send(...message);
      return;
    }
    const done = message.at(-1);
    if (typeof done === 'function') queueMicrotask(() => { done(new RescindError('RSC7004')); });
    // What could not be delivered would be a gap that nobody notices: better a client that comes again.
    if (!verdict.valid && verdict.kind === 'unknown') this.#close(verdict);
  }

  /** Whether a message is for the app: from a client whose token is valid, and no renewal. */
  #receives([data, isBinary]: [Buffer, boolean]): boolean {
    if (!this.isOpen) return false;
    const token = findInInput(() => this.#renewal?.tokenOf(data, isBinary));
    if (token === null) return this.verdict.valid;
    judgeToken(this.#verifier, token, this.#demand, (found) => {
      if (!this.isOpen) return;
      const renewed = found.valid ? this.#watch.renew(token) : found;
      // A renewal that came to nothing takes nothing from a client whose present token is good.
      if (renewed.valid || !this.verdict.valid) this.#changed(renewed);
    });
    return false;
  }

  #changed(verdict: Verdict): void {
    if (!this.isOpen) return;
    this.#stopTimer();
    if (verdict.valid) return;
    if (verdict.kind === 'unknown') {
      this.#after(unknownLimitMs, verdict);
    } else if (this.#renewal !== null && (verdict.kind === 'renew' || verdict.kind === 'expired')) {
      this.#send(this.#renewal.ask);
      this.#after((this.#renewal.margin ?? defaultMarginSeconds) * 1000, verdict);
    } else {
      this.#close(verdict);
    }
  }

  /** Ends delivery now, and the connection in its turn. */
  #close(verdict: Exclude<Verdict, ValidVerdict>): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#stopTimer();
    this.#watch.end();
    const delayMs = this.#watch.closeDelayMs();
    if (delayMs === 0) this.#sayGoodbye(closingOf(verdict));
    else this.#timer = setTimeout(() => this.#sayGoodbye(closingOf(verdict)), delayMs).unref();
  }

  #sayGoodbye({ code, reason }: Closing): void {
    this.#ws.close(code, reason);
    this.#timer = setTimeout(() => this.#ws.terminate(), closeLimitMs).unref();
  }

  #after(ms: number, verdict: Exclude<Verdict, ValidVerdict>): void {
    this.#timer = setTimeout(() => this.#close(verdict), ms).unref();
  }

  #ended(): void {
    this.#isClosing = true;
    this.#stopTimer();
    this.#watch.end();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
  }
}
