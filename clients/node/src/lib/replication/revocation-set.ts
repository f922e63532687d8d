import type { Match, RevocationState } from '../log/entry.js';
import type { MatchKind } from '../log/kinds.js';
import { Values } from './values.js';

/** How many entries are looked at before others have their turn. */
const atOnce = 4_096;

/**
 * The live revocations of one log: issuer, then kind or tag name, then value. Nested maps need no joined key, so there is nothing to
 * delimit and no two matches can meet (G5); a kind that nobody revoked by costs one look at an empty place. Strings are well-formed
 * Unicode on both sides, so equal strings are equal bytes. Where C# hashes under a random key, V8 does: its string hash is seeded for
 * each process, so whoever chooses ids cannot make them collide.
 */
export class RevocationSet {
  readonly #issuers = new Map<string, OfIssuer>();
  #count = 0;

  /** How many matches it holds, tombstones included. */
  get count(): number {
    return this.#count;
  }

  /** What it holds under one issuer; undefined for nothing. */
  of(issuer: string): OfIssuer | undefined {
    return this.#issuers.get(issuer);
  }

  /** Sets the state of one match. */
  apply(issuer: string, match: Match, state: RevocationState): void {
    const values = this.#valuesFor(issuer, match);
    const before = values.size;
    values.set(match.value ?? '', state);
    this.#count += values.size - before;
  }

  /**
   * Forgets what must no longer be remembered at `now`: the earlier of our own clock and the Authority's. Some at a time: whoever asks for the
   * next lets others have their turn in between.
   */
  *purge(now: number): Generator<void> {
    let looked = 0;
    for (const values of this.#all()) {
      for (const [value, state] of values) {
        if (state.rememberUntil < now) {
          values.delete(value);
          this.#count--;
        }
        if (++looked % atOnce === 0) yield;
      }
    }
    for (const [issuer, of] of this.#issuers) {
      of.prune();
      if (of.isEmpty) this.#issuers.delete(issuer);
    }
  }

  /** Takes from `older` each match that this set does not hold: a newer snapshot of the same log forgets nothing. Some at a time, like `purge`. */
  *carryOver(older: RevocationSet): Generator<void> {
    let looked = 0;
    for (const [issuer, of] of older.#issuers) {
      for (const { kind, name, values } of of.all()) {
        const mine = this.#valuesFor(issuer, { kind, name, value: null });
        const before = mine.size;
        for (const [value, state] of values) {
          if (mine.get(value) === undefined) mine.set(value, state);
          if (++looked % atOnce === 0) yield;
        }
        this.#count += mine.size - before;
      }
    }
  }

  #valuesFor(issuer: string, match: Match): Values {
    let of = this.#issuers.get(issuer);
    if (of === undefined) this.#issuers.set(issuer, of = new OfIssuer());
    return of.valuesFor(match);
  }

  *#all(): Iterable<Values> {
    for (const of of this.#issuers.values()) for (const { values } of of.all()) yield values;
  }
}

/** What is revoked under one issuer. */
export class OfIssuer {
  readonly #kinds = new Map<MatchKind, Values>();
  readonly #tags = new Map<string, Values>();

  get isEmpty(): boolean {
    return this.#kinds.size + this.#tags.size === 0;
  }

  /** Whether anybody revoked by a tag here. */
  get hasTags(): boolean {
    return this.#tags.size > 0;
  }

  /** The state of a match of any kind but a tag; the value of `issuer` is empty. */
  find(kind: MatchKind, value: string): RevocationState | undefined {
    return this.#kinds.get(kind)?.get(value);
  }

  /** The states of one tag by its values; undefined if nobody revoked by that name. */
  tag(name: string): Values | undefined {
    return this.#tags.get(name);
  }

  valuesFor({ kind, name }: Match): Values {
    return kind === 'tag' ? valuesIn(this.#tags, name ?? '') : valuesIn(this.#kinds, kind);
  }

  *all(): Iterable<{ readonly kind: MatchKind; readonly name: string | null; readonly values: Values }> {
    for (const [kind, values] of this.#kinds) yield { kind, name: null, values };
    for (const [name, values] of this.#tags) yield { kind: 'tag', name, values };
  }

  prune(): void {
    for (const [kind, values] of this.#kinds) if (values.size === 0) this.#kinds.delete(kind);
    for (const [name, values] of this.#tags) if (values.size === 0) this.#tags.delete(name);
  }
}

function valuesIn<K>(all: Map<K, Values>, key: K): Values {
  let values = all.get(key);
  if (values === undefined) all.set(key, values = new Values());
  return values;
}
