import { randomBytes } from 'node:crypto';

/** The two seams of the world outside: time and randomness. */
export interface Clock {
  /** Milliseconds that only ever grow; stops while the machine is suspended. */
  monotonicMs(): number;
  /** Milliseconds since the Unix epoch; can be stepped. */
  wallMs(): number;
}

export interface Entropy {
  /** 128 random bits as text. */
  id(): string;
  /** From 0 to 1. */
  fraction(): number;
}

export const systemClock: Clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

export const systemEntropy: Entropy = { id: () => randomBytes(16).toString('base64url'), fraction: () => Math.random() };

/** One moment by both clocks. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export function momentOf(clock: Clock): Moment {
  return { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
}
