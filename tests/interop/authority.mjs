// An Authority in a process of its own, on a port and in a folder that nobody else has.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../rescind', import.meta.url));
const startTimeoutMs = 60_000;

/** Starts an Authority and registers its end with the test that asks. It can be stopped, and started again where it was. */
export async function startAuthority(test) {
  const data = await mkdtemp(join(tmpdir(), 'rescind-interop-'));
  const issuer = `http://127.0.0.1:${await freePort()}`;
  let serving;
  const start = async () => {
    serving = spawn(program, ['serve', '--urls', issuer, '--data', data], { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = [];
    serving.stdout.on('data', (bytes) => said.push(bytes));
    serving.stderr.on('data', (bytes) => said.push(bytes));
    await ready(issuer, serving, said);
  };
  const stop = async () => {
    if (serving.exitCode === null && serving.kill('SIGTERM')) await once(serving, 'exit');
  };
  test.after(async () => {
    await stop();
    await rm(data, { recursive: true, force: true });
  });
  await start();
  const { client_id: id, client_secret: secret } = JSON.parse(await readFile(join(data, 'admin.json'), 'utf8'));
  return { issuer, admin: { id, secret }, start, stop };
}

/** The `Authorization` header of the administrator. */
export async function bearerOf({ issuer, admin }) {
  const basic = Buffer.from(`${admin.id}:${admin.secret}`).toString('base64');
  const granted = await post(`${issuer}/token`, new URLSearchParams({ grant_type: 'client_credentials' }), { authorization: `Basic ${basic}` });
  return `Bearer ${granted.access_token}`;
}

/** Calls `/v1` as the administrator and returns the answer's JSON. */
export async function callApi(authority, path, body, headers = {}) {
  const authorization = await bearerOf(authority);
  return post(`${authority.issuer}${path}`, JSON.stringify(body), { ...headers, authorization, 'content-type': 'application/json' });
}

export const startSession = (authority, subject = 'alice') =>
  callApi(authority, '/v1/sessions', { subject, audience: 'orders', scope: 'orders.read' });

/** The session's next tokens. */
export const refreshSession = (authority, session) => post(
  `${authority.issuer}/token`, new URLSearchParams({ grant_type: 'refresh_token', refresh_token: session.refresh_token, client_id: 'web' }), {});

async function post(url, body, headers) {
  const answer = await fetch(url, { method: 'POST', body, headers });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Waits until a server that was just started says that it is ready. */
export async function ready(url, serving, said) {
  for (let waited = 0; waited < startTimeoutMs; waited += 50) {
    if (serving.exitCode !== null) break;
    const answer = await fetch(`${url}/health/ready`).catch(() => null);
    if (answer?.ok) return;
    await delay(50);
  }
  throw new Error(`${url} did not start:\n${Buffer.concat(said)}`);
}

/** One below those that Linux gives to whoever asks for any: nobody else is given it between the choice and its use. */
export async function freePort() {
  const port = randomInt(20_000, 32_000);
  const server = createServer().listen(port, '127.0.0.1');
  const isFree = await once(server, 'listening').then(() => true, () => false);
  if (!isFree) return freePort();
  server.close();
  await once(server, 'close');
  return port;
}
