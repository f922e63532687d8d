import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { findInInput } from './lib/app-code.js';
import { bearerOf, declareDemand, examineToken } from './lib/http/protection.js';
import { withoutToken, type Refusal } from './lib/http/refusal.js';
import type { Verifier } from './lib/verifier.js';
import { backlogBoundsOf, type BacklogOptions } from './lib/watching/backlog.js';
import { GuardedSocket, type Guarding, type Renewal, type WebSocketLike } from './lib/watching/guarded-socket.js';
import type { CheckOptions, Verdict } from './lib/verdicts/verdict.js';

export type { Renewal, WebSocketLike } from './lib/watching/guarded-socket.js';

/** What of a `WebSocketServer` of the package `ws` matters here. */
export interface WebSocketServerLike<W extends WebSocketLike> {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, callback: (ws: W) => void): void;
  emit(event: 'connection', ws: W, request: IncomingMessage): boolean;
}

export interface UpgradeOptions extends CheckOptions, BacklogOptions {
  /** Where the token is, if not in the header `Authorization`, which browsers cannot set on a WebSocket. */
  readonly getToken?: (request: IncomingMessage) => string | null | undefined;
  /** How a client renews its token without reconnecting. Without it a token that is out of date closes the connection at once (4419). */
  readonly renewal?: Renewal;
}

/** A listener for `upgrade` of a server. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

const guarded = new WeakMap<object, GuardedSocket>();

/**
 * Opens WebSockets to valid tokens alone, and closes them when the verdict changes: 4401 for what was taken back, 4419 for what has run out,
 * 1013 where it cannot be told for long. From the moment of the change nothing is delivered, in either direction. While it cannot be told, and
 * while a renewal is awaited, messages wait in order; more than may wait close the connection. Give it a server with
 * `noServer: true`: `server.on('upgrade', protectUpgrade(webSockets, verifier))`. A handshake without a valid token is answered as a
 * request is: 401 or 503.
 */
export function protectUpgrade<W extends WebSocketLike>(
  server: WebSocketServerLike<W>, verifier: Verifier, options: UpgradeOptions = {},
): UpgradeListener {
  const { getToken, renewal = null, ...demand } = options;
  declareDemand(verifier, demand);
  const guarding: Guarding = { verifier, demand, renewal, bounds: backlogBoundsOf(options) };
  return (request, socket, head) => {
    const token = getToken === undefined ? bearerOf(request) : findInInput(() => getToken(request)) ?? withoutToken;
    // Until the server has it, nobody else hears that the other end is gone.
    const ignore = (): void => {};
    socket.on('error', ignore);
    examineToken(verifier, token, demand, (found) => {
      socket.off('error', ignore);
      if (!('valid' in found)) {
        refuse(socket, found);
        return;
      }
      server.handleUpgrade(request, socket, head, (ws) => {
        const guard = new GuardedSocket(ws, socket, token as string, guarding);
        guarded.set(ws, guard);
        // It may have been taken back while the handshake went on (T-52).
        if (guard.isOpen) server.emit('connection', ws, request);
      });
    });
  };
}

/** The verdict on the token of a WebSocket, now; null for one that was not opened through `protectUpgrade`. */
export function verdictOf(ws: object): Verdict | null {
  return guarded.get(ws)?.verdict ?? null;
}

function refuse(socket: Duplex, { status, headers }: Refusal): void {
  // The other end may be gone already, or never go by itself.
  socket.on('error', () => {}).once('finish', () => socket.destroy());
  const lines = Object.entries({ ...headers, Connection: 'close', 'Content-Length': '0' }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`);
}
