import { ClaimReader, textOf } from './claims.js';
import { digestOf, type Jws, type TokenFault } from './compact-jws.js';
import { JsonNumber, type JsonObject, type JsonValue } from './json.js';
import { isSameType } from './media-type.js';
import type { IssuerRecord } from '../log/issuer-record.js';

/** What a token says, taken from the strict reader's bytes under its issuer's record. Instants are seconds since the Unix epoch. */
export interface Token {
  readonly issuer: string;
  /** `jti`, or what the issuer's record names; null where its tokens carry none. */
  readonly tokenId: string | null;
  /** `sid`: what a logout revokes. */
  readonly sessionId: string | null;
  readonly subject: string | null;
  readonly clientId: string | null;
  readonly keyId: string;
  readonly audience: readonly string[];
  readonly scope: string | null;
  readonly expiresAt: number;
  readonly issuedAt: number | null;
  readonly authTime: number | null;
  readonly acr: string | null;
}

/** What a verdict needs to know beyond that. Immutable: it may be kept beside a connection and judged again. */
export interface TokenFacts extends Token {
  readonly notBefore: number | null;
  /** `lpos`: the head that our own Authority had committed when it minted this token; 0 elsewhere or if it is missing. */
  readonly logPosition: number;
  /** The match by which the token alone is named: its id, or the digest of its signing input (T-14). */
  readonly match: { readonly kind: 'token' | 'digest'; readonly value: string };
  /** The RFC 7638 thumbprint of the key that verified it (T-27). */
  readonly keyThumbprint: string | null;
  /** Whether the token has `cnf`, of whatever form: it is bound to a key and no plain bearer token (RFC 7800, RFC 8705, RFC 9449). */
  readonly isBound: boolean;
  /** Every top-level claim as a tag: a string's characters, any element of an array, a number's or boolean's raw JSON. */
  readonly tags: readonly (readonly [name: string, values: readonly string[]])[];
}

/**
 * Takes the facts of a token under its issuer's record: its types, algorithms and claim names. A fault if the token is not one that this
 * issuer would send, or if it names nobody who could be revoked: neither a subject nor a client, or no subject where the record requires one.
 * Does not look at the signature.
 */
export function takeFacts(jws: Jws, record: IssuerRecord, keyThumbprint: string | null): TokenFacts | TokenFault {
  if (!record.types.some((type) => isSameType(type, jws.type))) return 'Type';
  if (!record.algorithms.includes(jws.algorithm)) return 'Algorithm';

  const claims = new ClaimReader(jws.claims);
  const issuer = claims.id('iss', true);
  const tokenId = claims.id(record.claims.token, record.own);
  const facts: TokenFacts = {
    issuer: record.issuer,
    tokenId,
    sessionId: claims.id(record.claims.session),
    subject: claims.id(record.claims.subject, record.own),
    clientId: claims.id(record.claims.client, record.own),
    keyId: jws.keyId,
    audience: claims.texts('aud'),
    scope: textOf(jws.claims, 'scope'),
    expiresAt: claims.date('exp', true) ?? 0,
    issuedAt: claims.date('iat', !record.issuedAtAbsent),
    authTime: claims.date('auth_time'),
    acr: textOf(jws.claims, 'acr'),
    notBefore: claims.date('nbf'),
    logPosition: record.own ? claims.position('lpos') : 0,
    match: tokenId === null ? { kind: 'digest', value: digestOf(jws) } : { kind: 'token', value: tokenId },
    keyThumbprint,
    isBound: jws.claims.has('cnf'),
    tags: tagsOf(jws.claims),
  };
  if (claims.failed || issuer !== record.issuer) return 'Claims';
  return facts.subject === null && (facts.clientId === null || record.subjectRequired) ? 'Subject' : facts;
}

// They stay in memory with their token: a list that grew one by one would have room for many more.
function tagsOf(claims: JsonObject): TokenFacts['tags'] {
  const tags: (readonly [string, readonly string[]])[] = [];
  for (const [name, value] of claims) {
    const values = (Array.isArray(value) ? value : [value]).map(scalarOf);
    const texts = values.every((text) => text !== null) ? values : values.filter((text) => text !== null).slice();
    if (texts.length > 0) tags.push([name, texts]);
  }
  return tags.slice();
}

function scalarOf(value: JsonValue): string | null {
  if (typeof value === 'string') return value;
  if (value instanceof JsonNumber) return value.raw;
  return typeof value === 'boolean' ? String(value) : null;
}
