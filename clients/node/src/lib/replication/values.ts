import type { RevocationState } from '../log/entry.js';

/** A Map that grows copies all that it holds at once, and holds up everything else meanwhile: past so many entries there are many small ones. */
const mostInOne = 16_384;
const parts = 256;

/** The states of one kind or of one tag, by value. */
export class Values {
  readonly #one = new Map<string, RevocationState>();
  #parts: readonly Map<string, RevocationState>[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(value: string): RevocationState | undefined {
    return this.#mapOf(value).get(value);
  }

  set(value: string, state: RevocationState): void {
    const map = this.#mapOf(value);
    const before = map.size;
    map.set(value, state);
    this.#size += map.size - before;
    if (this.#one.size > mostInOne) this.#divide();
  }

  delete(value: string): void {
    if (this.#mapOf(value).delete(value)) this.#size--;
  }

  /** All of them; what is set or deleted meanwhile may be met or not. */
  *[Symbol.iterator](): Generator<[string, RevocationState]> {
    yield* this.#one;
    for (const part of this.#parts) yield* part;
  }

  #divide(): void {
    this.#parts = Array.from({ length: parts }, () => new Map<string, RevocationState>());
    for (const [value, state] of this.#one) this.#mapOf(value).set(value, state);
    this.#one.clear();
  }

  #mapOf(value: string): Map<string, RevocationState> {
    return this.#parts.length === 0 ? this.#one : this.#parts[partOf(value)] as Map<string, RevocationState>;
  }
}

// Ids differ at their ends or in their middle. Whoever makes all fall into one part has a single Map, as few entries have.
function partOf(value: string): number {
  const { length } = value;
  const at = (index: number): number => value.charCodeAt(index) | 0;
  const ends = Math.imul(at(length - 1), 31) + at(length - 2);
  return (Math.imul(ends, 961) + Math.imul(at(length >> 1), 31) + at(length >> 2)) & (parts - 1);
}
