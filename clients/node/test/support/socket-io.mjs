import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { io as connect } from 'socket.io-client';
import { closingEvent, protectNamespace } from '@rescind/node/socket.io';

/** On a busy machine either end may be late with its answer. */
export const patient = { pingTimeout: 120_000, connectTimeout: 120_000 };

/** A server whose sockets hear the news. `between` comes after the check of a handshake and before its answer. */
export async function startServer(t, verifier, { server: serverOptions = {}, between, ...options } = {}) {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const io = new Server(http, { ...patient, ...serverOptions });
  protectNamespace(io.of('/'), verifier, options);
  if (between !== undefined) io.use((socket, next) => { between(socket).then(() => next(), next); });
  const served = [];
  io.on('connection', (socket) => {
    if (!socket.connected) return;
    served.push(socket);
    socket.join('news');
    socket.onAny((event) => socket.emit('echo', event));
  });
  t.after(() => io.close());
  return { io, served, url: `http://127.0.0.1:${http.address().port}` };
}

/** A client that remembers what happened to it. */
export function join(t, url, token, options = {}) {
  const quick = { reconnectionDelay: 50, reconnectionDelayMax: 50, transports: ['websocket'], forceNew: true, timeout: 120_000 };
  return follow(t, connect(url, { auth: { token }, ...quick, ...options }));
}

/** Another namespace on the transport of a client. */
export function joinBeside(t, { socket }, name, token) {
  return follow(t, socket.io.socket(name, { auth: { token } }));
}

function follow(t, socket) {
  const client = { socket, events: [] };
  socket.on('connect', () => client.events.push('connect'));
  socket.on('disconnect', (reason) => client.events.push(`disconnect: ${reason}`));
  socket.on('connect_error', (error) => client.events.push(error.data ? `refused: ${error.data.code} ${error.data.reason}` : 'error'));
  socket.on(closingEvent, ({ code, reason }) => client.events.push(`closing: ${code} ${reason}`));
  socket.on('news', (text) => client.events.push(`news: ${text}`));
  t.after(() => socket.disconnect());
  return client;
}
