// An API that takes the tokens of another issuer: samples/ForeignIssuer in a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { callApi, freePort, ready } from './authority.mjs';

const program = fileURLToPath(new URL('../../samples/ForeignIssuer/bin/Release/net10.0/ForeignIssuer.dll', import.meta.url));

/** Starts an API that trusts `issuer` and follows `authority`; its `status` says what it answers to an access token. */
export async function startApi(test, { issuer, authority }) {
  const verifier = await callApi(authority, '/v1/clients', { client_id: 'verifier', kind: 'confidential', scopes: ['feed'] });
  const url = `http://127.0.0.1:${await freePort()}`;
  const serving = spawn('dotnet', [program, '--urls', url], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env, ASPNETCORE_ENVIRONMENT: 'Development', Logging__LogLevel__Default: 'Warning',
      Authentication__Schemes__Bearer__Authority: issuer.url,
      Authentication__Schemes__Bearer__ValidAudience: 'orders',
      Authentication__Schemes__Bearer__RequireHttpsMetadata: 'false',
      Rescind__Authority: authority.issuer, Rescind__ClientId: verifier.client_id, Rescind__ClientSecret: verifier.client_secret,
    },
  });
  const said = [];
  serving.stdout.on('data', (bytes) => said.push(bytes));
  serving.stderr.on('data', (bytes) => said.push(bytes));
  test.after(async () => {
    if (serving.exitCode === null && serving.kill('SIGTERM')) await once(serving, 'exit');
  });
  await ready(url, serving, said);
  const status = async ({ access }) => (await fetch(`${url}/orders`, { headers: { authorization: `Bearer ${access}` } })).status;
  return { url, status };
}
