import { systemClock, systemEntropy, type Clock, type Entropy } from './clock.js';
import { healthOf, logToConsole, Reporter, type Health } from './diagnostics.js';
import { RescindError } from './errors.js';
import { followFeed, type RevocationFeed } from './feeding/feed-loop.js';
import { Follower } from './feeding/follower.js';
import { HttpFeed } from './feeding/http-feed.js';
import type { FeedRequest, FollowerIdentity } from './feeding/request.js';
import { readBody, send, within } from './http/call.js';
import { IssuerKeys } from './keys/issuer-keys.js';
import { OwnKeys } from './keys/own-keys.js';
import { audienceOf, checkOptions, nameOf, type IssuerOptions, type VerifierOptions } from './options.js';
import { Replica } from './replication/replica.js';
import { TokenReader, type TrustedIssuer } from './tokens/reader.js';
import { judge } from './verdicts/judge.js';
import { awaitsKeys, invalidVerdict, unknownVerdict, verdictOf, type CheckOptions, type Verdict } from './verdicts/verdict.js';
import { version } from './version.js';
import { CloseTimes } from './watching/close-times.js';
import { Watches, type Judging, type Read, type Watch } from './watching/watches.js';

const defaultCacheSize = 10_000;
const defaultCloseSpreadSeconds = 5;
const maxKeySetBytes = 256 * 1024;
const keySetLimitMs = 5_000;
const goodbyeLimitMs = 1_000;

/** A verifier: judges tokens by a copy of the log in memory, which it keeps current by one long poll. */
export interface Verifier {
  /** The verdict on a token, now. Synchronous, never throws, does no I/O; anything that is no token is `invalid`. */
  check(token: unknown, options?: CheckOptions): Verdict;
  /**
   * The same, but where another issuer's key is not known here it waits for that a little, 4 seconds at most: only so can a key that the issuer
   * has not published be told from one that it has just published (`invalid`, not `unknown`). Rejects never.
   */
  checkAsync(token: unknown, options?: CheckOptions): Promise<Verdict>;
  /** Watches a connection that was opened with a token: `changed` is told at once when the verdict is no longer what it was. */
  watch(token: unknown, changed: (verdict: Verdict) => void, options?: CheckOptions): Watch;
  /**
   * Declares what a route will demand, so that the feed is followed closely enough for it. Throws RSC3009 for more than can be given.
   * The adapters call it; call it yourself at the start if you pass `maxStaleness` to `check`.
   */
  demand(options: CheckOptions): void;
  /** Resolves when the verifier is ready: the first answer was applied and acknowledged. Rejects never. */
  readonly ready: Promise<void>;
  readonly health: Health;
  /** Whether refusals are explained to whoever holds a genuine token. */
  readonly explainsRefusals: boolean;
  /** Stops following and says goodbye, so that receipts do not wait for this verifier. Every verdict is unknown soon after. */
  close(): Promise<void>;
}

/** The parts that a test may replace. */
export interface Seams {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly feed: RevocationFeed;
}

/** A verifier that runs; see `createVerifier`. */
export class RunningVerifier implements Verifier {
  readonly ready: Promise<void>;
  readonly explainsRefusals: boolean;
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  readonly #feed: RevocationFeed;
  readonly #identity: FollowerIdentity;
  readonly #replica: Replica;
  readonly #follower: Follower;
  readonly #reporter: Reporter;
  readonly #reader: TokenReader;
  readonly #watches: Watches;
  readonly #stopping = new AbortController();
  readonly #following: Promise<void>;

  /** Checks the options, throws what is wrong with them, and begins to follow the feed. */
  constructor(options: VerifierOptions, seams: Partial<Seams> = {}) {
    const { audience, boundMs } = checkOptions(options);
    this.#clock = seams.clock ?? systemClock;
    this.#entropy = seams.entropy ?? systemEntropy;
    this.#feed = seams.feed ?? new HttpFeed(options.authority, options, version, this.#clock);
    this.#identity = { name: options.name ?? nameOf(audience), instance: options.instance ?? this.#entropy.id(), boundMs, version };
    this.#replica = new Replica(this.#clock);
    this.#follower = new Follower(this.#replica, this.#identity, this.#clock, this.#entropy);
    this.#reporter = new Reporter(options.log ?? logToConsole);
    this.#reader = new TokenReader({
      replica: this.#replica,
      audience,
      takesBound: options.appVerifiesTokenBinding === true,
      ownKeys: new OwnKeys(this.#replica, boundMs),
      issuers: this.#trust(options.issuers ?? []),
      cacheSize: options.cacheSize ?? defaultCacheSize,
      clock: this.#clock,
      strangerMet: (issuer) => this.#reporter.strangerMet(issuer),
    });
    const closeSpreadMs = (options.closeSpread ?? defaultCloseSpreadSeconds) * 1000;
    this.#watches = new Watches(this.#judging(), new CloseTimes(closeSpreadMs, this.#clock, this.#entropy));
    this.#replica.onApplied = (entries) => this.#watches.applied(entries);
    if (/^http:/i.test(options.authority)) this.#reporter.insecure();
    this.explainsRefusals = options.explainRefusals ?? false;
    let becomeReady = (): void => {};
    this.ready = new Promise((resolve) => { becomeReady = resolve; });
    this.#following = followFeed(this.#feed, this.#follower, this.#stopping.signal, {
      stepped: () => {
        this.#reporter.report(this.health);
        if (this.#replica.isReady) becomeReady();
      },
      connections: () => this.#watches.counts,
    });
  }

  get health(): Health {
    return healthOf(this.#replica, this.#identity.boundMs, this.#follower.trouble);
  }

  check(token: unknown, options: CheckOptions = {}): Verdict {
    const read = this.#read(token);
    const pending = read === 'unknown' ? this.#reader.pendingKey(token as string) : null;
    const verdict = this.#judge(read, options);
    return pending === null || verdict.kind !== 'unknown' ? verdict
      : { ...verdict, retryAfter: Math.ceil(pending.keys.retryMs / 1000) };
  }

  async checkAsync(token: unknown, options: CheckOptions = {}): Promise<Verdict> {
    const verdict = this.check(token, options);
    const pending = awaitsKeys(verdict) ? this.#reader.pendingKey(token as string) : null;
    if (pending === null) return verdict;
    const isSettled = await pending.keys.settle(pending.keyId);
    const again = this.check(token, options);
    return isSettled && awaitsKeys(again) ? invalidVerdict : again;
  }

  watch(token: unknown, changed: (verdict: Verdict) => void, options: CheckOptions = {}): Watch {
    return this.#watches.watch(token, changed, options);
  }

  demand({ maxStaleness }: CheckOptions): void {
    if (maxStaleness === undefined) return;
    const freshnessMs = maxStaleness * 1000;
    // Written so that what is no number fails too.
    if (!(freshnessMs > 1 && freshnessMs <= this.#identity.boundMs)) throw new RescindError('RSC3009', `It demands ${maxStaleness} s.`);
    this.#follower.demand(freshnessMs);
  }

  async close(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    this.#watches.close();
    await this.#following;
    await this.#leave();
  }

  #read(token: unknown): Read {
    return typeof token === 'string' ? this.#reader.read(token) : 'invalid';
  }

  #judge(read: Read, options: CheckOptions): Verdict {
    if (read === 'invalid') return invalidVerdict;
    if (read === 'unknown') return unknownVerdict(this.#ageMs());
    const judgement = judge(this.#replica, read.facts, this.#limitMs(options), this.#clock);
    return verdictOf(judgement, read.facts, read.claims, options, this.#now());
  }

  #judging(): Judging {
    return {
      read: (token) => this.#read(token),
      judge: (read, options) => this.#judge(read, options),
      wallMs: () => this.#clock.wallMs(),
      ageMs: () => this.#ageMs(),
      limitMs: (options) => this.#limitMs(options),
    };
  }

  #now(): number {
    return Math.floor(this.#clock.wallMs() / 1000);
  }

  #ageMs(): number {
    return this.#replica.isReady ? this.#replica.ageMs() : Infinity;
  }

  #limitMs({ maxStaleness }: CheckOptions): number {
    const { boundMs } = this.#identity;
    // What is no number is no freshness that anything meets.
    return maxStaleness === undefined ? boundMs : Math.min(maxStaleness * 1000, boundMs) || 0;
  }

  #trust(issuers: readonly IssuerOptions[]): ReadonlyMap<string, TrustedIssuer> {
    return new Map(issuers.map(({ issuer, audience, jwksUri }) => {
      const fetchKeys = (): Promise<Uint8Array> => within(keySetLimitMs, this.#stopping.signal, async ({ signal }) => {
        const response = await send(jwksUri, signal, {
          accept: 'application/jwk-set+json, application/json', 'cache-control': 'no-cache',
        });
        const body = await readBody(response, maxKeySetBytes);
        if (response.status !== 200) throw new RescindError('RSC3301', `It answered ${response.status}.`);
        return body;
      });
      const keys = new IssuerKeys(fetchKeys, this.#clock, (failure) => {
        if (!this.#stopping.signal.aborted) this.#reporter.keysUnavailable(issuer, failure);
      });
      void keys.refresh();
      return [issuer, { audience: audienceOf(audience, 'audience'), keys }];
    }));
  }

  /** Says goodbye. If that fails, the Authority counts this verifier as live until its bound is over: correct, only slower. */
  async #leave(): Promise<void> {
    const head = this.#replica.head;
    if (!this.#replica.isReady || head === null) return;
    const goodbye: FeedRequest = {
      epoch: head.epoch, after: head.position, chain: null, waitMs: 0, nonce: this.#entropy.id(), follower: this.#identity, leaving: true,
    };
    await this.#feed.poll(goodbye, AbortSignal.timeout(goodbyeLimitMs)).catch(() => {});
  }
}
