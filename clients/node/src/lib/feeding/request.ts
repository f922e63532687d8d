/** Who follows the feed, and what it promises. */
export interface FollowerIdentity {
  /** The name that people know it by. */
  readonly name: string;
  /** One running process. */
  readonly instance: string;
  /** The largest staleness that any route allows (G1). */
  readonly boundMs: number;
  /** The version of this package. */
  readonly version: string;
}

/** The live connections of a verifier, as receipts and dry runs count them. */
export interface ConnectionCounts {
  readonly live: number;
  /** How many it has closed since it began. */
  readonly closed: number;
}

/** One poll of the feed: what the follower has, which is its acknowledgement, and how long it will wait for more. */
export interface FeedRequest {
  readonly epoch: string;
  /** The newest position applied. */
  readonly after: number;
  /** Our own chain there, which must agree; null if it cannot be computed. */
  readonly chain: string | null;
  readonly waitMs: number;
  /** What the answer must echo; one without it proves nothing. */
  readonly nonce: string;
  readonly follower: FollowerIdentity;
  /** Null for a verifier that has never watched one. */
  readonly connections?: ConnectionCounts | null;
  readonly leaving?: boolean;
}
