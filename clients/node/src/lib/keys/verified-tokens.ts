import type { Clock } from '../clock.js';

/**
 * Tokens whose signature was found genuine, by their whole text: a revocation is judged after it, so remembering costs no freshness. A map
 * compares the text in full, never a hash alone. Bounded by two generations: what was not asked for while one filled, or grew old, is forgotten.
 */
export class VerifiedTokens<T> {
  readonly #size: number;
  readonly #lifeMs: number;
  readonly #clock: Clock;
  #young = new Map<string, T>();
  #old = new Map<string, T>();
  #bornMs: number;

  /** Remembers at most `size` tokens; fewer than 2 is none. One that is not asked for is forgotten after `lifeMs` to twice as long. */
  constructor(size: number, clock: Clock, lifeMs = Infinity) {
    this.#size = Math.floor(size / 2);
    this.#lifeMs = lifeMs;
    this.#clock = clock;
    this.#bornMs = clock.monotonicMs();
  }

  get(token: string): T | undefined {
    this.#age();
    const young = this.#young.get(token);
    if (young !== undefined) return young;
    const old = this.#old.get(token);
    if (old !== undefined) this.set(token, old);
    return old;
  }

  set(token: string, verified: T): void {
    if (this.#size === 0) return;
    if (this.#young.size >= this.#size) this.#turn();
    this.#young.set(token, verified);
  }

  delete(token: string): void {
    this.#young.delete(token);
    this.#old.delete(token);
  }

  #age(): void {
    const ageMs = this.#clock.monotonicMs() - this.#bornMs;
    if (ageMs >= this.#lifeMs) this.#turn();
    if (ageMs >= 2 * this.#lifeMs) this.#turn();
  }

  #turn(): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#bornMs = this.#clock.monotonicMs();
  }
}
