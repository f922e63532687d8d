// samples/node-api in a process of its own, with an Authority in another.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { io as connect } from 'socket.io-client';
import { WebSocket } from 'ws';
import { bearerOf, callApi, freePort, ready, startAuthority, startSession } from '../../../tests/interop/authority.mjs';

const program = fileURLToPath(new URL('../../../samples/node-api/server.mjs', import.meta.url));

async function startSample(t, authority) {
  const client = await callApi(authority, '/v1/clients', { client_id: 'node-api', kind: 'confidential', scopes: ['feed'] });
  const port = await freePort();
  const serving = spawn(process.execPath, [program], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env, NODE_ENV: 'development', PORT: String(port), Rescind__Authority: authority.issuer, Rescind__Audience: 'orders',
      Rescind__ClientId: client.client_id, Rescind__ClientSecret: client.client_secret,
    },
  });
  const said = [];
  serving.stdout.on('data', (bytes) => said.push(bytes));
  serving.stderr.on('data', (bytes) => said.push(bytes));
  t.after(async () => {
    if (serving.exitCode === null && serving.kill('SIGTERM')) await once(serving, 'exit');
  });
  const url = `http://127.0.0.1:${port}`;
  await ready(url, serving, said);
  return { url, serving };
}

test('samples/node-api: one revocation is in force on every way in', async (t) => {
  const authority = await startAuthority(t);
  const { url, serving } = await startSample(t, authority);
  const { access_token: token, session_id: session } = await startSession(authority);
  const headers = { authorization: `Bearer ${token}` };
  const status = async (path, method = 'GET') => (await fetch(url + path, { method, headers })).status;

  assert.deepEqual(await (await fetch(`${url}/orders`, { headers })).json(), [{ id: 1, item: 'a book', subject: 'alice' }]);
  assert.equal(await status('/transfers', 'POST'), 202);
  assert.equal((await fetch(`${url}/orders`)).status, 401);

  const ws = new WebSocket(`${url.replace('http', 'ws')}/ticker`, { headers });
  const closed = once(ws, 'close');
  await once(ws, 'message');
  const socket = connect(url, { auth: { token } });
  t.after(() => socket.disconnect());
  assert.deepEqual(await socket.emitWithAck('order', 'a book'), { accepted: 'a book' });
  const left = new Promise((resolve) => { socket.on('disconnect', resolve); });

  await callApi(authority, '/v1/revocations', { match: { session }, reason: 'laptop stolen' }, { prefer: 'wait=10' });

  assert.deepEqual([await status('/orders'), await status('/transfers', 'POST')], [401, 401]);
  const [code, reason] = await closed;
  assert.deepEqual([code, String(reason)], [4401, 'revoked']);
  assert.equal(await left, 'io server disconnect');

  serving.kill('SIGTERM');
  await once(serving, 'exit');
  const { verifiers } = await (await fetch(`${authority.issuer}/v1/verifiers`, { headers: { authorization: await bearerOf(authority) } })).json();
  assert.deepEqual(verifiers.filter(({ state }) => state === 'live'), [], 'it said goodbye');
});
