import type { Clock } from '../clock.js';
import { readJsonObject, type JsonValue } from '../tokens/json.js';
import { textOf } from '../tokens/claims.js';
import type { KeySearch } from './own-keys.js';
import { importKey, type VerificationKey } from './verification-key.js';

/** How often one issuer is asked at most: random ids would be an amplifier otherwise (JWK-7). */
const smallestIntervalMs = 30_000;

/** How old keys may be before they are asked for again, beside their use (JWK-6). */
const refreshAfterMs = 300_000;

/**
 * The keys of another issuer, from the one address that the configuration names, never from one that a token or the log names (BCP-15).
 * Searching is synchronous: what has to be fetched first is unknown until it is there.
 */
export class IssuerKeys {
  readonly #fetch: () => Promise<Uint8Array>;
  readonly #clock: Clock;
  readonly #failed: (failure: unknown) => void;
  #keys: ReadonlyMap<string, VerificationKey | null> | null = null;
  #fetching: Promise<void> | null = null;
  #askedMs = -Infinity;

  constructor(fetch: () => Promise<Uint8Array>, clock: Clock, failed: (failure: unknown) => void) {
    this.#fetch = fetch;
    this.#clock = clock;
    this.#failed = failed;
  }

  /** The key of this id as it was last fetched. */
  current(keyId: string): VerificationKey | null | undefined {
    return this.#keys?.get(keyId);
  }

  /** The one key of this id. An id that is not there may be new: it is unknown until the keys were asked for once more. */
  find(keyId: string): KeySearch {
    const key = this.current(keyId);
    const ageMs = this.#clock.monotonicMs() - this.#askedMs;
    if (key === undefined || ageMs >= refreshAfterMs) void this.refresh();
    if (key !== undefined) return key ?? 'invalid';
    return this.#keys === null || this.#fetching !== null ? 'unknown' : 'invalid';
  }

  /** Asks for the keys, unless that is under way or was done a moment ago. Never rejects. */
  refresh(): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#fetching === null && nowMs - this.#askedMs >= smallestIntervalMs) {
      this.#askedMs = nowMs;
      this.#fetching = this.#load().finally(() => { this.#fetching = null; });
    }
    return this.#fetching ?? Promise.resolve();
  }

  async #load(): Promise<void> {
    try {
      this.#keys = readKeySet(await this.#fetch(), this.#keys ?? new Map());
    } catch (failure) {
      this.#failed(failure);
    }
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
    const key = keyId === null ? null : importKey(jwk as ReadonlyMap<string, JsonValue>);
    if (keyId === null || key === null) continue;
    const known = keys.has(keyId) ? keys.get(keyId) : earlier.get(keyId) ?? key;
    const isSame = known?.thumbprint === key.thumbprint && known.algorithm === key.algorithm;
    keys.set(keyId, isSame ? known : keys.has(keyId) ? null : key);
  }
  return keys;
}
