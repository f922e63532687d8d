import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { protectUpgrade } from '@rescind/node/ws';
import { until } from './verifiers.mjs';

/** A server's end that waits for its client however long that takes: on a busy machine any may be late. */
class PatientSocket extends WebSocket {
  terminate() {}
}

/**
 * A server that greets, and remembers what it was sent. `between` comes after the check of a handshake and before its answer. It cuts nobody off
 * who is late, unless `cutsOff`.
 */
export async function startServer(t, verifier, { server: serverOptions = {}, cutsOff = false, between, ...options } = {}) {
  const sockets = new WebSocketServer({ noServer: true, WebSocket: cutsOff ? WebSocket : PatientSocket, ...serverOptions });
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
    for (const ws of sockets.clients) WebSocket.prototype.terminate.call(ws);
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
