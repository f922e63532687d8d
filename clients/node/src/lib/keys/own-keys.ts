import type { Replica } from '../replication/replica.js';
import type { Jws } from '../tokens/compact-jws.js';
import type { TokenFacts } from '../tokens/facts.js';
import { textOf } from '../tokens/claims.js';
import { readJsonObject } from '../tokens/json.js';
import { importKey, type VerificationKey } from './verification-key.js';

/** A key, or why there is none: it may exist and not be known here yet, or there is no such key. */
export type KeySearch = VerificationKey | 'unknown' | 'invalid';

/**
 * Our own keys come with the log, so that own tokens need no JWKS, and a killed or a new key arrives like any revocation. A key whose
 * text did not change stays the same object, so that what it has verified can be remembered.
 */
export class OwnKeys {
  readonly #replica: Replica;
  readonly #boundMs: number;
  #texts: ReadonlyMap<string, string> = new Map();
  #keys: ReadonlyMap<string, VerificationKey | null> = new Map();

  constructor(replica: Replica, boundMs: number) {
    this.#replica = replica;
    this.#boundMs = boundMs;
  }

  /** The key of this id as the log names it now. */
  current(keyId: string): VerificationKey | null | undefined {
    this.#refresh();
    return this.#keys.get(keyId);
  }

  /**
   * The key that a token names. Without one, a replica that may be behind the token cannot tell a forgery from a key that it has not heard
   * of yet, and says unknown. A key of a form that this version cannot use is there, but is no use.
   */
  find(jws: Jws, facts: TokenFacts): KeySearch {
    const key = this.current(jws.keyId);
    if (key !== undefined) return key === null ? 'unknown' : key.fits(jws.algorithm) ? key : 'invalid';
    // One that was taken back is known, though it is gone: whatever lpos its thief writes, it is none that was not heard of yet.
    if (this.#replica.isKeyRevoked(facts.issuer, facts.keyId)) return 'invalid';
    const position = this.#replica.head?.position ?? 0;
    return facts.logPosition > position || !(this.#replica.ageMs() <= this.#boundMs) ? 'unknown' : 'invalid';
  }

  #refresh(): void {
    const texts = this.#replica.ownKeys;
    if (texts === this.#texts) return;
    const [oldTexts, oldKeys] = [this.#texts, this.#keys];
    this.#keys = new Map([...texts].map(([keyId, text]) =>
      [keyId, oldTexts.get(keyId) === text ? oldKeys.get(keyId) ?? null : read(text)]));
    this.#texts = texts;
  }
}

function read(text: string): VerificationKey | null {
  const jwk = readJsonObject(Buffer.from(text));
  return typeof jwk === 'string' || !textOf(jwk, 'kid') ? null : importKey(jwk);
}
