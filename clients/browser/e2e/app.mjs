// The sample app in a process of its own: an Authority, an API and a login, on a port and in a folder that nobody else has.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../tests/interop/authority.mjs';

const project = fileURLToPath(new URL('../../../samples/Browser', import.meta.url));
const startTimeoutMs = 60_000;

/** Starts the app and registers its end with the test that asks. */
export async function startApp(test) {
  const data = await mkdtemp(join(tmpdir(), 'rescind-browser-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  const serving = spawn('dotnet', [join(project, 'bin/Release/net10.0/Browser.dll'), '--urls', url], {
    cwd: project, stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ASPNETCORE_ENVIRONMENT: 'Development', Rescind__Data: data, Logging__LogLevel__Default: 'Warning' },
  });
  const said = [];
  serving.stdout.on('data', (bytes) => said.push(bytes));
  serving.stderr.on('data', (bytes) => said.push(bytes));
  test.after(async () => {
    if (serving.exitCode === null && serving.kill('SIGTERM')) await once(serving, 'exit');
    await rm(data, { recursive: true, force: true });
  });
  for (let waited = 0; !(await fetch(`${url}/auth/health/ready`).catch(() => null))?.ok; waited += 50) {
    if (serving.exitCode !== null || waited > startTimeoutMs) throw new Error(`the app did not start:\n${Buffer.concat(said)}`);
    await delay(50);
  }
  return {
    url,
    startSession: () => call(url, data, '/auth/v1/sessions', { subject: 'alice', audience: `${url}/auth` }),
    revoke: (match, effect) => call(url, data, '/auth/v1/revocations', { match, effect, reason: 'test' }),
  };
}

/** Calls the Authority as its administrator. */
async function call(url, data, path, body) {
  const admin = JSON.parse(await readFile(join(data, 'admin.json'), 'utf8'));
  const basic = Buffer.from(`${admin.client_id}:${admin.client_secret}`).toString('base64');
  const granted = await post(`${url}/auth/token`, new URLSearchParams({ grant_type: 'client_credentials' }), { authorization: `Basic ${basic}` });
  return post(url + path, JSON.stringify(body), { authorization: `Bearer ${granted.access_token}`, 'content-type': 'application/json' });
}

async function post(url, body, headers) {
  const answer = await fetch(url, { method: 'POST', body, headers });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
