import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { findInInput, tellApp } from '../app-code.js';
import { RescindError } from '../errors.js';
import { judgeToken } from '../http/protection.js';
import type { Verifier } from '../verifier.js';
import type { CheckOptions, ValidVerdict, Verdict } from '../verdicts/verdict.js';
import type { BacklogBounds } from './backlog.js';
import { closingOf, unknownLimitMs, unreadClosing, type Closing } from './closing.js';
import { FrameGate } from './frame-gate.js';
import { KeptMessages } from './kept-messages.js';
import type { Watch } from './watches.js';

/** What of a `WebSocket` of the package `ws` matters here. */
export interface WebSocketLike {
  readonly isPaused: boolean;
  send(...message: any[]): void;
  ping(...message: any[]): void;
  pong(...message: any[]): void;
  resume(): void;
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
  /** How long the client may take, in seconds. What either end sends meanwhile waits. Default 10. */
  readonly margin?: number;
}

const defaultMarginSeconds = 10;

/** A client that does not answer the close, or does not read what was sent before it, is cut off after this (WS-9). */
const closeLimitMs = 2_000;

/** The code of a connection that ended without a close. */
const lost = 1006;

/** What the sockets of one server have in common. */
export interface Guarding {
  readonly verifier: Verifier;
  readonly demand: CheckOptions;
  readonly renewal: Renewal | null;
  readonly bounds: BacklogBounds;
}

/**
 * A WebSocket that delivers, in either direction, only while its token is valid. While that is out of date and may be renewed, or cannot be
 * told, messages wait, a bounded number of them; none is lost without the connection ending.
 */
export class GuardedSocket {
  readonly #ws: WebSocketLike;
  readonly #emit: WebSocketLike['emit'];
  readonly #gate: FrameGate;
  readonly #kept: KeptMessages;
  readonly #renewal: Renewal | null;
  readonly #verifier: Verifier;
  readonly #demand: CheckOptions;
  readonly #watch: Watch;
  #kind: Verdict['kind'] = 'valid';
  #heldMs: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isClosing = false;
  #closing: Closing | null = null;

  constructor(ws: WebSocketLike, socket: Duplex, token: string, { verifier, demand, renewal, bounds }: Guarding) {
    this.#ws = ws;
    this.#renewal = renewal;
    this.#verifier = verifier;
    this.#demand = demand;
    this.#kept = new KeptMessages(bounds);
    this.#gate = new FrameGate(socket, bounds, () => this.#closeFull());
    this.#watch = verifier.watch(token, (verdict) => this.#changed(verdict), demand);
    this.#emit = ws.emit.bind(ws);
    for (const name of ['send', 'ping', 'pong'] as const) {
      const send = ws[name].bind(ws);
      ws[name] = (...message) => (this.#mayMove() ? send(...message) : refuse(message.at(-1)));
    }
    ws.emit = (event, ...values) => this.#receives(event, values);
    this.#followPings();
    this.#followPauses();
    const prototype = Object.getPrototypeOf(ws) as object;
    Object.defineProperty(ws, 'bufferedAmount', { get: () => Reflect.get(prototype, 'bufferedAmount', ws) as number + this.#gate.waitingBytes });
    ws.once('close', () => this.#ended());
    this.#changed(this.#watch.verdict);
  }

  get isOpen(): boolean {
    return !this.#isClosing;
  }

  get verdict(): Verdict {
    const verdict = this.#watch.check();
    this.#changed(verdict);
    return verdict;
  }

  /** Asked before each message: a look into memory, so that none goes on its way which a revocation has overtaken (T-51). */
  #mayMove(): boolean {
    void this.verdict;
    return this.isOpen;
  }

  /** What `ws` tells the app, as far as it is for the app, now. */
  #receives(event: string, values: readonly any[]): boolean {
    switch (event) {
      case 'message': return this.#takes(values[0], values[1]) && this.#emit(event, ...values);
      case 'ping': case 'pong': return this.#mayMove() && this.#isHeard(event, values[0]) && this.#emit(event, ...values);
      case 'close': return this.#emit(event, ...this.#endOf(values[0], values[1]));
      default: return this.#emit(event, ...values);
    }
  }

  /** Whether a message is for the app, now: from a client whose token is valid, and no renewal. */
  #takes(data: Buffer, isBinary: boolean): boolean {
    if (!this.isOpen) return false;
    const token = findInInput(() => this.#renewal?.tokenOf(data, isBinary));
    if (token !== null) {
      this.#renew(token);
      return false;
    }
    return this.#mayMove() && this.#isOnTime('message', data, isBinary);
  }

  // An empty one says only that the client lives.
  #isHeard(event: 'ping' | 'pong', payload: Buffer): boolean {
    return payload.length === 0 || this.#isOnTime(event, payload);
  }

  /** Keeps what comes while the connection is held, or behind what was kept. */
  #isOnTime(...message: Parameters<KeptMessages['add']>[0]): boolean {
    if (this.#kind === 'valid' && this.#kept.count === 0) return true;
    this.#kept.add(message);
    // What an app has paused sends no more than was read already.
    if (this.#heldMs !== null && this.#kept.isTooMuch) this.#closeFull();
    return false;
  }

  /** How it ended, for the app: without the words of a client whose token is not valid. */
  #endOf(code: number, reason: Buffer): [code: number, reason: Buffer] {
    if (this.#closing !== null && code !== lost) return [this.#closing.code, Buffer.from(this.#closing.reason)];
    return [code, this.#kind === 'valid' ? reason : Buffer.alloc(0)];
  }

  // Before `ws` answers by itself.
  #followPings(): void {
    const { _receiver: receiver } = this.#ws as { _receiver?: EventEmitter };
    receiver?.prependListener('ping', (payload: Buffer) => this.#gate.pinged(payload));
  }

  #followPauses(): void {
    const resume = this.#ws.resume.bind(this.#ws);
    this.#ws.resume = () => {
      resume();
      process.nextTick(() => this.#deliver());
    };
  }

  #renew(token: string): void {
    judgeToken(this.#verifier, token, this.#demand, (found) => {
      if (!this.isOpen) return;
      const renewed = found.valid ? this.#watch.renew(token) : found;
      if (renewed.valid) this.#changed(renewed);
      // A renewal that came to nothing takes nothing from a client whose present token is good.
      else if (!this.verdict.valid && this.isOpen) this.#refuse(renewed);
    });
  }

  #refuse(verdict: Exclude<Verdict, ValidVerdict>): void {
    if (this.#patienceMs(verdict) === null) this.#close(closingOf(verdict));
    else this.#ask(verdict);
  }

  #changed(verdict: Verdict): void {
    if (!this.isOpen || verdict.kind === this.#kind) return;
    this.#kind = verdict.kind;
    this.#stopTimer();
    if (verdict.valid) this.#release();
    else this.#hold(verdict);
  }

  #hold(verdict: Exclude<Verdict, ValidVerdict>): void {
    const patienceMs = this.#patienceMs(verdict);
    if (patienceMs === null) {
      this.#close(closingOf(verdict));
      return;
    }
    const nowMs = performance.now();
    this.#heldMs ??= nowMs;
    this.#gate.hold();
    this.#ask(verdict);
    this.#timer = setTimeout(() => this.#giveUp(), Math.max(0, this.#heldMs + patienceMs - nowMs)).unref();
  }

  // What made it wait may have passed without a sign: a clock that was wrong.
  #giveUp(): void {
    const { verdict } = this;
    if (!verdict.valid) this.#close(closingOf(verdict));
  }

  #release(): void {
    this.#heldMs = null;
    this.#gate.open();
    this.#deliver();
  }

  /** Gives the app what was kept, as long as it takes it. */
  #deliver(): void {
    while (this.#kept.count > 0 && !this.#ws.isPaused && this.#mayMove() && this.#kind === 'valid') {
      const message = this.#kept.take();
      tellApp(() => this.#emit(...message));
    }
  }

  /** For how long a connection may be held; null if it ends. */
  #patienceMs({ kind }: Verdict): number | null {
    if (kind === 'unknown') return unknownLimitMs;
    const isRenewable = this.#renewal !== null && (kind === 'renew' || kind === 'expired');
    return isRenewable ? (this.#renewal.margin ?? defaultMarginSeconds) * 1000 : null;
  }

  #ask({ kind }: Verdict): void {
    if (this.#renewal !== null && kind !== 'unknown') this.#gate.say(this.#renewal.ask);
  }

  // Better a client that comes again than a gap that nobody notices.
  #closeFull(): void {
    const isHeld = this.#heldMs !== null;
    const { verdict } = this;
    if (!verdict.valid) this.#close(closingOf(verdict));
    else if (!isHeld) this.#close(unreadClosing);
  }

  /** Ends delivery now, and the connection in its turn. */
  #close(closing: Closing): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#closing = closing;
    this.#stopTimer();
    this.#gate.shut();
    this.#kept.clear();
    this.#watch.end();
    const delayMs = this.#watch.closeDelayMs();
    if (delayMs === 0) this.#sayGoodbye(closing);
    else this.#timer = setTimeout(() => this.#sayGoodbye(closing), delayMs).unref();
  }

  #sayGoodbye({ code, reason }: Closing): void {
    this.#gate.close(code, reason);
    this.#ws.close(code, reason);
    this.#timer = setTimeout(() => this.#ws.terminate(), closeLimitMs).unref();
  }

  #ended(): void {
    this.#isClosing = true;
    this.#stopTimer();
    this.#gate.end();
    this.#kept.clear();
    this.#watch.end();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
  }
}

function refuse(done: unknown): void {
  if (typeof done === 'function') queueMicrotask(() => { done(new RescindError('RSC7004')); });
}
