// An API with WebSockets of two kinds: /watched/SUBJECT, and /plain/SUBJECT, to which POST /shout/SUBJECT sends one word.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createVerifier } from '../../clients/node/dist/index.js';
import { protectUpgrade } from '../../clients/node/dist/ws.js';

const { WebSocketServer } = createRequire(new URL('../../clients/node/package.json', import.meta.url))('ws');

const [authority, clientId, clientSecret] = process.argv.slice(2);
const verifier = await createVerifier({ authority, audience: 'orders', clientId, clientSecret, allowInsecureLoopback: true, log: () => {} });
const sockets = new WebSocketServer({ noServer: true });
const openWatched = protectUpgrade(sockets, verifier);
const plain = new Map();

const server = createServer((request, response) => {
  for (const ws of plain.get(request.url.split('/')[2])) ws.send('word');
  response.end();
});
server.on('upgrade', (request, socket, head) => {
  const [, kind, subject] = request.url.split('/');
  if (kind === 'watched') openWatched(request, socket, head);
  else sockets.handleUpgrade(request, socket, head, (ws) => plain.set(subject, [...plain.get(subject) ?? [], ws]));
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => {
  globalThis.gc();
  process.send('collected');
});
