/**
 * Tokens whose signature was found genuine, by their whole text: a revocation is judged after it, so remembering costs no freshness. A map
 * compares the text in full, never a hash alone. Bounded by two generations: what was not asked for while one filled is forgotten.
 */
export class VerifiedTokens<T> {
  readonly #size: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  /** Remembers at most `size` tokens; fewer than 2 is none. */
  constructor(size: number) {
    this.#size = Math.floor(size / 2);
  }

  get(token: string): T | undefined {
    const young = this.#young.get(token);
    if (young !== undefined) return young;
    const old = this.#old.get(token);
    if (old !== undefined) this.set(token, old);
    return old;
  }

  set(token: string, verified: T): void {
    if (this.#size === 0) return;
    if (this.#young.size >= this.#size) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(token, verified);
  }

  delete(token: string): void {
    this.#young.delete(token);
    this.#old.delete(token);
  }
}
