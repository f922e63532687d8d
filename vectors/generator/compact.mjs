// Compact tokens with exactly the bytes that a case asks for. The strict reader does not look at signatures, so most of them
// carry 64 bytes that sign nothing; the few that verify are constants, because ECDSA is random in Node.
import { createHash, createPublicKey, verify } from 'node:crypto';
import assert from 'node:assert/strict';
import { own } from './entries.mjs';

export const base64url = (bytes) => Buffer.from(bytes).toString('base64url');

export const header = { alg: 'ES256', typ: 'at+jwt', kid: 'JoU0DWvG' };
export const claims = {
  iss: own, sub: 'u-42', aud: 'orders', client_id: 'web', jti: 't-0001', sid: 's-7', scope: 'orders.read',
  iat: 1767225600, exp: 1767225900, auth_time: 1767220000, lpos: 1767225600000000,
};

const bytesOf = (part) => Buffer.isBuffer(part) ? part : Buffer.from(typeof part === 'string' ? part : JSON.stringify(part), 'utf8');

/** Each part is an object, the exact text of one, or exact bytes. */
export function token(headerPart, payloadPart) {
  const input = `${base64url(bytesOf(headerPart))}.${base64url(bytesOf(payloadPart))}`;
  return `${input}.${createHash('sha512').update(input).digest('base64url')}`;
}

export const digestOf = (text) => createHash('sha256').update(text.slice(0, text.lastIndexOf('.'))).digest('base64url');

/** An object's text with one member written as raw JSON: for what JSON.stringify cannot say. */
export function raw(object, name, json) {
  const { [name]: _, ...rest } = object;
  return `{${JSON.stringify(name)}:${json},${JSON.stringify(rest).slice(1)}`;
}

export const without = (object, name) => {
  const { [name]: _, ...rest } = object;
  return rest;
};

export const signed = {
  jwk: { crv: 'P-256', kty: 'EC', x: 'gBQFpvU_jS_K3Qnr1ckGaPq24ClZvtAuGmJhH0DaMvI', y: '_9y1MxwpsOywl4ZdWCRQM8DtB-DSjqSPtSsjSylG-cU' },
  thumbprint: 'JoU0DWvGxHwcYnJwC67AY7q3xhfbuauAOMb14I2EJw4',
  input: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IkpvVTBEV3ZHIn0.eyJpc3MiOiJodHRwczovL2F1dGguc2hvcC5leGFtcGxlIiwic3ViIjoid'
    + 'S00MiIsImF1ZCI6Imh0dHBzOi8vYXBpLnNob3AuZXhhbXBsZSIsImNsaWVudF9pZCI6IndlYiIsImp0aSI6InQtMDAwMSIsInNpZCI6InMtNyIsInNjb3BlIjoib3'
    + 'JkZXJzIiwiaWF0IjoxNzY3MjI1NjAwLCJleHAiOjQxMDI0NDQ4MDB9',
  signature: 'L2PXMZHmTxJ1UA1NXsOU-AntcqJqF-AD5bPPbuttxjgp89r_L6UcBlA0A_IHxd5-ArDnMM_v_juoJ_LO4EXIew',
  secondSignature: 'L2PXMZHmTxJ1UA1NXsOU-AntcqJqF-AD5bPPbuttxjjWDCT_0Frj-q_L_A34OiGBujYTfNcnoElLkdf0HB1c1g',
  digest: 'o2J31ahtyEnpCDoIuExvm3Dr3EhNtAgQn_Mj0fgoUaA',
};

const key = createPublicKey({ key: signed.jwk, format: 'jwk' });
for (const signature of [signed.signature, signed.secondSignature]) {
  assert.ok(verify('sha256', Buffer.from(signed.input), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')));
}
assert.equal(digestOf(`${signed.input}.${signed.signature}`), signed.digest);
assert.equal(signed.thumbprint, createHash('sha256').update(JSON.stringify(signed.jwk)).digest('base64url'));
