import { createHash } from 'node:crypto';
import { decodeBase64url } from './base64url.js';
import { readJsonObject, type JsonObject } from './json.js';
import { textOf } from './claims.js';

/** The longest token, in characters; checked before anything is decoded. */
export const maxLength = 16 * 1024;

/** The longest `kid`, in characters (T-26). */
const maxKeyIdLength = 256;

// Members by which a token could choose its own key or change how it is read (JWS-3, JWS-4, BCP-15).
const refusedMembers = ['crit', 'b64', 'jku', 'x5u', 'jwk', 'x5c'];

/** Why a token was not read. For logs and tests; strangers are told nothing (BT-6). */
export type TokenFault = 'Format' | 'TooLarge' | 'Json' | 'Header' | 'Type' | 'Algorithm' | 'Claims' | 'KeyId' | 'Subject';

/** A token as it was read: taken apart and decoded, nothing verified. */
export interface Jws {
  readonly algorithm: string;
  readonly type: string | null;
  readonly keyId: string;
  readonly issuer: string | null;
  readonly claims: JsonObject;
  readonly signingInput: string;
  readonly signature: Buffer;
}

/**
 * Reads a token strictly, whatever the input: padding, blanks, trailing bytes, duplicate names, `crit`, and keys that the token brings
 * itself are refused (JWS-1 to JWS-5, BCP-8, T-15). Work and memory are bounded by `maxLength` (G8). Does not look at the signature.
 */
export function readJws(token: string): Jws | TokenFault {
  if (token.length > maxLength) return 'TooLarge';
  const segments = token.split('.', 4);
  if (segments.length !== 3) return 'Format';
  const [header, payload, signature] = segments.map(decodeBase64url);
  if (!header || !payload || !signature) return 'Format';

  const members = readJsonObject(header);
  if (typeof members === 'string') return members;
  const claims = readJsonObject(payload);
  if (typeof claims === 'string') return claims;

  const algorithm = textOf(members, 'alg');
  const type = textOf(members, 'typ');
  const keyId = textOf(members, 'kid');
  if (refusedMembers.some((name) => members.has(name)) || !algorithm || (type === null && members.has('typ'))) return 'Header';
  if (!keyId || keyId.length > maxKeyIdLength) return 'KeyId';
  const signingInput = token.slice(0, token.lastIndexOf('.'));
  return { algorithm, type, keyId, issuer: textOf(claims, 'iss'), claims, signingInput, signature };
}

/** The base64url SHA-256 of the signing input (T-14): the same for every spelling of the signature. */
export function digestOf(jws: Jws): string {
  return createHash('sha256').update(jws.signingInput, 'ascii').digest('base64url');
}
