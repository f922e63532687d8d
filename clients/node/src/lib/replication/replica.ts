import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import { isUnderstood, type LogEntry, type LogHead } from '../log/entry.js';
import type { IssuerRecord } from '../log/issuer-record.js';
import { patienceToForgetMs, SteadyClock } from '../steady-clock.js';
import { ageOf, type FreshnessProof } from './freshness-proof.js';
import { frozenMap, type FrozenMap } from './frozen-map.js';
import { emptyRegistry, withEntries, type Registry } from './registry.js';
import { RevocationSet } from './revocation-set.js';
import type { SnapshotBuilder } from './snapshot.js';

/**
 * How many older logs are judged beside the present one at most. Beyond it no further fork is taken and the replica grows stale: memory
 * stays bounded, and nothing dead is forgotten for it.
 */
export const maxForks = 8;

/**
 * A verifier's copy of the log: the map, which log it is, and the last proof of being current (docs/protocol.md). Empty it is not ready
 * and infinitely old, so that every verdict is unknown.
 */
export class Replica {
  readonly #clock: Clock;
  readonly #steady: SteadyClock;
  #set = new RevocationSet();
  #forks: readonly FrozenMap[] = [];
  #registry: Registry = emptyRegistry;
  #head: LogHead | null = null;
  #proof: FreshnessProof | null = null;
  #isReady = false;
  #isTooOld = false;
  #isPurging = false;
  // Until the Authority has said what time it is, nothing is old enough to be forgotten.
  #authorityNow = 0;

  /** Told of entries after they were applied, and of null after a snapshot was: then anything may have changed. */
  onApplied: (entries: readonly LogEntry[] | null) => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#steady = new SteadyClock(clock, patienceToForgetMs);
  }

  /** Whether the first answer was applied and acknowledged. Never false again. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Whether the log holds something that this version cannot read: stale until it is updated. */
  get isTooOld(): boolean {
    return this.#isTooOld;
  }

  get head(): LogHead | null {
    return this.#head;
  }

  get own(): IssuerRecord | null {
    return this.#registry.own;
  }

  get ownKeys(): ReadonlyMap<string, string> {
    return this.#registry.ownKeys;
  }

  /** How many matches are held, forks included. */
  get count(): number {
    return this.#sets().reduce((count, set) => count + set.count, 0);
  }

  get forks(): number {
    return this.#forks.length;
  }

  /** The map of the present log. */
  get set(): RevocationSet {
    return this.#set;
  }

  /** Those of older ones, judged beside it: dead in any of them is dead. */
  get frozen(): readonly FrozenMap[] {
    return this.#forks;
  }

  /** How old the last proof of being current is, in milliseconds; Infinity without one. */
  ageMs(): number {
    return this.#isTooOld || this.#proof === null ? Infinity : ageOf(this.#proof, this.#clock);
  }

  /** The record of an issuer; undefined if it is not registered. */
  findIssuer(issuer: string): IssuerRecord | undefined {
    return this.#registry.issuers.get(issuer);
  }

  /** Whether a key of an issuer was taken back, by its `kid`: what it signed is nobody's word. */
  isKeyRevoked(issuer: string, keyId: string): boolean {
    return this.#sets().some((set) => set.of(issuer)?.find('key', keyId)?.end);
  }

  /** Applies entries that follow the head. The caller has checked the chain. */
  apply(entries: readonly LogEntry[], head: LogHead): void {
    for (const entry of entries) {
      if (entry.kind === 'state') this.#set.apply(entry.issuer, entry.match, entry.state);
      this.#isTooOld ||= !isUnderstood(entry);
    }
    this.#adopt(withEntries(this.#registry, entries));
    this.#head = head;
    this.onApplied(entries);
  }

  /**
   * Whether a snapshot with this head can go on from here: the same log, and not before our place in it. Past an entry that is not understood
   * there is no chain to compare.
   */
  goesOnTo(head: LogHead): boolean {
    const ours = this.#head;
    return ours === null || (head.epoch === ours.epoch
      && (head.position > ours.position || (head.position === ours.position && (ours.chain === null || head.chain === ours.chain))));
  }

  /**
   * Takes a whole snapshot. A newer one of the same log forgets nothing that this one remembers; of another log, the old map is frozen and
   * judged beside the new one until time forgets it. Issuers and own keys come from the new one alone. Whoever asks for the next step lets others
   * have their turn; the last one takes it.
   */
  *load(snapshot: SnapshotBuilder, head: LogHead, isFork: boolean): Generator<void> {
    if (!isFork) yield* snapshot.set.carryOver(this.#set);
    const older = isFork ? [this.#freeze(head, snapshot.authorityNow), ...this.#forks] : this.#forks;
    this.#set = snapshot.set;
    this.#keep(older);
    this.#isTooOld ||= snapshot.isTooOld;
    this.#adopt(snapshot.registry);
    this.#head = head;
    this.onApplied(null);
  }

  /** Publishes a proof, after everything that it proves was applied. A younger one stays: what it proved still holds. */
  prove(proof: FreshnessProof, authorityNow: number): void {
    this.#authorityNow = authorityNow;
    if (!this.#isTooOld && ageOf(proof, this.#clock) <= this.ageMs()) this.#proof = proof;
  }

  becomeReady(): void {
    this.#isReady = true;
  }

  /** Our own clock, for what is forgotten by it. */
  believedSecond(): number {
    return Math.floor(this.#steady.believedMs() / 1000);
  }

  /** Forgets what neither our clock nor the Authority's needs any more. Others have their turn meanwhile. */
  async purge(): Promise<void> {
    if (this.#isPurging) return;
    this.#isPurging = true;
    const now = Math.min(this.believedSecond(), this.#authorityNow);
    for (const set of this.#sets()) for (const _ of set.purge(now)) await turn();
    this.#keep(this.#forks);
    this.#isPurging = false;
  }

  #sets(): readonly RevocationSet[] {
    return [this.#set, ...this.#forks.map(({ set }) => set)];
  }

  #freeze(next: LogHead, authorityNow: number): FrozenMap {
    return frozenMap(this.#set, this.#head, next, Math.max(Math.floor(this.#clock.wallMs() / 1000), authorityNow));
  }

  #keep(older: readonly FrozenMap[]): void {
    this.#forks = older.filter(({ set }) => set.count > 0);
  }

  #adopt(registry: Registry): void {
    this.#registry = registry;
    this.#isTooOld ||= registry.isTooOld;
  }
}
