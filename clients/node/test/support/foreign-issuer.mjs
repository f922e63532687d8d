import { once } from 'node:events';
import { createServer } from 'node:http';
import { makeIssuer } from './issuer.mjs';
import { issuerEntry, vectors } from './vectors.mjs';
import { second } from './verifiers.mjs';

/** Another issuer, registered at an Authority: the options by which a verifier trusts it, and tokens of its own. `published` are its keys. */
export async function startForeignIssuer(t, authority, published) {
  const record = vectors('verdicts').records.foreign;
  const issuer = makeIssuer('RS256', 'idp-1');
  const keys = published ?? [issuer.jwk];
  const server = createServer((_, response) => response.end(JSON.stringify({ keys }))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  authority.log.append(issuerEntry(record, authority.log.head.position + 1));
  authority.wake();
  const jwksUri = `http://127.0.0.1:${server.address().port}/keys`;
  return {
    options: { allowInsecureLoopback: true, issuers: [{ issuer: record.issuer, audience: 'api://orders', jwksUri }] },
    token: (claims = {}) => issuer.sign({
      iss: record.issuer, aud: 'api://orders', jti: 'f-1', iat: second(), exp: second() + 600, auth_time: second(), ...claims,
    }, { typ: 'JWT' }),
  };
}
