import { findInInput } from './lib/app-code.js';
import { systemClock } from './lib/clock.js';
import { declareDemand, judgeToken } from './lib/http/protection.js';
import { VerifiedTokens } from './lib/keys/verified-tokens.js';
import type { Verifier } from './lib/verifier.js';
import type { CheckOptions, Verdict } from './lib/verdicts/verdict.js';
import { closingOf, type Closing } from './lib/watching/closing.js';
import { NamespaceGate } from './lib/watching/namespace-gate.js';
import { childrenOf, recoverOnlyValid } from './lib/watching/recovery.js';
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
 * (T-53). What holds for a parent (`io.of(/regex/)`) holds for the namespaces that it makes. Call it before the app's own listeners.
 */
export function protectNamespace<S extends SocketLike>(namespace: NamespaceLike<S>, verifier: Verifier, options: SocketOptions<S> = {}): void {
  const { getToken = (socket: S): unknown => socket.handshake.auth.token, ...demand } = options;
  declareDemand(verifier, demand);
  const presented = new WeakMap<S, unknown>();
  const gone = new VerifiedTokens<string>(recoverable, systemClock);
  const admit = (socket: S, next: (error?: Error) => void): void => {
    const token = findInInput(() => getToken(socket));
    presented.set(socket, token);
    verdicts.set(socket, () => verifier.check(token, demand));
    judgeToken(verifier, token, demand, (verdict) => {
      if (verdict.valid) next();
      // Without an answer to its handshake the client goes on trying by itself.
      else if (verdict.kind === 'unknown') socket.conn.close();
      else next(Object.assign(new Error(verdict.kind), { data: closingOf(verdict) satisfies Closing }));
    });
  };
  const follow = (socket: S): void => {
    // Who is in already may be on the way out again.
    if (!socket.connected) return;
    // A recovered connection may have passed no middleware.
    const token = presented.get(socket) ?? findInInput(() => getToken(socket));
    const { pid = '', recovered = false } = socket as { pid?: string; recovered?: boolean };
    const before = recovered ? gone.get(pid) : undefined;
    const gate = new NamespaceGate(socket, () => watch.check().valid);
    const watch = verifier.watch(before ?? token, () => close(socket, gate, watch), demand);
    // What was kept for one login is not for another.
    const verdict = before === undefined || before === token ? watch.check() : watch.renew(token);
    if (!verdict.valid) gone.delete(pid);
    verdicts.set(socket, () => watch.check());
    socket.on('disconnect', () => {
      watch.end();
      if (pid !== '' && verdict.valid) gone.set(pid, token as string);
    });
    // Any may have been overtaken by a revocation since it was let in (T-52).
    close(socket, gate, watch, verdict);
  };
  // A parent gives those that it makes from now on its middleware and its listeners.
  for (const one of [namespace, ...childrenOf(namespace)] as readonly NamespaceLike<S>[]) {
    recoverOnlyValid(one, (session) => verifier.check(gone.get(session), demand).valid);
    one.use(admit);
    one.on('connection', follow);
  }
}

/** The verdict on the token of a socket, now; null for one whose namespace is not protected. */
export function verdictOf(socket: object): Verdict | null {
  return verdicts.get(socket)?.() ?? null;
}

function close(socket: SocketLike, gate: NamespaceGate, watch: Watch, verdict = watch.check()): void {
  if (verdict.valid || gate.isShut) return;
  if (verdict.kind === 'unknown') {
    // Its client comes back by itself, after a random moment.
    gate.shut();
    socket.conn.close();
  } else {
    gate.end(closingOf(verdict), watch.closeDelayMs());
  }
}
