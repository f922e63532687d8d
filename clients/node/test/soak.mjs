// samples/node-api while people log in, call, connect and are revoked, and a few stay: what it holds does not grow.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { io as connect } from 'socket.io-client';
import { WebSocket } from 'ws';
import { bearerOf, callApi, freePort, ready, startAuthority } from '../../../tests/interop/authority.mjs';
import { tries } from './support/random.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const seconds = tries(60, 600);
const atOnce = 2;

/** The sample in a process of its own, which can be asked how much it holds. */
async function startSample(t, authority) {
  const client = await callApi(authority, '/v1/clients', { client_id: 'node-api', kind: 'confidential', scopes: ['feed'] });
  const port = await freePort();
  // Without a bound the space of new objects is what the load of the last moment made of it, tens of megabytes more or less.
  const flags = ['--expose-gc', '--max-semi-space-size=1', '--import', path('support/measured.mjs')];
  const serving = spawn(process.execPath, [...flags, path('../../../samples/node-api/server.mjs')], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {
      ...process.env, NODE_ENV: 'development', PORT: String(port), Rescind__Authority: authority.issuer, Rescind__Audience: 'orders',
      Rescind__ClientId: client.client_id, Rescind__ClientSecret: client.client_secret,
    },
  });
  t.after(async () => {
    if (serving.exitCode === null && serving.kill('SIGTERM')) await once(serving, 'exit');
  });
  const url = `http://127.0.0.1:${port}`;
  await ready(url, serving, []);
  const measure = async () => {
    serving.send('measure');
    const [found] = await once(serving, 'message');
    return found;
  };
  return { url, measure };
}

test('logins, calls, connections and revocations leave nothing behind', async (t) => {
  const authority = await startAuthority(t);
  const { url, measure } = await startSample(t, authority);
  const post = async (path, body) => {
    const headers = { authorization: bearer, 'content-type': 'application/json' };
    return (await fetch(authority.issuer + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  let bearer = await bearerOf(authority);
  let logins = 0;
  const logIn = async () => {
    const session = await post('/v1/sessions', { subject: `person-${++logins}`, audience: 'orders', scope: 'orders.read' });
    return { ...session, headers: { authorization: `Bearer ${session.access_token}` } };
  };
  const listen = async ({ headers }) => {
    const ws = new WebSocket(`${url.replace('http', 'ws')}/ticker`, { headers });
    await once(ws, 'message');
    return ws;
  };
  const visit = async () => {
    const session = await logIn();
    const answer = await fetch(`${url}/orders`, { headers: session.headers });
    assert.deepEqual([answer.status, (await answer.json()).length], [200, 1]);
    const ws = await listen(session);
    const socket = connect(url, { auth: { token: session.access_token }, forceNew: true, transports: ['websocket'] });
    assert.deepEqual(await socket.emitWithAck('order', 'a book'), { accepted: 'a book' });
    const [closed, left] = [once(ws, 'close'), new Promise((resolve) => { socket.once('disconnect', resolve); })];
    await post('/v1/revocations', { match: { session: session.session_id }, reason: 'measured' });
    assert.equal((await closed)[0], 4401);
    assert.equal(await left, 'io server disconnect');
  };
  /** So many seconds of visits, beside ten who stay for a minute; then what the server holds. */
  const visitFor = async (seconds) => {
    for (let left = seconds; left > 0; left -= 60) {
      bearer = await bearerOf(authority);
      const living = await Promise.all(Array.from({ length: 10 }, async () => listen(await logIn())));
      const until = performance.now() + Math.min(left, 60) * 1000;
      await Promise.all(Array.from({ length: atOnce }, async () => { while (performance.now() < until) await visit(); }));
      assert.ok(living.every((ws) => ws.readyState === ws.OPEN), 'those who were not revoked are still there');
      for (const ws of living) ws.terminate();
      // Collects, so that no heap has grown for garbage.
      await measure();
    }
    await delay(1_000);
    return measure();
  };

  await visitFor(20);
  const before = await visitFor(seconds / 3);
  const after = await visitFor(2 * seconds / 3);
  t.diagnostic(`${logins} logins, ${JSON.stringify(before)}, then ${JSON.stringify(after)}`);
  assert.ok(after.rss <= 1.1 * before.rss, `a working set of ${before.rss} bytes after a third, ${after.rss} at the end`);
  // Of tokens between half a minute and a minute of logins are remembered, as it happens.
  assert.ok(after.held <= 1.2 * before.held, `${before.held} bytes in use after a third, ${after.held} at the end`);
  // On a busy machine connections that end take their time, as those that were lost do not.
  let { resources } = after;
  for (let waited = 0; resources > before.resources + atOnce && waited < 60; waited++) {
    await delay(1_000);
    ({ resources } = await measure());
  }
  assert.ok(resources <= before.resources + atOnce, `${before.resources} handles after a third, ${resources} a minute after the end`);
});
