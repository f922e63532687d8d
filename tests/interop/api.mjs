// The samples that verify tokens, each in a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { callApi, freePort, ready } from './authority.mjs';

/** Starts samples/ForeignIssuer, which trusts `issuer` and follows `authority`; its `status` says what it answers to an access token. */
export async function startApi(test, { issuer, authority }) {
  const url = await startSample(test, 'ForeignIssuer', authority, {
    Authentication__Schemes__Bearer__Authority: issuer.url,
    Authentication__Schemes__Bearer__ValidAudience: 'orders',
    Authentication__Schemes__Bearer__RequireHttpsMetadata: 'false',
  });
  const status = async ({ access }) => (await fetch(`${url}/orders`, { headers: { authorization: `Bearer ${access}` } })).status;
  return { url, status };
}

/** Starts samples/Chat, whose hub is at `/chat`. */
export const startChat = (test, authority) => startSample(test, 'Chat', authority, { Rescind__Audience: 'orders' });

async function startSample(test, name, authority, settings) {
  const program = fileURLToPath(new URL(`../../samples/${name}/bin/Release/net10.0/${name}.dll`, import.meta.url));
  const verifier = await callApi(authority, '/v1/clients', { client_id: 'verifier', kind: 'confidential', scopes: ['feed'] });
  const url = `http://127.0.0.1:${await freePort()}`;
  const serving = spawn('dotnet', [program, '--urls', url], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env, ASPNETCORE_ENVIRONMENT: 'Development', Logging__LogLevel__Default: 'Warning',
      Rescind__Authority: authority.issuer, Rescind__ClientId: verifier.client_id, Rescind__ClientSecret: verifier.client_secret,
      ...settings,
    },
  });
  const said = [];
  serving.stdout.on('data', (bytes) => said.push(bytes));
  serving.stderr.on('data', (bytes) => said.push(bytes));
  test.after(async () => {
    if (serving.exitCode === null && serving.kill('SIGTERM')) await once(serving, 'exit');
  });
  await ready(url, serving, said);
  return url;
}
