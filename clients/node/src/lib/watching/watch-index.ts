import type { LogEntry } from '../log/entry.js';
import { textMatches } from '../log/kinds.js';
import type { TokenFacts } from '../tokens/facts.js';

/** One who is told when a revocation may touch a token. */
export interface Watcher {
  readonly facts: TokenFacts;
}

/**
 * From match to connections: a revocation touches only what it names, and an expiry only what expires. No loop over all connections, no
 * timer for each (WS-7).
 */
export class WatchIndex<W extends Watcher> {
  readonly #byMatch = new Map<string, Set<W>>();
  readonly #bySecond = new Map<number, Set<W>>();
  /** Everyone, and the second at which to look at them again, whatever the log says. */
  readonly #all = new Map<W, number | null>();

  get size(): number {
    return this.#all.size;
  }

  /** Everyone; for what concerns everyone. */
  all(): readonly W[] {
    return [...this.#all.keys()];
  }

  add(watcher: W): void {
    this.#all.set(watcher, null);
    for (const match of matchesOf(watcher.facts)) put(this.#byMatch, match, watcher);
  }

  remove(watcher: W): void {
    this.lookAt(watcher, null);
    this.#all.delete(watcher);
    for (const match of matchesOf(watcher.facts)) take(this.#byMatch, match, watcher);
  }

  /** Sets when to look at one again, if they are still here. */
  lookAt(watcher: W, second: number | null): void {
    const before = this.#all.get(watcher);
    if (before === undefined || before === second) return;
    if (before !== null) take(this.#bySecond, before, watcher);
    if (second !== null) put(this.#bySecond, second, watcher);
    this.#all.set(watcher, second);
  }

  /** Those whom entries of the log may touch; everyone for null. */
  touchedBy(entries: readonly LogEntry[] | null): readonly W[] {
    if (entries === null) return this.all();
    const touched = new Set<W>();
    for (const match of entries.map(matchOf)) {
      for (const watcher of (match === null ? undefined : this.#byMatch.get(match)) ?? []) touched.add(watcher);
    }
    return [...touched];
  }

  /** Those whom to look at by this second; each is named once. */
  due(second: number): readonly W[] {
    const due = [...this.#bySecond].filter(([at]) => at <= second).flatMap(([, watchers]) => [...watchers]);
    for (const watcher of due) this.lookAt(watcher, null);
    return due;
  }
}

function matchesOf(facts: TokenFacts): readonly string[] {
  const { issuer, tags } = facts;
  const named = textMatches.map(({ kind, textOf }) => ({ kind, value: textOf(facts) }));
  return [
    ...named.filter(({ value }) => value !== null).map(({ kind, value }) => keyOf(issuer, kind, null, value)),
    ...tags.flatMap(([name, values]) => values.map((value) => keyOf(issuer, 'tag', name, value))),
  ];
}

// A new record of an issuer can change what holds for all of its tokens.
function matchOf(entry: LogEntry): string | null {
  if (entry.kind === 'issuer') return keyOf(entry.issuer, 'issuer', null, '');
  return entry.kind === 'state' ? keyOf(entry.issuer, entry.match.kind, entry.match.name, entry.match.value ?? '') : null;
}

function keyOf(...parts: readonly (string | null)[]): string {
  return JSON.stringify(parts);
}

function put<K, W>(index: Map<K, Set<W>>, key: K, watcher: W): void {
  const watchers = index.get(key);
  if (watchers === undefined) index.set(key, new Set([watcher]));
  else watchers.add(watcher);
}

function take<K, W>(index: Map<K, Set<W>>, key: K, watcher: W): void {
  const watchers = index.get(key);
  watchers?.delete(watcher);
  if (watchers?.size === 0) index.delete(key);
}
