import type { Clock } from '../clock.js';
import type { IssuerKeys } from '../keys/issuer-keys.js';
import type { KeySearch, OwnKeys } from '../keys/own-keys.js';
import type { VerificationKey } from '../keys/verification-key.js';
import { VerifiedTokens } from '../keys/verified-tokens.js';
import type { IssuerRecord } from '../log/issuer-record.js';
import type { Replica } from '../replication/replica.js';
import { readJws, type Jws } from './compact-jws.js';
import { takeFacts, type TokenFacts } from './facts.js';
import { plainClaims, type Claims } from './plain-claims.js';

/** A token whose signature is genuine, and what it was read by. */
export interface GenuineToken {
  readonly facts: TokenFacts;
  readonly claims: Claims;
  readonly record: IssuerRecord;
  readonly key: VerificationKey;
}

/** Another issuer whose tokens are taken. */
export interface TrustedIssuer {
  readonly audience: readonly string[];
  readonly keys: IssuerKeys;
}

/** Tokens longer than this are verified each time: what is remembered is bounded in characters too. */
const longestRemembered = 4096;

/** One that was not sent for half a minute to a minute is verified anew: logins and revocations leave no trace in memory for longer. */
const rememberedMs = 30_000;

/**
 * Reads a token strictly, finds the one key that it names, and verifies its signature by what the issuer's record dictates (BCP-1 to BCP-4).
 * `unknown` where it cannot be told yet: a key or an issuer that this replica has not heard of must not become a 401.
 */
export class TokenReader {
  readonly #replica: Replica;
  readonly #audience: readonly string[];
  readonly #takesBound: boolean;
  readonly #ownKeys: OwnKeys;
  readonly #issuers: ReadonlyMap<string, TrustedIssuer>;
  readonly #strangerMet: (issuer: string) => void;
  readonly #verified: VerifiedTokens<GenuineToken>;

  constructor(parts: {
    replica: Replica; audience: readonly string[]; takesBound: boolean; ownKeys: OwnKeys; issuers: ReadonlyMap<string, TrustedIssuer>;
    cacheSize: number; clock: Clock; strangerMet: (issuer: string) => void;
  }) {
    this.#replica = parts.replica;
    this.#audience = parts.audience;
    this.#takesBound = parts.takesBound;
    this.#ownKeys = parts.ownKeys;
    this.#issuers = parts.issuers;
    this.#strangerMet = parts.strangerMet;
    this.#verified = new VerifiedTokens(parts.cacheSize, parts.clock, rememberedMs);
  }

  read(text: string): GenuineToken | 'unknown' | 'invalid' {
    const known = this.#verified.get(text);
    if (known !== undefined) {
      if (this.#stillHolds(known)) return known;
      this.#verified.delete(text);
    }
    const jws = readJws(text);
    if (typeof jws === 'string') return 'invalid';
    const token = this.#verify(jws);
    if (typeof token !== 'string' && text.length <= longestRemembered) this.#verified.set(text, token);
    return token;
  }

  /** The keys that have to be asked for the one that a token names, where nothing else is unknown about it; otherwise null. */
  pendingKey(text: string): { readonly keys: IssuerKeys; readonly keyId: string } | null {
    const jws = readJws(text);
    if (typeof jws === 'string') return null;
    const record = this.#findRecord(jws.issuer);
    const keys = typeof record === 'string' ? undefined : this.#issuers.get(record.issuer)?.keys;
    return keys?.find(jws.keyId) === 'unknown' ? { keys, keyId: jws.keyId } : null;
  }

  // With its key or its issuer's record, everything that was found by them is forgotten.
  #stillHolds({ facts, record, key }: GenuineToken): boolean {
    const keys = record.own ? this.#ownKeys : this.#issuers.get(facts.issuer)?.keys;
    return this.#replica.findIssuer(facts.issuer) === record && keys?.current(facts.keyId) === key;
  }

  #verify(jws: Jws): GenuineToken | 'unknown' | 'invalid' {
    const record = this.#findRecord(jws.issuer);
    if (typeof record === 'string') return record;
    // The types and algorithms of the record, before any signature is computed.
    const facts = takeFacts(jws, record, null);
    // As a plain bearer token a bound one would be of use to whoever stole it (RFC 9449 7.2).
    if (typeof facts === 'string' || (facts.isBound && !this.#takesBound)) return 'invalid';

    const trusted = record.own ? null : this.#issuers.get(record.issuer) ?? null;
    const key: KeySearch = trusted === null ? this.#ownKeys.find(jws, facts) : this.#findForeign(trusted.keys, record.issuer, jws.keyId);
    if (typeof key === 'string') return key;
    const audience = trusted?.audience ?? this.#audience;
    if (!key.verifies(jws) || !facts.audience.some((one) => audience.includes(one))) return 'invalid';
    return { facts: { ...facts, keyThumbprint: key.thumbprint }, claims: plainClaims(jws.claims), record, key };
  }

  // As of our own: one that was taken back is dead, and its issuer need not be asked for it.
  #findForeign(keys: IssuerKeys, issuer: string, keyId: string): KeySearch {
    const key = keys.find(keyId);
    return key === 'unknown' && this.#replica.isKeyRevoked(issuer, keyId) ? 'invalid' : key;
  }

  /** The record of a token's issuer, or why the token is not one for this verifier. */
  #findRecord(issuer: string | null): IssuerRecord | 'unknown' | 'invalid' {
    if (issuer === null) return 'invalid';
    if (!this.#replica.isReady || this.#replica.own === null) return 'unknown';
    if (issuer !== this.#replica.own.issuer && !this.#issuers.has(issuer)) return 'invalid';
    const record = this.#replica.findIssuer(issuer);
    if (record === undefined) this.#strangerMet(issuer);
    return record ?? 'unknown';
  }
}
