// The samples that verify tokens, each in a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { callApi, freePort, ready } from './authority.mjs';

/** Starts samples/ForeignIssuer, which trusts `issuer` and follows `authority`; its `status` says what it answers to an access token. */
export async function startApi(test, { issuer, authority }) {
  const { url, status } = await startSample(test, 'ForeignIssuer', authority, {
    Authentication__Schemes__Bearer__Authority: issuer.url,
    Authentication__Schemes__Bearer__ValidAudience: 'orders',
    Authentication__Schemes__Bearer__RequireHttpsMetadata: 'false',
  });
  return { url, status: ({ access }) => status(access) };
}

/** Starts samples/Chat, whose hub is at `/chat`. */
export const startChat = async (test, authority) => (await startSample(test, 'Chat', authority, { Rescind__Audience: 'orders' })).url;

/** Starts samples/Orders. */
export const startOrders = (test, authority) => startSample(test, 'Orders', authority, { Rescind__Audience: 'orders' });

/** Starts the same in Node, samples/node-api. */
export async function startNodeOrders(test, authority) {
  const [program, port] = [fileURLToPath(new URL('../../samples/node-api/orders.mjs', import.meta.url)), await freePort()];
  return startProcess(test, authority, [process.execPath, program], `http://127.0.0.1:${port}`, { PORT: `${port}`, NODE_ENV: 'development' });
}

async function startSample(test, name, authority, settings) {
  const program = fileURLToPath(new URL(`../../samples/${name}/bin/Release/net10.0/${name}.dll`, import.meta.url));
  const url = `http://127.0.0.1:${await freePort()}`;
  return startProcess(test, authority, ['dotnet', program, '--urls', url], url, {
    ASPNETCORE_ENVIRONMENT: 'Development', Logging__LogLevel__Default: 'Warning', ...settings,
  });
}

async function startProcess(test, authority, [command, ...args], url, settings) {
  const verifier = await callApi(authority, '/v1/clients', { client_id: `verifier-${new URL(url).port}`, kind: 'confidential', scopes: ['feed'] });
  const serving = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env, Rescind__Authority: authority.issuer, Rescind__ClientId: verifier.client_id, Rescind__ClientSecret: verifier.client_secret,
      ...settings,
    },
  });
  const said = [];
  serving.stdout.on('data', (bytes) => said.push(bytes));
  serving.stderr.on('data', (bytes) => said.push(bytes));
  test.after(async () => {
    if (serving.exitCode === null && serving.kill('SIGKILL')) await once(serving, 'exit');
  });
  await ready(url, serving, said);
  return {
    url,
    /** What it answers to an access token. */
    status: async (token) => (await fetch(`${url}/orders`, { headers: { authorization: `Bearer ${token}` } })).status,
    /** Makes it miss what happens until it resumes. */
    suspend: () => serving.kill('SIGSTOP'),
    resume: () => serving.kill('SIGCONT'),
  };
}
