import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { protectUpgrade } from '@rescind/node/ws';
import { until } from './verifiers.mjs';

/** A server that greets, and remembers what it was sent. `between` comes after the check of a handshake and before its answer. */
export async function startServer(t, verifier, { server: serverOptions = {}, between, ...options } = {}) {
  const sockets = new WebSocketServer({ noServer: true, ...serverOptions });
  const received = [];
  sockets.on('connection', (ws) => {
    ws.send('welcome');
    ws.on('message', (data) => received.push(String(data)));
  });
  const upgrading = between === undefined ? sockets : {
    emit: (...values) => sockets.emit(...values),
    handleUpgrade: async (request, ...rest) => {
      await between(request);
      sockets.handleUpgrade(request, ...rest);
    },
  };
  const server = createServer().on('upgrade', protectUpgrade(upgrading, verifier, options)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const ws of sockets.clients) ws.terminate();
    server.close();
  });
  return { url: `ws://127.0.0.1:${server.address().port}`, sockets, received };
}

/** A client that remembers what it was told, and how it ended. */
export async function join(url, token, expected = 'open') {
  const client = begin(url, token);
  if (expected === 'open') await until(() => client.told.length > 0 || client.closed !== null);
  else [, client.answer] = await once(client.ws, 'unexpected-response');
  return client;
}

/** A client that is only coming. */
export function begin(url, token) {
  const ws = new WebSocket(url, { headers: token === null ? {} : { authorization: `Bearer ${token}` } });
  const client = { ws, told: [], closed: null };
  ws.on('message', (data) => client.told.push(String(data)));
  ws.on('close', (code, reason) => { client.closed = [code, String(reason)]; });
  ws.on('error', () => {});
  return client;
}

export const ended = async (client) => {
  await until(() => client.closed !== null);
  return client.closed;
};
