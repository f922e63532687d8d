import { RescindError } from '../errors.js';

/** A moment at which a call is given up; it can be moved while the call makes progress. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Gives the call so much time from now. */
  move(limitMs: number): void;
}

/**
 * Makes a call that takes at most `limitMs`, body included, unless it moves its deadline. Whatever fails on the way is RSC3203 with a
 * sentence, never with a token or a secret; only the caller's own abort comes through as it is.
 */
export async function within<T>(limitMs: number, caller: AbortSignal, call: (deadline: Deadline) => Promise<T>): Promise<T> {
  const given = new AbortController();
  const giveUp = (): void => given.abort();
  let givenMs = limitMs;
  let timer = setTimeout(giveUp, givenMs);
  const move = (nextMs: number): void => {
    clearTimeout(timer);
    givenMs = nextMs;
    timer = setTimeout(giveUp, givenMs);
  };
  // Taken back after each call: the caller's signal lives as long as the verifier, and must not keep a trace of every poll.
  caller.addEventListener('abort', giveUp);
  try {
    caller.throwIfAborted();
    return await call({ signal: given.signal, move });
  } catch (failure) {
    if (failure instanceof RescindError) throw failure;
    caller.throwIfAborted();
    if (given.signal.aborted) throw new RescindError('RSC3203', `It did not answer within ${givenMs / 1000} s.`);
    throw new RescindError('RSC3203', `${reasonOf(failure)}.`, { cause: failure });
  } finally {
    clearTimeout(timer);
    caller.removeEventListener('abort', giveUp);
  }
}

/** Sends one request. No redirects: they would carry the token to wherever the answer points. */
export function send(url: string, signal: AbortSignal, headers: Record<string, string>, form?: URLSearchParams): Promise<Response> {
  const method = form === undefined ? 'GET' : 'POST';
  return fetch(url, { method, headers, body: form ?? null, signal, redirect: 'manual' });
}

/**
 * The body; throws RSC3204 as soon as it is longer than `maxBytes`, whose size the other end decides. `progressed` hears of whatever has
 * come.
 */
export async function readBody(response: Response, maxBytes: number, progressed = (): void => {}): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bodyOf(response)) {
    length += chunk.length;
    progressed();
    if (length > maxBytes) throw new RescindError('RSC3204', `It is longer than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function bodyOf(response: Response): AsyncIterable<Uint8Array> {
  return (response.body ?? []) as AsyncIterable<Uint8Array>;
}

// The failure of fetch says nothing; its cause has a code.
function reasonOf(failure: unknown): string {
  const { cause, name } = failure as { cause?: { code?: unknown }; name?: unknown };
  return String(cause?.code ?? name ?? 'It failed');
}
