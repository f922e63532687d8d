import { createHash, createPublicKey, constants, verify, type JsonWebKey, type KeyObject, type VerifyKeyObjectInput } from 'node:crypto';
import { textOf } from '../tokens/claims.js';
import type { JsonObject } from '../tokens/json.js';
import type { Jws } from '../tokens/compact-jws.js';

/** A public key that verifies tokens. */
export interface VerificationKey {
  /** RFC 7638: names the key whatever its `kid` (T-27). */
  readonly thumbprint: string;
  /** The only algorithm that it is for, where its document says so. */
  readonly algorithm: string | null;
  /** Whether this key, with the algorithm that the token names and no other (BCP-2), signed it. */
  verifies(jws: Jws): boolean;
}

interface Algorithm {
  readonly keyType: string;
  readonly curve?: string;
  readonly hash: string | null;
  readonly signatureBytes?: number;
  readonly input?: Omit<VerifyKeyObjectInput, 'key'>;
}

const ecdsa = (curve: string, hash: string, signatureBytes: number): Algorithm =>
  ({ keyType: 'EC', curve, hash, signatureBytes, input: { dsaEncoding: 'ieee-p1363' } });
const rsa = (hash: string): Algorithm => ({ keyType: 'RSA', hash });
const pss = (hash: string): Algorithm => ({
  keyType: 'RSA', hash, input: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
});
const ed25519: Algorithm = { keyType: 'OKP', curve: 'Ed25519', hash: null, signatureBytes: 64 };

// RFC 7518, RFC 8037, RFC 9864: what is not here verifies nothing, `none` and secrets shared with the issuer first of all.
const algorithms: ReadonlyMap<string, Algorithm> = new Map([
  ['ES256', ecdsa('P-256', 'sha256', 64)], ['ES384', ecdsa('P-384', 'sha384', 96)], ['ES512', ecdsa('P-521', 'sha512', 132)],
  ['RS256', rsa('sha256')], ['RS384', rsa('sha384')], ['RS512', rsa('sha512')],
  ['PS256', pss('sha256')], ['PS384', pss('sha384')], ['PS512', pss('sha512')],
  ['EdDSA', ed25519], ['Ed25519', ed25519],
]);

// The required members, in the order of the thumbprint (JWK-4). Private ones are not looked at (JWK-3).
const members: Record<string, readonly string[]> = { EC: ['crv', 'kty', 'x', 'y'], RSA: ['e', 'kty', 'n'], OKP: ['crv', 'kty', 'x'] };
const smallestModulusBits = 2048;

/** Imports a JWK; null if it is no key of a form that verifies tokens (JWK-2). */
export function importKey(jwk: JsonObject): VerificationKey | null {
  const names = members[textOf(jwk, 'kty') ?? ''];
  if (names === undefined || (jwk.has('use') && textOf(jwk, 'use') !== 'sig')) return null;
  const key = publicKey(Object.fromEntries(names.map((name) => [name, textOf(jwk, name) ?? ''])));
  if (key === null || (key.asymmetricKeyDetails?.modulusLength ?? smallestModulusBits) < smallestModulusBits) return null;
  // As the key itself is written, not as the document spells it: one key has one thumbprint.
  const exported = key.export({ format: 'jwk' });
  const algorithm = jwk.has('alg') ? textOf(jwk, 'alg') ?? '' : null;
  const isFor = (jws: Jws): boolean => algorithm === null || algorithm === jws.algorithm;
  return { thumbprint: thumbprintOf(exported, names), algorithm, verifies: (jws) => isFor(jws) && verifies(key, exported, jws) };
}

function publicKey(jwk: JsonWebKey): KeyObject | null {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    // No point of its curve, an unknown curve, no number (BCP-9).
    return null;
  }
}

function thumbprintOf(jwk: JsonWebKey, names: readonly string[]): string {
  const required = names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(jwk[name])}`);
  return createHash('sha256').update(`{${required.join(',')}}`).digest('base64url');
}

function verifies(key: KeyObject, { kty, crv }: JsonWebKey, jws: Jws): boolean {
  const algorithm = algorithms.get(jws.algorithm);
  if (algorithm === undefined || algorithm.keyType !== kty || algorithm.curve !== crv) return false;
  // ECDSA in a JWS is r and s, each as long as the curve, never DER (JWS-6).
  if (algorithm.signatureBytes !== undefined && algorithm.signatureBytes !== jws.signature.length) return false;
  return verify(algorithm.hash, Buffer.from(jws.signingInput, 'ascii'), { key, ...algorithm.input }, jws.signature);
}
