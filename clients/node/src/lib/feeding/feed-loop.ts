import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { RescindError, sentence } from '../errors.js';
import type { SnapshotBuilder } from '../replication/snapshot.js';
import type { Follower, PollOutcome } from './follower.js';
import type { ConnectionCounts, FeedRequest } from './request.js';

/** Where a follower gets the log. Carries bytes and judges nothing. */
export interface RevocationFeed {
  poll(request: FeedRequest, signal: AbortSignal): Promise<PollOutcome>;
  snapshot(builder: SnapshotBuilder, signal: AbortSignal): Promise<void>;
}

/** Who is told of each step, and asked before each poll. */
export interface Following {
  stepped(): void;
  connections(): ConnectionCounts | null;
}

/** Drives a follower until `signal` aborts: asks what is next, does it, reports. All judgement is the follower's. Never rejects. */
export async function followFeed(feed: RevocationFeed, follower: Follower, signal: AbortSignal, following: Following): Promise<void> {
  while (!signal.aborted) {
    try {
      await step(feed, follower, signal, following);
    } catch (failure) {
      if (signal.aborted) return;
      // A verifier that stopped following would go stale for good: one bad answer must not be able to do that.
      const isForeseen = failure instanceof RescindError;
      follower.failed(isForeseen ? failure.message : sentence('RSC3207', `${(failure as Error)?.name}.`));
    }
    following.stepped();
  }
}

async function step(feed: RevocationFeed, follower: Follower, signal: AbortSignal, following: Following): Promise<void> {
  const next = follower.next();
  switch (next.kind) {
    case 'poll':
      follower.answered(next.request, await feed.poll({ ...next.request, connections: following.connections() }, signal));
      break;
    case 'snapshot':
      await feed.snapshot(next.snapshot, signal);
      for (const _ of follower.loaded(next.snapshot)) await turn();
      break;
    default:
      await delay(next.delayMs, undefined, { signal });
  }
}
