// Live connections fit the types of ws and Socket.IO, which the package does not import.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { WebSocketServer } from 'ws';
import type { Verdict, Verifier } from '@rescind/node';
import { protectNamespace, verdictOf as verdictOfSocket, type Closing } from '@rescind/node/socket.io';
import { protectUpgrade, verdictOf } from '@rescind/node/ws';

declare const verifier: Verifier;

const sockets = new WebSocketServer({ noServer: true });
sockets.on('connection', (ws) => { void (verdictOf(ws) satisfies Verdict | null); });
createServer().on('upgrade', protectUpgrade(sockets, verifier, {
  getToken: (request) => request.headers['sec-websocket-protocol'],
  renewal: { ask: 'renew', tokenOf: (data) => data.toString(), margin: 10 },
}));

const io = new Server();
protectNamespace(io.of('/'), verifier, { maxStaleness: 2, getToken: (socket) => socket.handshake.headers.authorization });
io.on('connection', (socket) => { void verdictOfSocket(socket)?.valid; });
const closing: Closing = { code: 4401, reason: 'revoked' };
// @ts-expect-error: a code is one of three
closing.code = 4000;
