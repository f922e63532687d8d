import { RunningVerifier } from '../../dist/lib/verifier.js';
import { makeIssuer } from './issuer.mjs';
import { LogModel } from './log-model.mjs';
import { vectors } from './vectors.mjs';

export const goodOptions = { authority: 'https://auth.example.com', audience: 'orders', clientId: 'orders', clientSecret: 'secret' };
export const ownRecord = vectors('verdicts').records.own;

/** An Authority in memory: a log, its feed, and the key that signs. */
export class LocalAuthority {
  #waiting = new Set();
  #skippedMs = 0;
  isAway = false;

  /** The live connections that its verifier told of last. */
  connections = null;

  constructor() {
    this.log = new LogModel(ownRecord);
    this.issuer = makeIssuer('ES256', 'k-1');
    this.addKey(this.issuer.jwk);
  }

  get feed() {
    return {
      poll: async (request, signal) => {
        if (this.isAway) throw new Error('away');
        this.connections = request.connections;
        const before = performance.now();
        if (this.log.head.position === request.after && request.waitMs > 0) await this.#moved(request.waitMs, signal);
        if (this.isAway) throw new Error('away');
        return this.log.answer(request, second(), performance.now() - before);
      },
      snapshot: async (builder) => {
        if (this.isAway) throw new Error('away');
        this.log.snapshotInto(builder, second());
      },
    };
  }

  /** Is away, and has been for longer than any verifier may do without it. */
  leave() {
    this.isAway = true;
    this.#skippedMs += 61_000;
    this.wake();
  }

  /** The clock of its verifiers. */
  get clock() {
    return { monotonicMs: () => now() + this.#skippedMs, wallMs: () => Date.now() + this.#skippedMs };
  }

  /** A token as the Authority mints it now. */
  token(claims = {}, header = {}) {
    return this.issuer.sign({
      iss: ownRecord.issuer, aud: 'orders', sub: 'alice', client_id: 'web', jti: 't-1', sid: 's-1', iat: second(), exp: second() + 300,
      auth_time: second(), lpos: this.log.head.position, ...claims,
    }, header);
  }

  addKey(jwk, isRemoved = false) {
    this.log.append({
      kind: 'key', position: this.log.head.position + 1_000, at: second(), issuer: ownRecord.issuer, keyId: jwk.kid,
      record: isRemoved ? null : JSON.stringify(jwk),
    });
    this.wake();
  }

  /** Lays an effect on a match and returns the id of the revocation. */
  revoke(kind, value, effect = 'end', slotSecond = second(), issuer = ownRecord.issuer) {
    const position = this.log.head.position + 1_000;
    const [name, text] = kind === 'tag' ? value : [null, value];
    const state = { end: null, renew: null, reauthenticate: null, block: null, rememberUntil: Number.MAX_SAFE_INTEGER };
    this.log.append({
      kind: 'state', position, at: second(), issuer, match: { kind, name, value: text },
      state: { ...state, [effect]: { by: position, second: slotSecond } },
    });
    this.wake();
    return `rv_${position}`;
  }

  wake() {
    for (const wake of this.#waiting) wake();
  }

  /** Starts a verifier of this Authority and registers its end. Its polls may be late on a busy machine: no matter, unless a test says so. */
  async verifier(test, options = {}, seams = {}) {
    const { feed, clock } = this;
    const verifier = new RunningVerifier({ ...goodOptions, maxStaleness: 60, log: () => {}, ...options }, { feed, clock, ...seams });
    test.after(() => verifier.close());
    if (!this.isAway) await verifier.ready;
    return verifier;
  }

  #moved(waitMs, signal) {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}

export const second = () => Math.floor(Date.now() / 1000);

// A test may set the clock that everybody else sees.
const now = performance.now.bind(performance);

/** Waits until something holds; a test that would wait for ever fails instead. */
export async function until(holds, what = String(holds), limitMs = 60_000) {
  for (const started = now(); now() - started < limitMs;) {
    if (await holds()) return;
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
  throw new Error(`It never came to be: ${what}`);
}
