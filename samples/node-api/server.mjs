import { createServer } from 'node:http';
import express from 'express';
import { Server } from 'socket.io';
import { WebSocketServer } from 'ws';
import { createVerifier } from '@rescind/node';
import { protect, verdictOf } from '@rescind/node/express';
import { protectNamespace } from '@rescind/node/socket.io';
import { protectUpgrade } from '@rescind/node/ws';

const { env } = process;
const verifier = await createVerifier({
  authority: env.Rescind__Authority, audience: env.Rescind__Audience ?? 'orders',
  clientId: env.Rescind__ClientId, clientSecret: env.Rescind__ClientSecret,
  allowInsecureLoopback: env.NODE_ENV === 'development',
});

const app = express();
app.get('/orders', protect(verifier), (request, response) => {
  response.json([{ id: 1, item: 'a book', subject: verdictOf(request).token.subject }]);
});
app.post('/transfers', protect(verifier, { maxStaleness: 2, maxAge: 300 }), (_, response) => {
  response.sendStatus(202);
});
app.get('/health/ready', (_, response) => {
  response.status(verifier.health.isFresh ? 200 : 503).send(verifier.health.status);
});

const server = createServer(app);
const ticker = new WebSocketServer({ noServer: true });
const openTicker = protectUpgrade(ticker, verifier);
server.on('upgrade', (request, socket, head) => {
  if (request.url === '/ticker') openTicker(request, socket, head);
});
ticker.on('connection', (ws) => {
  const timer = setInterval(() => ws.send(JSON.stringify({ price: 100 + Math.random() })), 100);
  ws.on('close', () => clearInterval(timer));
});

const io = new Server(server);
protectNamespace(io.of('/'), verifier);
io.on('connection', (socket) => socket.on('order', (item, reply) => reply({ accepted: item })));

server.listen(Number(env.PORT ?? 8080), '127.0.0.1');
process.once('SIGTERM', async () => {
  await io.close();
  await verifier.close();
});
