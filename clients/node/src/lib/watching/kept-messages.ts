import { isTooMuch, type BacklogBounds } from './backlog.js';

/** A message, a ping or a pong as `ws` gives it to the app; what a message is in depends on the `binaryType` of the socket. */
type Message = readonly [event: 'message' | 'ping' | 'pong', data: unknown, isBinary?: boolean | undefined];

/** What a client has sent while its connection is held, in order. */
export class KeptMessages {
  readonly #bounds: BacklogBounds;
  #messages: Message[] = [];
  #bytes = 0;

  constructor(bounds: BacklogBounds) {
    this.#bounds = bounds;
  }

  get count(): number {
    return this.#messages.length;
  }

  get isTooMuch(): boolean {
    return isTooMuch(this.#bounds, this.#messages.length, this.#bytes);
  }

  add([event, data, isBinary]: Message): void {
    this.#bytes += sizeOf(data);
    // A copy: a short message would keep the whole buffer that it was read into.
    this.#messages.push([event, Buffer.isBuffer(data) ? Buffer.from(data) : data, isBinary]);
  }

  /** The oldest; call it only if there is one. */
  take(): Message {
    const message = this.#messages.shift() as Message;
    this.#bytes -= sizeOf(message[1]);
    return message;
  }

  clear(): void {
    this.#messages = [];
    this.#bytes = 0;
  }
}

function sizeOf(data: unknown): number {
  if (Array.isArray(data)) return data.reduce((sum: number, part) => sum + sizeOf(part), 0);
  const { byteLength, size } = data as { byteLength?: number; size?: number };
  return byteLength ?? size ?? 0;
}
