import { findInInput } from './lib/app-code.js';
import { declareDemand, judgeToken } from './lib/http/protection.js';
import { VerifiedTokens } from './lib/keys/verified-tokens.js';
import type { Verifier } from './lib/verifier.js';
import type { CheckOptions, Verdict } from './lib/verdicts/verdict.js';
import { closingOf, type Closing } from './lib/watching/closing.js';
import { endNowTellLater, type TransportLike } from './lib/watching/held-transport.js';
import type { Watch } from './lib/watching/watches.js';

export type { Closing } from './lib/watching/closing.js';

/** What of a socket of Socket.IO matters here. */
export interface SocketLike {
  readonly handshake: { readonly auth: { readonly [name: string]: unknown } };
  readonly conn: TransportLike;
  readonly connected: boolean;
  emit(event: string, ...values: any[]): unknown;
  disconnect(close?: boolean): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
}

/** What of a namespace of Socket.IO matters here. */
export interface NamespaceLike<S extends SocketLike> {
  readonly adapter: object;
  use(middleware: (socket: S, next: (error?: Error) => void) => void): unknown;
  on(event: 'connection', listener: (socket: S) => void): unknown;
}

export interface SocketOptions<S extends SocketLike> extends CheckOptions {
  /** Where the token is. Default: `auth.token` of the handshake. */
  readonly getToken?: (socket: S) => unknown;
}

/** The event by which a client is told why it is disconnected, with a `Closing`. */
export const closingEvent = 'rescind:closing';

/** How many sockets that went away are remembered, so that they may recover. */
const recoverable = 10_000;

const watches = new WeakMap<object, Watch>();

/**
 * Opens sockets of a namespace to valid tokens alone (`protectNamespace(io.of('/'), verifier)`), and disconnects them when the verdict changes:
 * after the event `rescind:closing`, by the server, so that the client does not come back by itself. For the server they are over at once; the
 * clients of a crowd hear of it in turns, within the verifier's `closeSpread`. Where it cannot be told only the transport is closed, and the
 * client tries again. A connection is recovered only while the token that it was opened with is valid (T-53). Call it before the app's own
 * listeners, and after the adapter was set.
 */
export function protectNamespace<S extends SocketLike>(namespace: NamespaceLike<S>, verifier: Verifier, options: SocketOptions<S> = {}): void {
  const { getToken = (socket: S): unknown => socket.handshake.auth.token, ...demand } = options;
  declareDemand(verifier, demand);
  const gone = new VerifiedTokens<string>(recoverable);
  recoverOnlyValid(namespace.adapter, (session) => verifier.check(gone.get(session), demand).valid);

  const admit = (socket: S): Watch => {
    const token = findInInput(() => getToken(socket));
    const watch = verifier.watch(token, () => close(socket, watch), demand);
    watches.set(socket, watch);
    const left = (): void => {
      watch.end();
      const { pid } = socket as { pid?: unknown };
      if (typeof pid === 'string' && typeof token === 'string') gone.set(pid, token);
    };
    // A socket that never was connected says no goodbye, and a namespace can be left without the transport.
    socket.conn.once('close', left);
    socket.on('disconnect', left);
    if (!watch.verdict.valid) watch.end();
    return watch;
  };
  namespace.use((socket, next) => {
    judgeToken(verifier, findInInput(() => getToken(socket)), demand, (found) => {
      // It may have been taken back since it was found valid.
      const verdict = found.valid ? admit(socket).verdict : found;
      if (verdict.valid) next();
      // Without an answer to its handshake the client goes on trying by itself.
      else if (verdict.kind === 'unknown') socket.conn.close();
      else next(Object.assign(new Error(verdict.kind), { data: closingOf(verdict) satisfies Closing }));
    });
  });
  // A recovered connection may have passed no middleware; and any may have been overtaken by a revocation since (T-52).
  namespace.on('connection', (socket) => close(socket, watches.get(socket) ?? admit(socket)));
}

/** The verdict on the token of a socket, now; null for one whose namespace is not protected. */
export function verdictOf(socket: object): Verdict | null {
  return watches.get(socket)?.check() ?? null;
}

function close(socket: SocketLike, watch: Watch): void {
  const verdict = watch.check();
  // One that is not connected yet is judged again once it is.
  if (verdict.valid || !socket.connected) return;
  if (verdict.kind === 'unknown') {
    // Its client comes back by itself, after a random moment.
    socket.conn.close();
    return;
  }
  const end = (): void => {
    socket.emit(closingEvent, closingOf(verdict));
    socket.disconnect(true);
  };
  const delayMs = watch.closeDelayMs();
  // A disconnected socket is the only one that surely gets nothing: only its client has to wait for its turn.
  if (delayMs === 0) end();
  else endNowTellLater(socket.conn, delayMs, end);
}

/** What a client missed is sent to it while it is recovered, before any middleware: so recovering has to be refused, not the client. */
function recoverOnlyValid(adapter: object, isValid: (session: string) => boolean): void {
  const recovering = adapter as { restoreSession?: (session: string, offset: string) => unknown };
  const restore = recovering.restoreSession?.bind(adapter);
  if (restore !== undefined) recovering.restoreSession = (session, offset) => (isValid(session) ? restore(session, offset) : null);
}
