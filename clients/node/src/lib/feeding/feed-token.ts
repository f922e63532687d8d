import { RescindError } from '../errors.js';
import { readBody, send } from '../http/call.js';
import { JsonNumber, readJsonObject } from '../tokens/json.js';
import { textOf } from '../tokens/claims.js';
import { readPosition } from '../log/position.js';
import type { Clock } from '../clock.js';

const maxAnswerBytes = 64 * 1024;

// A quarter of its life is left when it is renewed, so that a slow Authority has time to answer.
const renewAt = 0.75;

// b64token, RFC 6750 section 2.1.
const tokenText = /^[\w.~+/=-]+$/;

/** The credentials of the client that reads the feed. */
export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The access token that reads the feed, by client credentials (RFC 6749 section 4.4), renewed before it ends. Kept in memory alone. */
export class FeedToken {
  readonly #endpoint: string;
  readonly #basic: string;
  readonly #clock: Clock;
  #token: string | null = null;
  #renewMs = 0;

  constructor(endpoint: string, { clientId, clientSecret }: Credentials, clock: Clock) {
    this.#endpoint = endpoint;
    // Both parts are form-encoded before they are joined (RFC 6749 section 2.3.1).
    const joined = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
    this.#basic = `Basic ${Buffer.from(joined).toString('base64')}`;
    this.#clock = clock;
  }

  /** The header to send; throws RSC3202, RSC3203 or RSC3204 if none can be had. */
  async get(signal: AbortSignal): Promise<string> {
    if (this.#token === null || this.#clock.monotonicMs() >= this.#renewMs) {
      // Counted from before the request: the life that the answer names cannot have begun earlier.
      const askedMs = this.#clock.monotonicMs();
      const { token, lifeMs } = await this.#request(signal);
      this.#token = `Bearer ${token}`;
      this.#renewMs = askedMs + lifeMs * renewAt;
    }
    return this.#token;
  }

  /** Forgets the token, because it was refused. */
  forget(): void {
    this.#token = null;
  }

  async #request(signal: AbortSignal): Promise<{ token: string; lifeMs: number }> {
    const form = new URLSearchParams({ grant_type: 'client_credentials', scope: 'feed' });
    const response = await send(this.#endpoint, signal, { authorization: this.#basic }, form);
    const body = await readBody(response, maxAnswerBytes);
    if (!response.ok) {
      const isRefused = response.status >= 400 && response.status < 500 && response.status !== 429;
      throw new RescindError(isRefused ? 'RSC3202' : 'RSC3203', `The token endpoint answered ${response.status}.`);
    }
    return readGrant(body);
  }
}

function readGrant(body: Buffer): { token: string; lifeMs: number } {
  const answer = readJsonObject(body);
  if (typeof answer !== 'string') {
    const token = textOf(answer, 'access_token') ?? '';
    const expiresIn = answer.get('expires_in');
    const seconds = expiresIn instanceof JsonNumber ? readPosition(expiresIn.raw) : null;
    if (textOf(answer, 'token_type')?.toLowerCase() === 'bearer' && seconds && tokenText.test(token)) return { token, lifeMs: seconds * 1000 };
  }
  // Its particulars would quote the body, which holds the token.
  throw new RescindError('RSC3204', 'It is that of the token endpoint.');
}
