import { generateKeyPairSync, sign, constants } from 'node:crypto';

const pairs = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};
const hashes = { ES256: 'sha256', ES384: 'sha384', ES512: 'sha512', RS256: 'sha256', PS256: 'sha256', EdDSA: null };

/** An issuer with one key: it signs what it is told to. */
export function makeIssuer(algorithm = 'ES256', keyId = 'k-1', pair = pairs[algorithm]()) {
  const { privateKey, publicKey } = pair;
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: keyId, use: 'sig' };
  const options = algorithm.startsWith('ES') ? { dsaEncoding: 'ieee-p1363' }
    : algorithm.startsWith('PS') ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {};
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    jwk,
    pair,
    sign(claims, header = {}, more = {}) {
      const input = `${encode({ alg: algorithm, typ: 'at+jwt', kid: keyId, ...header })}.${encode(claims)}`;
      return `${input}.${sign(hashes[algorithm], Buffer.from(input), { key: privateKey, ...options, ...more }).toString('base64url')}`;
    },
  };
}
