import type { Clock, Entropy } from '../clock.js';

/** Between two closes: 500 a second, about what one small Authority takes of logins. */
const stepMs = 2;

/** So many go at once: what one person has open, not a crowd. */
const atOnce = 100;

/**
 * When a connection that is over is closed: those of a person at once, more one after the other, and what would take too long anywhere within
 * the spread (T-55). Those who were thrown out then do not all come back in the same instant.
 */
export class CloseTimes {
  readonly #spreadMs: number;
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  #nextMs = -Infinity;

  constructor(spreadMs: number, clock: Clock, entropy: Entropy) {
    this.#spreadMs = spreadMs;
    this.#clock = clock;
    this.#entropy = entropy;
  }

  /** How long one more waits, in milliseconds. */
  delayMs(): number {
    const nowMs = this.#clock.monotonicMs();
    const atMs = Math.max(this.#nextMs, nowMs - stepMs * (atOnce - 1));
    if (atMs - nowMs >= this.#spreadMs) return this.#spreadMs * this.#entropy.fraction();
    this.#nextMs = atMs + stepMs;
    return Math.max(0, atMs - nowMs);
  }
}
