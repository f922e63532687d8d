import { createHash, createPublicKey, constants, verify, type JsonWebKey, type KeyObject, type VerifyKeyObjectInput } from 'node:crypto';
import { textOf } from '../tokens/claims.js';
import { decodeBase64url } from '../tokens/base64url.js';
import type { JsonObject } from '../tokens/json.js';
import type { Jws } from '../tokens/compact-jws.js';

/** A public key that verifies tokens. */
export interface VerificationKey {
  /** RFC 7638: names the key whatever its `kid` (T-27). */
  readonly thumbprint: string;
  /** The only algorithm that it is for, where its document says so. */
  readonly algorithm: string | null;
  /** Whether a token with this `alg` may be verified by this key: that of its document, of its type and of its curve. */
  fits(algorithm: string): boolean;
  /** Whether this key, with the algorithm that the token names and no other (BCP-2), signed it. */
  verifies(jws: Jws): boolean;
}

interface Algorithm {
  readonly keyType: string;
  readonly curve?: string;
  readonly hash: string;
  readonly signatureBytes?: number;
  readonly input?: Omit<VerifyKeyObjectInput, 'key'>;
}

const ecdsa = (curve: string, hash: string, signatureBytes: number): Algorithm =>
  ({ keyType: 'EC', curve, hash, signatureBytes, input: { dsaEncoding: 'ieee-p1363' } });
const rsa = (hash: string): Algorithm => ({ keyType: 'RSA', hash });
const pss = (hash: string): Algorithm => ({
  keyType: 'RSA', hash, input: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
});

// RFC 7518: what is not here verifies nothing, `none` and secrets shared with the issuer first of all. EdDSA, which .NET has not, is verified
// nowhere.
const algorithms: ReadonlyMap<string, Algorithm> = new Map([
  ['ES256', ecdsa('P-256', 'sha256', 64)], ['ES384', ecdsa('P-384', 'sha384', 96)], ['ES512', ecdsa('P-521', 'sha512', 132)],
  ['RS256', rsa('sha256')], ['RS384', rsa('sha384')], ['RS512', rsa('sha512')],
  ['PS256', pss('sha256')], ['PS384', pss('sha384')], ['PS512', pss('sha512')],
]);

// The required members, in the order of the thumbprint (JWK-4).
const members: Record<string, readonly string[]> = { EC: ['crv', 'kty', 'x', 'y'], RSA: ['e', 'kty', 'n'] };

// A private member is there for everybody to read: whoever signs by it is not the issuer (JWK-3).
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const coordinateBytes: Record<string, number> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 };
// RFC 7518 section 3.3; above the largest, OpenSSL verifies nothing.
const smallestModulusBits = 2048;
const largestModulusBits = 16_384;
const largestExponentBytes = 8;

/**
 * Imports a JWK; null if it is no key that is fit to verify tokens (JWK-2). This is the one place that says which are (RFC 7517 section 4,
 * RFC 7518 sections 3.3, 3.4 and 6, RFC 8725 sections 3.1, 3.4 and 3.5); `vectors/keys.json` proves it.
 */
export function importKey(jwk: JsonObject): VerificationKey | null {
  const names = members[textOf(jwk, 'kty') ?? ''];
  if (names === undefined || !isForVerifying(jwk) || !hasSoundNumbers(jwk)) return null;
  const key = publicKey(Object.fromEntries(names.map((name) => [name, textOf(jwk, name) ?? ''])));
  if (key === null) return null;
  // As the key itself is written, not as the document spells it: one key has one thumbprint.
  const exported = key.export({ format: 'jwk' });
  const algorithm = textOf(jwk, 'alg');
  const fits = (other: string): boolean => (algorithm === null || algorithm === other) && isOfType(exported, other);
  return { thumbprint: thumbprintOf(exported, names), algorithm, fits, verifies: (jws) => fits(jws.algorithm) && verifies(key, jws) };
}

// RFC 7517 sections 4.2 to 4.4.
function isForVerifying(jwk: JsonObject): boolean {
  const operations = jwk.get('key_ops') ?? null;
  const mayVerify = !jwk.has('key_ops') || (Array.isArray(operations)
    && operations.every((operation) => typeof operation === 'string') && operations.includes('verify'));
  const isAlgorithmText = !jwk.has('alg') || textOf(jwk, 'alg') !== null;
  return mayVerify && isAlgorithmText && (!jwk.has('use') || textOf(jwk, 'use') === 'sig') && !privateMembers.some((name) => jwk.has(name));
}

function hasSoundNumbers(jwk: JsonObject): boolean {
  if (textOf(jwk, 'kty') === 'EC') {
    const length = coordinateBytes[textOf(jwk, 'crv') ?? ''];
    return length !== undefined && bytesOf(jwk, 'x')?.length === length && bytesOf(jwk, 'y')?.length === length;
  }
  const [modulus, exponent] = [numberOf(jwk, 'n'), numberOf(jwk, 'e')];
  const bits = modulus === null ? 0 : modulus.length * 8 - Math.clz32(modulus[0] as number) + 24;
  // By an exponent of 1 everybody signs; an even number is of no key.
  return modulus !== null && exponent !== null && bits >= smallestModulusBits && bits <= largestModulusBits
    && exponent.length <= largestExponentBytes && isOdd(modulus) && isOdd(exponent) && !(exponent.length === 1 && exponent[0] === 1);
}

/** The bytes of a base64url member; null if it is anything else. Padding, which some issuers write, is overlooked. */
function bytesOf(jwk: JsonObject, name: string): Buffer | null {
  return decodeBase64url((textOf(jwk, name) ?? '').replace(/=+$/, ''));
}

/** A number without leading zeros, which some issuers write (RFC 7518 section 6.3.1.1); null if it is none. */
function numberOf(jwk: JsonObject, name: string): Buffer | null {
  const bytes = bytesOf(jwk, name);
  const first = bytes?.findIndex((byte) => byte !== 0) ?? -1;
  return first < 0 ? null : bytes?.subarray(first) ?? null;
}

function isOdd(number: Buffer): boolean {
  return ((number.at(-1) as number) & 1) === 1;
}

function publicKey(jwk: JsonWebKey): KeyObject | null {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    // No point of its curve (BCP-9).
    return null;
  }
}

function thumbprintOf(jwk: JsonWebKey, names: readonly string[]): string {
  const required = names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(jwk[name])}`);
  return createHash('sha256').update(`{${required.join(',')}}`).digest('base64url');
}

function isOfType({ kty, crv }: JsonWebKey, name: string): boolean {
  const algorithm = algorithms.get(name);
  return algorithm !== undefined && algorithm.keyType === kty && algorithm.curve === crv;
}

function verifies(key: KeyObject, jws: Jws): boolean {
  const algorithm = algorithms.get(jws.algorithm) as Algorithm;
  // ECDSA in a JWS is r and s, each as long as the curve, never DER (JWS-6).
  if (algorithm.signatureBytes !== undefined && algorithm.signatureBytes !== jws.signature.length) return false;
  return verify(algorithm.hash, Buffer.from(jws.signingInput, 'ascii'), { key, ...algorithm.input }, jws.signature);
}
