import { findInInput } from './lib/app-code.js';
import { systemClock } from './lib/clock.js';
import { declareDemand, judgeToken } from './lib/http/protection.js';
import { VerifiedTokens } from './lib/keys/verified-tokens.js';
import type { Verifier } from './lib/verifier.js';
import type { CheckOptions, Verdict } from './lib/verdicts/verdict.js';
import { closingOf, type Closing } from './lib/watching/closing.js';
import { NamespaceGate } from './lib/watching/namespace-gate.js';
import type { Watch } from './lib/watching/watches.js';

export { closingEvent, type Closing } from './lib/watching/closing.js';

/** What of a socket of Socket.IO 4 matters here. */
export interface SocketLike {
  readonly handshake: { readonly auth: { readonly [name: string]: unknown } };
  readonly conn: { close(): unknown };
  readonly connected: boolean;
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

/** How many sockets that went away are remembered, so that they may recover. */
const recoverable = 10_000;

const verdicts = new WeakMap<object, () => Verdict>();

/**
 * Opens sockets of a namespace to valid tokens alone (`protectNamespace(io.of('/'), verifier)`), and disconnects them when the verdict changes:
 * after the event `rescind:closing`, by the server, so that the client does not come back by itself. Other namespaces on the same transport go
 * on. For the server they are over at once; the clients of a crowd hear of it in turns, within the verifier's `closeSpread`. Where it cannot be
 * told only the transport is closed, and the client tries again. A connection is recovered only while the token that it was opened with is valid
 * (T-53). Call it before the app's own listeners, and after the adapter was set.
 */
export function protectNamespace<S extends SocketLike>(namespace: NamespaceLike<S>, verifier: Verifier, options: SocketOptions<S> = {}): void {
  const { getToken = (socket: S): unknown => socket.handshake.auth.token, ...demand } = options;
  declareDemand(verifier, demand);
  const presented = new WeakMap<S, unknown>();
  const gone = new VerifiedTokens<string>(recoverable, systemClock);
  recoverOnlyValid(namespace.adapter, (session) => verifier.check(gone.get(session), demand).valid);

  namespace.use((socket, next) => {
    const token = findInInput(() => getToken(socket));
    presented.set(socket, token);
    verdicts.set(socket, () => verifier.check(token, demand));
    judgeToken(verifier, token, demand, (verdict) => {
      if (verdict.valid) next();
      // Without an answer to its handshake the client goes on trying by itself.
      else if (verdict.kind === 'unknown') socket.conn.close();
      else next(Object.assign(new Error(verdict.kind), { data: closingOf(verdict) satisfies Closing }));
    });
  });
  namespace.on('connection', (socket) => {
    // Who is in already may be on the way out again.
    if (!socket.connected) return;
    // A recovered connection may have passed no middleware.
    const token = presented.get(socket) ?? findInInput(() => getToken(socket));
    const gate = new NamespaceGate(socket, () => watch.check().valid);
    const watch = verifier.watch(token, () => close(socket, gate, watch), demand);
    verdicts.set(socket, () => watch.check());
    socket.on('disconnect', () => {
      watch.end();
      const { pid } = socket as { pid?: unknown };
      if (typeof pid === 'string' && typeof token === 'string') gone.set(pid, token);
    });
    // Any may have been overtaken by a revocation since it was let in (T-52).
    close(socket, gate, watch);
  });
}

/** The verdict on the token of a socket, now; null for one whose namespace is not protected. */
export function verdictOf(socket: object): Verdict | null {
  return verdicts.get(socket)?.() ?? null;
}

function close(socket: SocketLike, gate: NamespaceGate, watch: Watch): void {
  const verdict = watch.check();
  if (verdict.valid || gate.isShut) return;
  if (verdict.kind === 'unknown') {
    // Its client comes back by itself, after a random moment.
    gate.shut();
    socket.conn.close();
  } else {
    gate.end(closingOf(verdict), watch.closeDelayMs());
  }
}

/** What a client missed is sent to it while it is recovered, before any middleware: so recovering has to be refused, not the client. */
function recoverOnlyValid(adapter: object, isValid: (session: string) => boolean): void {
  const recovering = adapter as { restoreSession?: (session: string, offset: string) => unknown };
  const restore = recovering.restoreSession?.bind(adapter);
  if (restore !== undefined) recovering.restoreSession = (session, offset) => (isValid(session) ? restore(session, offset) : null);
}
