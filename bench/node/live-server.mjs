// An API with live connections of one kind: watched ones, and plain ones of a SUBJECT each, to which POST /shout/SUBJECT sends one word.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createVerifier } from '../../clients/node/dist/index.js';
import { protectNamespace } from '../../clients/node/dist/socket.io.js';
import { protectUpgrade } from '../../clients/node/dist/ws.js';

const require = createRequire(new URL('../../clients/node/package.json', import.meta.url));
const { Server } = require('socket.io');
const { WebSocketServer } = require('ws');

/** Serves connections of a kind, and returns how a subject's plain ones are sent a word. */
const kinds = {
  ws(server, verifier) {
    const sockets = new WebSocketServer({ noServer: true });
    const openWatched = protectUpgrade(sockets, verifier);
    const plain = new Map();
    server.on('upgrade', (request, socket, head) => {
      const [, way, subject] = request.url.split('/');
      if (way === 'watched') openWatched(request, socket, head);
      else sockets.handleUpgrade(request, socket, head, (ws) => plain.set(subject, [...plain.get(subject) ?? [], ws]));
    });
    return (subject) => { for (const ws of plain.get(subject)) ws.send('word'); };
  },
  'Socket.IO'(server, verifier) {
    const io = new Server(server);
    protectNamespace(io.of('/watched'), verifier);
    const plain = io.of('/plain').on('connection', (socket) => socket.join(socket.handshake.auth.subject));
    return (subject) => plain.to(subject).emit('word');
  },
};

const [kind, authority, clientId, clientSecret] = process.argv.slice(2);
const verifier = await createVerifier({ authority, audience: 'orders', clientId, clientSecret, allowInsecureLoopback: true, log: () => {} });
const server = createServer((request, response) => {
  shout(request.url.split('/')[2]);
  response.end();
});
const shout = kinds[kind](server, verifier);
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => {
  globalThis.gc();
  process.send('collected');
});
