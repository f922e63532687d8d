import type { Clock } from '../clock.js';
import { RescindError } from '../errors.js';
import { bodyOf, readBody, send, within } from '../http/call.js';
import type { SnapshotBuilder } from '../replication/snapshot.js';
import { FeedToken, type Credentials } from './feed-token.js';
import type { PollOutcome } from './follower.js';
import type { FeedRequest } from './request.js';
import { readAnswer, readSnapshotLine } from './wire.js';

/** The longest answer to a poll: 10 000 entries of several kilobytes each. */
const maxAnswerBytes = 64 * 1024 * 1024;

/** The longest line of a snapshot: an entry with every value at its limit and every character escaped fits. */
const maxLineBytes = 1024 * 1024;

/**
 * How much later than its wait an answer to a poll may begin, and how long it may stand still then: one that comes slowly comes all the
 * same.
 */
const marginMs = 2_000;

/** How long a snapshot may stand still. */
const maxPauseMs = 10_000;

const lineEnd = 0x0a;

/** The feed over HTTP. Carries bytes and judges nothing but their size and shape. One caller at a time. */
export class HttpFeed {
  readonly #root: string;
  readonly #agent: string;
  readonly #token: FeedToken;

  constructor(authority: string, credentials: Credentials, version: string, clock: Clock) {
    this.#root = authority.replace(/\/+$/, '');
    this.#agent = `rescind-node/${version}`;
    this.#token = new FeedToken(`${this.#root}/token`, credentials, clock);
  }

  /** Asks once; throws RSC3202, RSC3203 or RSC3204. */
  poll(request: FeedRequest, signal: AbortSignal): Promise<PollOutcome> {
    return within(request.waitMs + marginMs, signal, async (deadline) => {
      const response = await this.#send(`/v1/feed?${queryOf(request)}`, deadline.signal);
      if (response.status === 200) {
        const progressed = (): void => deadline.move(marginMs);
        progressed();
        return readAnswer(await readBody(response, maxAnswerBytes, progressed));
      }
      // What is said beside the status is read for the sake of the connection, and has no more time.
      await readBody(response, maxAnswerBytes);
      switch (response.status) {
        case 410: return 'gone';
        case 409: return 'conflict';
        default: throw refused(response.status);
      }
    });
  }

  /** Streams the map as it is into `builder`, line by line as it comes. */
  snapshot(builder: SnapshotBuilder, signal: AbortSignal): Promise<void> {
    return within(maxPauseMs, signal, async (deadline) => {
      const now = builder.nowSecond === null ? '' : `?now=${builder.nowSecond}`;
      const response = await this.#send(`/v1/feed/snapshot${now}`, deadline.signal);
      if (response.status !== 200) {
        await response.body?.cancel();
        throw response.status === 409 ? new RescindError('RSC3209') : refused(response.status);
      }
      let rest = Buffer.alloc(0);
      for await (const chunk of bodyOf(response)) {
        deadline.move(maxPauseMs);
        rest = takeLines(Buffer.concat([rest, chunk]), builder);
      }
      if (rest.length > 0) builder.add(readSnapshotLine(rest));
    });
  }

  /** Sends with the token; once more with a new one if it was refused: the Authority may have replaced its keys. */
  async #send(path: string, signal: AbortSignal): Promise<Response> {
    const response = await this.#sendOnce(path, signal);
    if (response.status !== 401) return response;
    await response.body?.cancel();
    this.#token.forget();
    return this.#sendOnce(path, signal);
  }

  async #sendOnce(path: string, signal: AbortSignal): Promise<Response> {
    const authorization = await this.#token.get(signal);
    return send(this.#root + path, signal, { authorization, 'user-agent': this.#agent, 'accept-encoding': 'identity' });
  }
}

function queryOf({ epoch, after, chain, waitMs, nonce, follower, connections, leaving }: FeedRequest): URLSearchParams {
  const query = new URLSearchParams({
    epoch, after: String(after), wait: seconds(waitMs), nonce,
    verifier: follower.name, instance: follower.instance, bound: seconds(follower.boundMs), version: follower.version,
  });
  if (chain !== null) query.set('chain', chain);
  if (connections) {
    query.set('connections', String(connections.live));
    query.set('closed', String(connections.closed));
  }
  if (leaving) query.set('leaving', '1');
  return query;
}

function seconds(ms: number): string {
  return String(Math.round(ms) / 1000);
}

/** Takes the whole lines and returns what is left. */
function takeLines(bytes: Buffer, builder: SnapshotBuilder): Buffer<ArrayBuffer> {
  let at = 0;
  for (let end = bytes.indexOf(lineEnd); end >= 0; end = bytes.indexOf(lineEnd, at)) {
    builder.add(readSnapshotLine(bounded(bytes.subarray(at, end))));
    at = end + 1;
  }
  return Buffer.from(bounded(bytes.subarray(at)));
}

function bounded(line: Buffer): Buffer {
  if (line.length > maxLineBytes) throw new RescindError('RSC3204', `A line of the snapshot is longer than ${maxLineBytes} bytes.`);
  return line;
}

function refused(status: number): RescindError {
  const code = status === 401 || status === 403 ? 'RSC3202' : status >= 300 && status < 500 ? 'RSC3204' : 'RSC3203';
  return new RescindError(code, `The feed answered ${status}.`);
}
