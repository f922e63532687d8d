import type { Duplex } from 'node:stream';
import { RescindError } from '../errors.js';
import { isTooMuch, type BacklogBounds } from './backlog.js';

type Done = (failure?: Error | null) => void;

/** A frame as `ws` writes it: the bytes that introduce it, then its payload if it has one (RFC 6455 section 5.2; a server masks nothing). */
interface Frame {
  readonly head: Uint8Array;
  readonly payload: Uint8Array | string | null;
  done: Done | null;
  readonly opcode: number;
}

const finalBit = 0x80;
const opcodeBits = 0x0f;
const lengthBits = 0x7f;
const text = 0x1;
const close = 0x8;
const pong = 0xa;

/**
 * The way out of a WebSocket, between the package `ws` and the network. What the network does not take yet, and what was still being compressed,
 * waits here and not in a buffer of the socket: it can be held, and thrown away once the connection is shut.
 */
export class FrameGate {
  readonly #socket: Duplex;
  readonly #write: (chunk: Uint8Array | string, done?: Done) => boolean;
  readonly #bounds: BacklogBounds;
  readonly #full: () => void;
  #standing: 'open' | 'held' | 'shut' | 'over' = 'open';
  #waiting: Frame[] = [];
  #waitingBytes = 0;
  #movedMs = 0;
  #inFlight = 0;
  #head: Uint8Array | null = null;
  #isMidMessage = false;
  #word: Frame | null = null;
  #ping = Buffer.alloc(0);

  /** `full` is told when more waits than may: the connection is held, or its client takes nothing. */
  constructor(socket: Duplex, bounds: BacklogBounds, full: () => void) {
    this.#socket = socket;
    this.#bounds = bounds;
    this.#write = socket.write.bind(socket);
    this.#full = full;
    socket.write = (chunk: Uint8Array, ...rest: readonly unknown[]) => {
      this.#take(chunk, rest.at(-1));
      return true;
    };
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Lets nothing go until it is opened again but the rest of a message that was begun. */
  hold(): void {
    this.#standing = 'held';
  }

  open(): void {
    this.#standing = 'open';
    this.#movedMs = performance.now();
    this.#pump();
  }

  /** Throws away what waits, and every message from now on. */
  shut(): void {
    this.#standing = 'shut';
    this.#dropWaiting();
  }

  /** Says a word of ours, before everything that waits. */
  say(word: string): void {
    const frame = frameOf(text, Buffer.from(word));
    // Between two parts of a message it would be taken for one of them.
    if (this.#isMidMessage) this.#word = frame;
    else this.#send(frame);
  }

  /** What the client has pinged with last. It may be given back whatever the connection waits for: it tells nothing that the client does not know. */
  pinged(payload: Uint8Array): void {
    this.#ping = Buffer.from(payload);
  }

  /** Says that the connection ends, without waiting for what `ws` still compresses. Nothing follows. */
  close(code: number, reason: string): void {
    const payload = Buffer.from(`  ${reason}`);
    payload.writeUInt16BE(code);
    this.#send(frameOf(close, payload));
    this.#standing = 'over';
  }

  /** The connection is gone: the socket itself tells those who wait. */
  end(): void {
    for (const frame of this.#takeWaiting()) this.#send(frame);
  }

  #take(chunk: Uint8Array, last: unknown): void {
    const done = typeof last === 'function' ? last as Done : null;
    const head = this.#head;
    this.#head = null;
    if (head !== null) this.#pass({ head, payload: chunk, done, opcode: opcodeOf(head) });
    else if (chunk.length === 0) this.#takeNothing(done);
    else if (((chunk[1] ?? 0) & lengthBits) === 0) this.#pass({ head: chunk, payload: null, done, opcode: opcodeOf(chunk) });
    else this.#head = chunk;
  }

  /** The payload of a frame that has none: most versions of `ws` write it all the same, and wait for that. */
  #takeNothing(done: Done | null): void {
    const last = this.#waiting.at(-1);
    if (last?.payload === null && last.done === null) last.done = done;
    else if (this.#standing === 'open' || this.#standing === 'held') this.#write('', done ?? undefined);
    else drop({ opcode: text, done });
  }

  #pass(frame: Frame): void {
    if (this.#standing === 'shut' || this.#standing === 'over') {
      drop(frame);
      return;
    }
    // Whoever closes does not wait for a token.
    if (this.#standing === 'held' && frame.opcode === close) this.#dropWaiting();
    if (this.#tellsNothing(frame) || (this.#waiting.length === 0 && this.#mayGo(frame))) this.#send(frame);
    else this.#keep(frame);
  }

  #tellsNothing({ opcode, payload }: Frame): boolean {
    return opcode > close && (payload === null || (opcode === pong && this.#ping.equals(Buffer.from(payload as Uint8Array))));
  }

  #keep(frame: Frame): void {
    if (this.#waiting.length === 0) this.#movedMs = performance.now();
    this.#waiting.push(frame);
    this.#waitingBytes += sizeOf(frame);
    // For a client that reads, a burst is no trouble.
    const isStuck = this.#standing === 'held' || performance.now() - this.#movedMs > this.#bounds.stuckAfterMs;
    if (isStuck && isTooMuch(this.#bounds, this.#waiting.length, this.#waitingBytes)) this.#full();
  }

  #pump(): void {
    for (let next = this.#next(); next >= 0; next = this.#next()) {
      const [frame] = this.#waiting.splice(next, 1) as [Frame];
      this.#waitingBytes -= sizeOf(frame);
      this.#send(frame);
    }
  }

  // In order; but a ping that has to wait holds up no rest of a message.
  #next(): number {
    return this.#isIdle ? this.#waiting.findIndex((frame) => this.#mayGo(frame)) : -1;
  }

  // One at a time: what the socket has taken cannot be thrown away any more.
  get #isIdle(): boolean {
    return this.#inFlight === 0 || this.#socket.writableLength === 0;
  }

  #mayGo({ opcode }: Frame): boolean {
    return this.#isIdle && (this.#standing === 'open' || opcode === close || (this.#isMidMessage && opcode < close));
  }

  #send({ head, payload, done, opcode }: Frame): void {
    this.#inFlight++;
    const written: Done = (failure) => {
      this.#inFlight--;
      this.#movedMs = performance.now();
      done?.(failure);
      this.#pump();
    };
    this.#socket.cork();
    if (payload !== null) this.#write(head);
    this.#write(payload ?? head, written);
    this.#socket.uncork();
    if (opcode >= close) return;
    this.#isMidMessage = ((head[0] ?? 0) & finalBit) === 0;
    const word = this.#word;
    if (word === null || this.#isMidMessage) return;
    this.#word = null;
    this.#send(word);
  }

  #dropWaiting(): void {
    for (const frame of this.#takeWaiting()) drop(frame);
  }

  #takeWaiting(): readonly Frame[] {
    const waiting = this.#waiting;
    [this.#waiting, this.#waitingBytes] = [[], 0];
    return waiting;
  }
}

function opcodeOf(head: Uint8Array): number {
  return (head[0] ?? 0) & opcodeBits;
}

/** A frame of ours, of less than 64 KiB. */
function frameOf(opcode: number, payload: Buffer): Frame {
  const { length } = payload;
  const lengths = length < 126 ? [length] : [126, length >> 8, length & 0xff];
  return { head: Buffer.from([finalBit | opcode, ...lengths]), payload, done: null, opcode };
}

function sizeOf({ head, payload }: Frame): number {
  return head.length + Buffer.byteLength(payload ?? '');
}

// The close of `ws` itself comes after ours: for it all is well.
function drop({ opcode, done }: Pick<Frame, 'opcode' | 'done'>): void {
  if (done !== null) process.nextTick(done, opcode === close ? null : new RescindError('RSC7004'));
}
