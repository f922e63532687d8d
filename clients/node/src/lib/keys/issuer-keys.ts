import type { Clock } from '../clock.js';
import { readJsonObject, type JsonValue } from '../tokens/json.js';
import { textOf } from '../tokens/claims.js';
import type { KeySearch } from './own-keys.js';
import { importKey, type VerificationKey } from './verification-key.js';

/** The shortest time from one fetch to the next: made-up names must not turn us against somebody else's server (JWK-7). */
const pauseMs = 5_000;

/** The longest pause after failures, which double it. */
const longestPauseMs = 30_000;

/** How long a caller is kept waiting at most for a pause to end, and as long again for the answer to what is then asked. */
const patienceMs = 2_000;

/** How old keys may be before they are asked for again, beside their use (JWK-6). */
const refreshAfterMs = 300_000;

/** The longest `kid` of a key, in characters; a token with a longer one is not read. */
const maxKeyIdLength = 256;

/**
 * The keys of another issuer, from the one address that the configuration names, never from one that a token or the log names (BCP-15). What
 * is looked for is not remembered, so that nobody can use up the fetch that another needs: a key that is missing counts as missing only in an
 * answer that was asked for afterwards.
 */
export class IssuerKeys {
  readonly #fetch: () => Promise<Uint8Array>;
  readonly #clock: Clock;
  readonly #failed: (failure: unknown) => void;
  #keys: ReadonlyMap<string, VerificationKey | null> | null = null;
  #fetching: Promise<void> | null = null;
  #nextMs = -Infinity;
  #fetchedMs = -Infinity;
  #failures = 0;
  // Fetches are numbered, because two moments can be the same. Those up to #ended are over; that of #answered gave the keys.
  #started = 0;
  #startedMs = -Infinity;
  #ended = 0;
  #answered = 0;
  #isUnsent = false;

  constructor(fetch: () => Promise<Uint8Array>, clock: Clock, failed: (failure: unknown) => void) {
    this.#fetch = fetch;
    this.#clock = clock;
    this.#failed = failed;
  }

  /** The key of this id as it was last fetched; null for an id of several keys. */
  current(keyId: string): VerificationKey | null | undefined {
    return this.#keys?.get(keyId);
  }

  /** The one key of this id. One that is not there may be new, and is asked for. */
  find(keyId: string): KeySearch {
    const key = this.current(keyId) ?? null;
    if (key === null || this.#clock.monotonicMs() - this.#fetchedMs >= refreshAfterMs) void this.refresh();
    return key ?? 'unknown';
  }

  /** In how many milliseconds more can be known. */
  get retryMs(): number {
    return Math.max(1_000, this.#fetching === null ? this.#nextMs - this.#clock.monotonicMs() : 0);
  }

  /** Asks for the keys, unless that is under way or was done a moment ago. Never rejects. */
  refresh(): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#fetching === null && nowMs >= this.#nextMs) {
      this.#isUnsent = true;
      this.#startedMs = nowMs;
      queueMicrotask(() => { this.#isUnsent = false; });
      this.#fetching = this.#load(++this.#started, nowMs).finally(() => { this.#fetching = null; });
    }
    return this.#fetching ?? Promise.resolve();
  }

  /** Waits a little for the key of this id. Whether it is there, or is missing in keys that were asked for since the call. */
  async settle(keyId: string): Promise<boolean> {
    const before = this.#isUnsent ? this.#started - 1 : this.#started;
    const arrivedMs = this.#clock.monotonicMs();
    while (!this.#isSettled(keyId, before)) {
      void this.refresh();
      const nowMs = this.#clock.monotonicMs();
      // Counted anew from a fetch that was asked for since the call: it may have waited for a pause already.
      const leftMs = (this.#started > before ? this.#startedMs : arrivedMs) + patienceMs - nowMs;
      const pauseLeftMs = this.#nextMs - nowMs;
      if (this.#ended > before || leftMs <= 0 || (this.#fetching === null && pauseLeftMs >= leftMs)) return false;
      await (this.#fetching === null ? sleep(pauseLeftMs) : within(leftMs, this.#fetching));
    }
    return true;
  }

  #isSettled(keyId: string, before: number): boolean {
    return (this.current(keyId) ?? null) !== null || this.#answered > before;
  }

  async #load(number: number, startedMs: number): Promise<void> {
    try {
      this.#keys = readKeySet(await this.#fetch(), this.#keys ?? new Map());
      this.#answered = number;
      this.#fetchedMs = this.#clock.monotonicMs();
      this.#failures = 0;
      this.#nextMs = startedMs + pauseMs;
    } catch (failure) {
      this.#nextMs = this.#clock.monotonicMs() + Math.min(pauseMs * 2 ** Math.min(this.#failures++, 10), longestPauseMs);
      this.#failed(failure);
    }
    this.#ended = number;
  }
}

/**
 * Reads a JWK Set. A key that cannot be used is left out (JWK-2); an id that two different keys have names none (JWK-1). A key that was
 * there before stays the same object, so that what it has verified can be remembered.
 */
export function readKeySet(
  body: Uint8Array, earlier: ReadonlyMap<string, VerificationKey | null>,
): ReadonlyMap<string, VerificationKey | null> {
  const root = readJsonObject(body);
  const list = typeof root === 'string' ? undefined : root.get('keys');
  if (!Array.isArray(list)) throw new TypeError('The answer is no JWK Set.');
  const keys = new Map<string, VerificationKey | null>();
  for (const jwk of list as readonly JsonValue[]) {
    const keyId = jwk instanceof Map ? textOf(jwk, 'kid') : null;
    const key = !keyId || keyId.length > maxKeyIdLength ? null : importKey(jwk as ReadonlyMap<string, JsonValue>);
    if (!keyId || key === null) continue;
    const known = keys.has(keyId) ? keys.get(keyId) : earlier.get(keyId) ?? key;
    const isSame = known?.thumbprint === key.thumbprint && known.algorithm === key.algorithm;
    keys.set(keyId, isSame ? known : keys.has(keyId) ? null : key);
  }
  return keys;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}

async function within(ms: number, done: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([done, new Promise<void>((resolve) => { timer = setTimeout(resolve, ms); })]);
  clearTimeout(timer);
}
