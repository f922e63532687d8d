import { momentOf, type Clock, type Entropy, type Moment } from '../clock.js';
import { nextChain } from '../log/codec.js';
import type { LogEntry, LogHead } from '../log/entry.js';
import { proofOf } from '../replication/freshness-proof.js';
import { maxForks, type Replica } from '../replication/replica.js';
import { SnapshotBuilder } from '../replication/snapshot.js';
import { sentence } from '../errors.js';
import type { FeedRequest, FollowerIdentity } from './request.js';
import type { FeedAnswer } from './wire.js';

const purgeIntervalMs = 30_000;
const shortestBackOffMs = 100;
const longestBackOffMs = 1_000;
const longestDoubtMs = 5_000;

/** What to do now: send a poll, fetch the snapshot, or wait. */
export type FollowerStep =
  | { readonly kind: 'poll'; readonly request: FeedRequest }
  | { readonly kind: 'snapshot'; readonly snapshot: SnapshotBuilder }
  | { readonly kind: 'wait'; readonly delayMs: number };

/** What became of a poll: an answer, or 410 (take the snapshot), or 409 (a fork, or a node that is behind). */
export type PollOutcome = FeedAnswer | 'gone' | 'conflict';

/**
 * Follows the feed into a replica: a state machine that does no I/O of its own, so that a simulation can drive it through every loss,
 * delay and restart. Whoever drives it asks `next`, does what it says at once, and reports. docs/protocol.md has the rules.
 */
export class Follower {
  readonly #replica: Replica;
  readonly #identity: FollowerIdentity;
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  #waitMs: number;
  #pending: { readonly request: FeedRequest; readonly sent: Moment } | null = null;
  #building: SnapshotBuilder | null = null;
  #pauseMs = 0;
  #wantsSnapshot = true;
  #settled = false;
  #caughtUp = false;
  #failures = 0;
  #contradictedMs: number | null = null;
  #purgedMs: number;
  #trouble: string | null = null;

  constructor(replica: Replica, identity: FollowerIdentity, clock: Clock, entropy: Entropy) {
    this.#replica = replica;
    this.#identity = identity;
    this.#clock = clock;
    this.#entropy = entropy;
    this.#waitMs = identity.boundMs / 3;
    this.#purgedMs = clock.monotonicMs();
  }

  /** What is wrong, in a sentence: that this version is too old for the log, or the last thing that failed; null after a good answer. */
  get trouble(): string | null {
    return this.#replica.isTooOld ? sentence('RSC3205') : this.#trouble;
  }

  /** Holds polls for at most half of a freshness that a route demands from now on. */
  demand(freshnessMs: number): void {
    this.#waitMs = Math.min(this.#waitMs, freshnessMs / 2);
  }

  next(): FollowerStep {
    if (this.#pauseMs > 0) {
      const delayMs = this.#pauseMs;
      this.#pauseMs = 0;
      return { kind: 'wait', delayMs };
    }
    this.#pending = null;
    const head = this.#replica.head;
    if (this.#wantsSnapshot || head === null) {
      this.#building = new SnapshotBuilder(this.#replica.believedSecond());
      return { kind: 'snapshot', snapshot: this.#building };
    }
    const request: FeedRequest = {
      epoch: head.epoch,
      after: head.position,
      chain: this.#replica.isTooOld ? null : head.chain,
      waitMs: this.#caughtUp ? this.#waitMs : 0,
      nonce: this.#entropy.id(),
      follower: this.#identity,
    };
    this.#pending = { request, sent: momentOf(this.#clock) };
    return { kind: 'poll', request };
  }

  /** Reports what became of the poll of the last step. Another's, or an old one, is ignored. */
  answered(request: FeedRequest, outcome: PollOutcome): void {
    if (this.#pending?.request !== request) return;
    const { sent } = this.#pending;
    this.#pending = null;
    if (outcome === 'gone') {
      this.#wantsSnapshot = true;
      this.#caughtUp = false;
      this.#pauseMs = this.#failures++ === 0 ? 0 : this.#backOffMs();
    } else if (outcome === 'conflict') {
      this.#disagree('The Authority does not know the place of this replica; it may be a node that is behind.');
    } else {
      this.#take(request, sent, outcome);
    }
  }

  /** Reports that the snapshot of the last step was read to its end. Whoever asks for the next step lets others have their turn. */
  *loaded(snapshot: SnapshotBuilder): Generator<void> {
    const { head } = snapshot;
    if (snapshot !== this.#building || head === null) {
      this.failed(sentence('RSC3204', 'The snapshot did not come whole.'));
      return;
    }
    const isFork = this.#contradictedMs !== null || !this.#replica.goesOnTo(head);
    if (isFork && head.epoch === this.#replica.head?.epoch && !this.#doubtIsOver()) {
      this.#disagree('The snapshot is older than this replica.');
      return;
    }
    if (isFork && this.#replica.forks === maxForks) {
      this.failed(sentence('RSC3206', 'It was replaced too often: restart this verifier.'));
      return;
    }
    yield* this.#replica.load(snapshot, head, isFork);
    if (isFork) this.#trouble = sentence('RSC3206');
    this.#building = null;
    this.#wantsSnapshot = false;
    this.#contradictedMs = null;
  }

  /** Reports that the last step failed on the way. */
  failed(trouble: string): void {
    this.#trouble = trouble;
    this.#pending = null;
    this.#building = null;
    this.#caughtUp = false;
    this.#failures++;
    this.#pauseMs = this.#backOffMs();
  }

  #take(request: FeedRequest, sent: Moment, answer: FeedAnswer): void {
    const head = this.#replica.head as LogHead;
    if (answer.nonce !== request.nonce || answer.epoch !== head.epoch || answer.after !== head.position) {
      this.failed(sentence('RSC3204', 'It answers something else: is there a caching proxy in front of the feed?'));
      return;
    }
    const newHead = fold(head, answer.entries);
    if (newHead === null || !this.#agrees(newHead, answer)) {
      this.#disagree('Its entries do not agree with their chain.');
      return;
    }
    // Entries first, then the proof of what they prove, then (the next poll) the acknowledgement.
    this.#replica.apply(answer.entries, newHead);
    this.#contradictedMs = null;
    this.#trouble = null;
    if (!answer.more) this.#settle(sent, answer);
    else if (answer.entries.length === 0) this.failed(sentence('RSC3204', 'It has more to come, and nothing in it.'));
  }

  #settle(sent: Moment, answer: FeedAnswer): void {
    this.#replica.prove(proofOf(sent, answer.heldMs, answer.ageMs, this.#clock), answer.now);
    if (this.#settled && !this.#replica.isTooOld) this.#replica.becomeReady();
    this.#failures = 0;
    this.#caughtUp = this.#settled;
    this.#settled = true;
    this.#pauseMs = answer.entries.length === 0 ? 0 : Math.min(answer.paceMs, this.#waitMs / 2);
    if (this.#clock.monotonicMs() - this.#purgedMs >= purgeIntervalMs) {
      this.#purgedMs = this.#clock.monotonicMs();
      void this.#replica.purge();
    }
  }

  // At first it may be a node that is behind; what goes on for half the bound is another log.
  #disagree(why: string): void {
    this.#contradictedMs ??= this.#clock.monotonicMs();
    this.failed(sentence('RSC3206', why));
    this.#wantsSnapshot = this.#doubtIsOver();
  }

  #doubtIsOver(): boolean {
    const longest = Math.min(this.#identity.boundMs / 2, longestDoubtMs);
    return this.#contradictedMs !== null && this.#clock.monotonicMs() - this.#contradictedMs >= longest;
  }

  #backOffMs(): number {
    const longest = Math.min(this.#identity.boundMs / 2, longestBackOffMs);
    const backOff = shortestBackOffMs * 2 ** Math.min(this.#failures - 1, 10);
    return Math.min(backOff, longest) * (0.5 + this.#entropy.fraction() / 2);
  }

  // The chain over an entry that is not understood cannot be computed: it is followed for what else it brings, and proves nothing.
  #agrees(head: LogHead, answer: FeedAnswer): boolean {
    const isChained = this.#replica.isTooOld || head.chain === null || head.chain === answer.chain;
    return isChained && (answer.more || head.position === answer.head);
  }
}

/** The head after these entries; null if they are not in order. */
function fold(head: LogHead, entries: readonly LogEntry[]): LogHead | null {
  let { position, chain } = head;
  for (const entry of entries) {
    if (entry.position <= position) return null;
    position = entry.position;
    chain = chain === null ? null : nextChain(chain, entry);
  }
  return { epoch: head.epoch, position, chain };
}
