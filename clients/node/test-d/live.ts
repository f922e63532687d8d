// Live connections fit the types of ws and Socket.IO, which the package does not import.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { WebSocketServer } from 'ws';
import { createVerifier, type Verdict } from '@rescind/node';
import { protectNamespace, verdictOf as verdictOfSocket, type Closing } from '@rescind/node/socket.io';
import { protectUpgrade, verdictOf } from '@rescind/node/ws';

const verifier = await createVerifier({
  authority: 'https://auth.example.com', audience: 'orders', clientId: 'orders', clientSecret: 'secret', closeSpread: 2.5,
});

const sockets = new WebSocketServer({ noServer: true });
sockets.on('connection', (ws) => { void (verdictOf(ws) satisfies Verdict | null); });
createServer().on('upgrade', protectUpgrade(sockets, verifier, {
  getToken: (request) => request.headers['sec-websocket-protocol'],
  renewal: { ask: 'renew', tokenOf: (data) => data.toString(), margin: 10 }, maxBacklogMessages: 100, maxBacklogBytes: 65_536,
}));
// @ts-expect-error: what closes takes its turn among all connections of a verifier, whose option it is
protectUpgrade(sockets, verifier, { closeSpread: 2.5 });

const io = new Server();
protectNamespace(io.of('/'), verifier, { maxStaleness: 2, getToken: (socket) => socket.handshake.headers.authorization });
// @ts-expect-error: the same
protectNamespace(io.of('/news'), verifier, { closeSpread: 2.5 });
io.on('connection', (socket) => { void verdictOfSocket(socket)?.valid; });
const closing: Closing = { code: 4401, reason: 'revoked' };
// @ts-expect-error: a code is one of three
closing.code = 4000;
