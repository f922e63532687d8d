import { constants, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';

/**
 * A new pair of keys, read from text: Node 20 stands still for ever if it exports a generated key as JWK while it collects the job that generated
 * it, because both take the lock of the key.
 */
export function generatePair(type, options = {}) {
  const text = generateKeyPairSync(type, {
    ...options, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { publicKey: createPublicKey(text.publicKey), privateKey: createPrivateKey(text.privateKey) };
}

const pairs = {
  ES256: () => generatePair('ec', { namedCurve: 'P-256' }),
  ES384: () => generatePair('ec', { namedCurve: 'P-384' }),
  ES512: () => generatePair('ec', { namedCurve: 'P-521' }),
  RS256: () => generatePair('rsa', { modulusLength: 2048 }),
  PS256: () => generatePair('rsa', { modulusLength: 2048 }),
  EdDSA: () => generatePair('ed25519'),
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
