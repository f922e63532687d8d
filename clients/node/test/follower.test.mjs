// The follower in a world of loss, delay, doubling, stale caches, late nodes, suspensions, stepped clocks and replaced logs, from one seed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Follower } from '../dist/lib/feeding/follower.js';
import { Replica } from '../dist/lib/replication/replica.js';
import { judge } from '../dist/lib/verdicts/judge.js';
import { ManualClock } from './support/clock.mjs';
import { LogModel } from './support/log-model.mjs';
import { randomOf, tries } from './support/random.mjs';

const boundMs = 5_000;
const subjects = ['a', 'b', 'c', 'd', 'e'];

class World {
  constructor(seed, { calm = false } = {}) {
    this.seed = seed;
    this.random = randomOf(seed);
    this.clock = new ManualClock();
    this.log = new LogModel();
    this.trueMs = 0;
    this.calm = calm;
    this.acknowledged = new Map();
    this.everEnded = new Set();
    this.oldAnswers = [];
    this.replica = new Replica(this.clock);
    const identity = { name: 'v', instance: 'i', boundMs, version: '0' };
    this.follower = new Follower(this.replica, identity, this.clock, this.random);
    // Each alone is noticed; both within one bound are not (docs/protocol.md).
    this.stepsClock = this.random.chance(0.5);
  }

  run(ms) {
    const until = this.trueMs + ms;
    while (this.trueMs < until) this.step();
  }

  step() {
    const next = this.follower.next();
    if (next.kind === 'wait') this.pass(next.delayMs);
    else if (next.kind === 'snapshot') this.fetchSnapshot(next.snapshot);
    else this.poll(next.request);
  }

  fetchSnapshot(builder) {
    this.pass(this.random.below(20));
    if (this.fails(0.1)) return this.follower.failed('lost');
    this.log.snapshotInto(builder, this.clock.second);
    this.pass(this.random.below(20));
    [...this.follower.loaded(builder)];
  }

  poll(request) {
    this.pass(this.random.below(30));
    if (this.fails(0.05)) {
      this.pass(request.waitMs + 2000);
      return this.follower.failed('lost on the way there');
    }
    const receivedMs = this.trueMs;
    const epoch = this.log.epoch;
    while (this.trueMs - receivedMs < request.waitMs && this.log.head.position === request.after && this.log.epoch === epoch) this.pass(50);
    const late = this.fails(0.05) ? this.random.below(3) : 0;
    const known = Math.max(0, this.log.entries.length - late);
    const answer = this.log.answer(request, this.clock.second, this.trueMs - receivedMs, known, 1 + this.random.below(5));
    // A node that is behind says how old its knowledge is; here it is as old as may be.
    const aged = late > 0 && typeof answer === 'object' ? { ...answer, ageMs: boundMs } : answer;
    this.pass(this.random.below(this.fails(0.1) ? 4_000 : 30));
    if (this.fails(0.05)) return this.follower.failed('lost on the way back');
    if (this.fails(0.1) && this.oldAnswers.length > 0) return this.follower.answered(request, this.random.pick(this.oldAnswers));
    if (this.fails(0.05)) this.follower.answered({ ...request }, aged);
    this.oldAnswers.push(aged);
    return this.follower.answered(request, aged);
  }

  fails(probability) {
    return !this.calm && this.random.chance(probability);
  }

  /** Time passes in small steps; others act, and the promises are checked after each. */
  pass(ms) {
    for (let left = ms; left > 0; left -= 25) {
      const stepMs = Math.min(left, 25);
      this.trueMs += stepMs;
      this.clock.pass(stepMs);
      if (this.fails(0.002)) this.weather();
      if (this.fails(0.02)) this.act();
      this.check();
    }
  }

  weather() {
    const ms = this.random.below(20_000);
    if (this.stepsClock) {
      this.clock.step(ms - 10_000);
    } else {
      this.trueMs += ms;
      this.clock.suspend(ms);
    }
  }

  act() {
    const subject = this.random.pick(subjects.slice(1));
    const what = this.random.below(20);
    if (what === 0) {
      for (const { match } of this.log.restore(this.random.below(3))) this.acknowledged.delete(match.value);
    } else if (what < 4) {
      this.log.end(subject, this.clock.second, true);
      this.acknowledged.delete(subject);
    } else {
      this.end(subject);
      if (!this.acknowledged.has(subject)) this.acknowledged.set(subject, this.trueMs);
    }
  }

  end(subject) {
    this.everEnded.add(subject);
    return this.log.end(subject, this.clock.second);
  }

  check() {
    for (const subject of subjects) {
      const { kind } = this.verdict(subject);
      const since = this.acknowledged.get(subject);
      if (since !== undefined && this.trueMs - since > boundMs) {
        assert.notEqual(kind, 'valid', `G1: ${subject} ended ${this.trueMs - since} ms ago (seed ${this.seed})`);
      }
      if (!this.everEnded.has(subject)) assert.notEqual(kind, 'revoked', `G5: nobody ended ${subject} (seed ${this.seed})`);
    }
  }

  verdict(subject) {
    return judge(this.replica, factsOf(this.log.issuer, subject, this.clock.second), boundMs, this.clock);
  }
}

function factsOf(issuer, subject, second) {
  return {
    issuer, subject, tokenId: 't', sessionId: null, clientId: 'c', keyId: 'k', audience: [], scope: null, acr: null, expiresAt: second + 60,
    issuedAt: second, authTime: null, notBefore: null, logPosition: 0, match: { kind: 'token', value: 't' }, keyThumbprint: null, tags: [],
  };
}

test('no revocation is missed past the bound, and what nobody ended is not revoked', () => {
  for (let seed = 1; seed <= tries(60, 3_000); seed++) {
    const world = new World(seed);
    world.run(60_000);
    world.calm = true;
    world.run(12_000);
    assert.equal(world.replica.isReady, true, `seed ${seed}`);
    if (world.replica.forks < 8) {
      assert.equal(world.verdict('a').kind, 'valid', `it recovers (seed ${seed}): ${world.follower.trouble}`);
      assert.equal(world.replica.head.chain, world.log.head.chain, `G3 (seed ${seed})`);
    }
    for (const subject of world.acknowledged.keys()) assert.equal(world.verdict(subject).kind, 'revoked', `seed ${seed}`);
  }
});

test('ready is after the acknowledging poll, and neither of the two is held', () => {
  const world = new World(1, { calm: true });
  world.step();
  const first = world.follower.next();
  assert.equal(first.request.waitMs, 0);
  world.follower.answered(first.request, world.log.answer(first.request, world.clock.second, 0));
  assert.equal(world.replica.isReady, false);
  const second = world.follower.next();
  assert.equal(second.request.waitMs, 0);
  world.follower.answered(second.request, world.log.answer(second.request, world.clock.second, 0));
  assert.equal(world.replica.isReady, true);
  assert.equal(world.follower.next().request.waitMs, boundMs / 3);
});

test('a freshness that a route demands shortens the polls to half of it', () => {
  const world = new World(1, { calm: true });
  world.follower.demand(1_000);
  world.run(3_000);
  let next = world.follower.next();
  if (next.kind === 'wait') next = world.follower.next();
  assert.equal(next.request.waitMs, 500);
});

test('a contradiction within one epoch is doubted for half of the bound, another epoch is believed at once', () => {
  const world = new World(1, { calm: true });
  world.end('b');
  world.run(2_000);
  const before = world.log;
  world.log = new LogModel();
  world.end('c');
  world.end('d');
  world.run(1_000);
  assert.equal(world.replica.forks, 0, 'it may be a node that is behind');
  world.run(4_000);
  assert.equal(world.replica.forks, 1);
  assert.deepEqual(['b', 'c', 'a'].map((subject) => world.verdict(subject).kind), ['revoked', 'revoked', 'valid']);

  before.restore(0);
  world.log = before;
  world.run(1_000);
  assert.equal(world.replica.forks, 2);
});

test('an entry of an unknown kind makes the verifier stale, and it goes on applying what it knows', () => {
  const world = new World(1, { calm: true });
  world.run(1_000);
  const position = world.end('b');
  world.log.entries.at(-1).kind = 'unknown';
  world.run(1_000);
  assert.equal(world.verdict('a').kind, 'unknown');
  assert.equal(world.replica.head.position, position);
  world.end('c');
  world.run(1_000);
  assert.equal(world.verdict('c').kind, 'revoked');
  assert.match(world.follower.trouble, /^RSC3205/);
});

test('an unknown effect does the same, in an answer and in a snapshot; what is known beside it holds', () => {
  const world = new World(1, { calm: true });
  world.run(1_000);
  world.end('b');
  world.log.entries.at(-1).hasUnknownEffect = true;
  world.run(1_000);
  assert.deepEqual(['a', 'b'].map((subject) => world.verdict(subject).kind), ['unknown', 'revoked']);

  const other = new World(1, { calm: true });
  other.end('b');
  other.log.entries.at(-1).hasUnknownEffect = true;
  other.run(3_000);
  assert.equal(other.replica.isTooOld, true);
  assert.equal(other.replica.isReady, false);
  assert.equal(other.replica.forks, 0);
});

test('at most eight older logs are kept; one more makes the verifier stale, not forgetful', () => {
  const world = new World(1, { calm: true });
  world.end('b');
  for (let i = 0; i < 12; i++) {
    world.run(1_000);
    world.log.restore(i === 0 ? 1 : 0);
    world.end('c');
  }
  world.run(10_000);
  assert.equal(world.replica.forks, 8);
  assert.equal(world.verdict('b').kind, 'revoked');
  assert.equal(world.verdict('a').kind, 'unknown');
});

test('an answer that lacks an entry is not applied and proves nothing', () => {
  const world = new World(1, { calm: true });
  world.run(2_000);
  for (const subject of ['b', 'c', 'd']) world.end(subject);
  const { position } = world.replica.head;
  let next = world.follower.next();
  while (next.kind === 'wait') next = world.follower.next();
  const answer = world.log.answer(next.request, world.clock.second, 0);

  world.follower.answered(next.request, { ...answer, entries: answer.entries.toSpliced(1, 1) });

  assert.equal(world.replica.head.position, position);
  assert.match(world.follower.trouble, /^RSC3206/);
});
