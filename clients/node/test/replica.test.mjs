// The replica and its judge against a model that keeps every entry in a list and looks through all of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { momentOf } from '../dist/lib/clock.js';
import { proofOf } from '../dist/lib/replication/freshness-proof.js';
import { Replica } from '../dist/lib/replication/replica.js';
import { SnapshotBuilder } from '../dist/lib/replication/snapshot.js';
import { Values } from '../dist/lib/replication/values.js';
import { takeFacts } from '../dist/lib/tokens/facts.js';
import { readJsonObject } from '../dist/lib/tokens/json.js';
import { judge } from '../dist/lib/verdicts/judge.js';
import { ManualClock } from './support/clock.mjs';
import { randomOf, tries } from './support/random.mjs';
import { issuerEntry, readRecord, vectors } from './support/vectors.mjs';

const { records } = vectors('verdicts');
const issuers = ['own', 'foreign', 'no_iat', 'foreign_raised'].map((name, i) => ({ ...records[name], issuer: `https://${i}.example` }));
const values = ['a', 'A', 'a ', 'ab', 'b', 'é', 'é', '7', 'true', '__proto__'];
const names = ['tenant', 'Tenant', 'roles', '__proto__', 'sub'];
const kinds = ['token', 'digest', 'session', 'subject', 'client', 'tag', 'key', 'issuer'];
const start = 1_767_225_600;
const day = 86_400_000;

test('a replica says what a list of all entries says', () => {
  for (let seed = 1; seed <= tries(400, 20_000); seed++) {
    const world = new World(seed);
    for (let step = 0; step < 30; step++) world.step();
  }
});

class World {
  constructor(seed) {
    this.seed = seed;
    this.random = randomOf(seed);
    this.clock = new ManualClock(start);
    this.replica = new Replica(this.clock);
    this.logs = [[]];
    this.frozen = [null];
    this.known = 0;
    this.position = 10;
    this.epoch = 0;
    this.replica.becomeReady();
    this.prove();
    this.load(false);
  }

  step() {
    const kind = this.random.below(12);
    if (kind < 6) this.append();
    else if (kind < 7) this.load(this.random.chance(0.3));
    else if (kind < 8) this.purge();
    else this.clock.pass(this.random.below(600) * 1000);
    this.prove();
    for (let i = 0; i < 3; i++) this.compare();
  }

  prove() {
    this.replica.prove(proofOf(momentOf(this.clock), 0, 0, this.clock), this.clock.second);
  }

  append() {
    const entries = Array.from({ length: 1 + this.random.below(4) }, () => this.entry());
    this.logs[0].push(...entries);
    this.replica.apply(entries, this.head());
    this.known = this.position;
  }

  /** A snapshot of the same log, or of another one that knows less. */
  load(isFork) {
    if (isFork && this.replica.forks === 8) return;
    if (isFork) this.logs.unshift(this.logs[0].filter(() => this.random.chance(0.5)));
    if (isFork) this.epoch++;
    if (isFork && this.random.chance(0.5)) this.position++;
    const next = this.position > this.known ? this.position : Infinity;
    if (isFork) this.frozen = [null, { at: this.clock.second, next }, ...this.frozen.slice(1)];
    this.known = this.position;
    const snapshot = new SnapshotBuilder();
    snapshot.add({ header: { ...this.head(), head: this.position, now: this.clock.second } });
    const entries = [...issuers.map((issuer) => issuerEntry(issuer)), ...latest(this.logs[0])];
    for (const entry of entries) snapshot.add({ entry });
    snapshot.add({ end: entries.length });
    [...this.replica.load(snapshot, this.head(), isFork)];
  }

  purge() {
    this.replica.purge();
    this.logs = this.logs.map((log) => latest(log).filter(({ state }) => state.rememberUntil >= this.clock.second));
  }

  head() {
    return { epoch: `e${this.epoch}`, position: this.position, chain: null };
  }

  entry() {
    const kind = this.random.pick(kinds);
    const slot = () => (this.random.chance(0.5) ? null : { by: this.position - this.random.below(8), second: this.second() });
    return {
      kind: 'state', position: ++this.position, at: this.clock.second, issuer: this.random.pick(issuers).issuer,
      match: { kind, name: kind === 'tag' ? this.random.pick(names) : null, value: kind === 'issuer' ? null : this.random.pick(values) },
      state: { end: slot(), renew: slot(), reauthenticate: slot(), block: slot(), rememberUntil: this.clock.second + this.random.below(3000) },
    };
  }

  second() {
    return this.clock.second - 400 + this.random.below(800);
  }

  compare() {
    const json = this.random.pick(issuers);
    const record = readRecord(json);
    const claims = this.claims(json);
    const jws = {
      algorithm: record.algorithms[0], type: record.types[0], keyId: this.random.pick(values), issuer: json.issuer, signingInput: 'a.b',
      claims: readJsonObject(Buffer.from(JSON.stringify(claims).replace('{', '{"__proto__":"a",'))),
    };
    const facts = takeFacts(jws, record, this.random.pick(values));
    const found = judge(this.replica, facts, 5000, this.clock);
    const expected = naive(facts, { ...claims, ['__proto__']: 'a' }, record, this.logsAsSeenBy(record, facts), this.clock.second);
    const story = `seed ${this.seed}: ${JSON.stringify({ claims, found, expected })}`;
    assert.deepEqual([found.kind, found.by ?? 0], [expected.kind, expected.by ?? 0], story);
  }

  /** What a clock ahead has dated after a log was left reaches nothing that is from after that. */
  logsAsSeenBy(record, facts) {
    const present = latest(this.logs[0]);
    const sameMatch = (a, b) => a.issuer === b.issuer && JSON.stringify(a.match) === JSON.stringify(b.match);
    return this.logs.map((log, i) => latest(log).map((entry) => {
      const { at, next } = this.frozen[i] ?? { at: Infinity };
      const last = record.own ? at : at + 60;
      const reaches = (slot) => (slot?.second > last && (!record.own || facts.logPosition >= next) ? { by: slot.by, second: last } : slot);
      const { end, renew, reauthenticate } = entry.state;
      const isDatedAnew = record.own && reaches(reauthenticate) !== reauthenticate
        && present.find((other) => sameMatch(other, entry))?.state.reauthenticate?.by === reauthenticate.by;
      const login = isDatedAnew ? null : reaches(reauthenticate);
      return { ...entry, state: { ...entry.state, end: reaches(end), renew: reaches(renew), reauthenticate: login } };
    }));
  }

  claims(json) {
    const iat = this.second();
    const maybe = (value) => (this.random.chance(0.7) ? value : undefined);
    return {
      iss: json.issuer, sub: this.random.pick(values), sid: maybe(this.random.pick(values)), client_id: this.random.pick(values),
      jti: json.own ? this.random.pick(values) : maybe(this.random.pick(values)), exp: iat + this.random.below(900),
      iat: json.issued_at_absent ? undefined : iat, auth_time: maybe(this.second()), lpos: maybe(this.position - this.random.below(8)),
      tenant: maybe(this.random.pick(values)), roles: maybe([this.random.pick(values), 7, null, true, ['b']]), Tenant: maybe(7),
    };
  }
}

/** The newest entry of each match. */
function latest(log) {
  const key = ({ issuer, match }) => JSON.stringify([issuer, match.kind, match.name, match.value]);
  return [...new Map(log.map((entry) => [key(entry), entry])).values()];
}

function naive(facts, claims, record, logs, now) {
  const limits = (instant) => {
    const raised = record.earlierLimits && instant <= record.changedAt + Math.max(record.limits.clockSkew, record.earlierLimits.clockSkew);
    return raised ? record.earlierLimits : record.limits;
  };
  const { iat = null, auth_time: login = null } = claims;
  const { leeway, maxTokenLifetime } = limits(iat ?? 0);
  if (now >= claims.exp + leeway) return { kind: 'expired' };
  const session = limits(login ?? now);
  if (iat > now + leeway || (login !== null && login > now + leeway) || claims.exp - (iat ?? now) > maxTokenLifetime
    || (login !== null && now - login > session.maxSessionLifetime + session.leeway)) return { kind: 'invalid' };

  const live = logs.flatMap(latest).filter(({ issuer, match }) => issuer === record.issuer && isNamed(match, facts, claims));
  const before = ({ by, second }) => (record.own ? facts.logPosition < by : iat === null || iat <= second + limits(iat).clockSkew);
  const loginBefore = ({ second }) => login === null || login <= second + (record.own ? 0 : limits(login).clockSkew);
  const always = ({ kind }) => ['token', 'digest', 'session', 'key'].includes(kind);
  const slots = (effect, holds) => live.map(({ match, state }) => ({ ...state[effect], match })).filter((slot) => slot.by && holds(slot, slot.match));
  const latestSecond = (found) => found.sort((a, b) => b.second - a.second || b.by - a.by)[0];

  const ends = slots('end', (slot, match) => always(match) || before(slot));
  const keys = ends.filter(({ match }) => match.kind === 'key').map(({ by }) => by);
  const block = latestSecond(slots('block', ({ second }) => now < second));
  const tooOld = latestSecond(slots('reauthenticate', loginBefore));
  const renews = slots('renew', before);
  if (keys.length > 0) return { kind: 'revoked', by: Math.max(...keys) };
  if (block) return { kind: 'revoked', by: block.by };
  if (ends.length > 0) return { kind: 'revoked', by: Math.max(...ends.map(({ by }) => by)) };
  if (tooOld) return { kind: 'reauthenticate', by: tooOld.by };
  return renews.length > 0 ? { kind: 'renew', by: Math.max(...renews.map(({ by }) => by)) } : { kind: 'valid' };
}

function isNamed({ kind, name, value }, facts, claims) {
  switch (kind) {
    case 'token': return value === claims.jti;
    case 'digest': return claims.jti === undefined && value === facts.match.value;
    case 'session': return value === claims.sid;
    case 'subject': return value === claims.sub;
    case 'client': return value === claims.client_id;
    case 'key': return value === facts.keyId || value === facts.keyThumbprint;
    case 'tag': return Object.hasOwn(claims, name) && [claims[name]].flat().some((one) => typeof one !== 'object' && String(one) === value);
    default: return true;
  }
}

test('what is forgotten by one clock alone is remembered', () => {
  for (const [ourSecond, authoritySecond, count] of [[200, 0, 1], [0, 200, 1], [100, 100, 1], [101, 101, 0]]) {
    const clock = new ManualClock(start + ourSecond);
    const replica = new Replica(clock);
    replica.apply([entryUntil(start + 100)], { epoch: 'e', position: 20, chain: null });
    replica.prove(proofOf(momentOf(clock), 0, 0, clock), start + authoritySecond);
    replica.purge();
    assert.equal(replica.count, count);
  }
});

test('a clock that jumps makes nothing forgotten, though the Authority has the same one, until it has stood for a day', () => {
  const clock = new ManualClock(start);
  const replica = new Replica(clock);
  replica.apply([entryUntil(start + 300)], { epoch: 'e', position: 20, chain: null });
  const forget = () => {
    replica.prove(proofOf(momentOf(clock), 0, 0, clock), clock.second);
    replica.purge();
    return replica.count;
  };

  clock.step(100 * day);
  for (let i = 0; i < 10; i++, clock.pass(20_000)) assert.equal(forget(), 1);
  clock.step(-100 * day);
  assert.equal(forget(), 1);

  clock.step(100 * day);
  assert.equal(forget(), 1);
  clock.pass(day);
  assert.equal(forget(), 0);
});

test('seconds beyond 32 bits are seconds like any other', () => {
  for (const last of [2 ** 31 - 1, 2 ** 32 - 1]) {
    for (const until of [last - 1, last, last + 1]) {
      const clock = new ManualClock(until);
      const replica = new Replica(clock);
      replica.apply([entryUntil(until)], { epoch: 'e', position: 20, chain: null });
      for (const count of [1, 0]) {
        replica.prove(proofOf(momentOf(clock), 0, 0, clock), clock.second);
        replica.purge();
        assert.equal(replica.count, count);
        clock.pass(1000);
      }
    }
  }
});

test('very many are forgotten, and carried over, some at a time, and others have their turn meanwhile', async () => {
  const many = 20_000;
  const clock = new ManualClock(start + 101);
  const replica = new Replica(clock);
  const head = { epoch: 'e', position: 20, chain: null };
  const entries = Array.from({ length: many }, (_, i) => withValue(entryUntil(start + 100), `s-${i}`));
  replica.apply(entries, head);
  replica.prove(proofOf(momentOf(clock), 0, 0, clock), clock.second);

  const snapshot = new SnapshotBuilder();
  snapshot.add({ header: { ...head, head: 21 } });
  snapshot.add({ end: 0 });
  let turns = 0;
  for (const _ of replica.load(snapshot, snapshot.head, false)) turns++;
  assert.equal(turns, Math.floor(many / 4_096));
  assert.equal(replica.count, many);

  const purging = replica.purge();
  assert.ok(replica.count > many / 2, 'not all at once');
  replica.apply([withValue(entryUntil(start + 500), 's-1'), withValue(entryUntil(start + 500), 's-19999')], head);
  await purging;
  assert.equal(replica.count, 2);
});

test('however many values there are, and whatever they look like, each is found', () => {
  const shapes = [(i) => `${i}`, (i) => `user-${i}@shop.example`, (i) => '\u{1F511}'.repeat(i % 3) + i, (i) => ''.padEnd(i % 500, 'x')];
  const [values, model] = [new Values(), new Map()];
  for (let i = 0; i < 100_000; i++) {
    const value = shapes[i % shapes.length](i);
    if (i % 7 === 6) {
      values.delete(shapes[i % shapes.length](i >> 1));
      model.delete(shapes[i % shapes.length](i >> 1));
    }
    values.set(value, i);
    model.set(value, i);
  }
  assert.equal(values.size, model.size);
  for (const [value, state] of model) assert.equal(values.get(value), state);
  assert.deepEqual(new Map(values), model);
});

function withValue(entry, value) {
  return { ...entry, match: { ...entry.match, value } };
}

function entryUntil(rememberUntil) {
  return {
    kind: 'state', position: 20, at: start, issuer: issuers[0].issuer, match: { kind: 'subject', name: null, value: 'a' },
    state: { end: { by: 20, second: start }, renew: null, reauthenticate: null, block: null, rememberUntil },
  };
}

test('what a clock ahead has dated reaches nothing of after a fork, but for tokens of the old log, whose logins may be from the wrong clock', () => {
  const [own, foreign] = issuers;
  const last = start + 60 + readRecord(foreign).limits.clockSkew;
  const kind = (json, forked, claims) => verdictAfterFork(json, forked, claims).kind;
  for (const effect of ['end', 'renew', 'reauthenticate']) {
    const dead = { end: 'revoked', renew: 'renew', reauthenticate: 'reauthenticate' }[effect];
    assert.equal(kind(foreign, { effect }, { iat: last, auth_time: last }), dead);
    assert.equal(kind(foreign, { effect }, { iat: last + 1, auth_time: last + 1 }), 'valid');
  }

  const effect = 'reauthenticate';
  const login = { iat: start + 1, auth_time: start + 1, lpos: 600 };
  assert.equal(kind(own, { effect }, login), 'valid');
  assert.equal(kind(own, { effect }, { ...login, auth_time: start }), effect);
  assert.equal(kind(own, { effect }, { ...login, lpos: 599 }), effect);
  assert.equal(kind(own, { effect, epoch: 'e' }, login), effect);
  assert.equal(kind(own, { effect, head: 500 }, login), effect);
  const datedAnew = start - 100;
  assert.equal(kind(own, { effect, datedAnew }, { ...login, auth_time: datedAnew + 1 }), 'valid');
  assert.equal(kind(own, { effect, datedAnew }, { ...login, auth_time: datedAnew }), effect);
  assert.equal(kind(own, { effect, datedAnew }, { ...login, auth_time: datedAnew + 1, lpos: 599 }), effect);
  assert.equal(kind(foreign, { effect: 'end', authorityNow: start + 300 }, { iat: start + 300, auth_time: start + 300 }), 'revoked');
});

/** The old log ends at 500 with a cutoff that a clock a day ahead has dated. Minutes pass after the fork. */
function verdictAfterFork(json, { effect, epoch = 'another', head = 600, authorityNow = start, datedAnew }, claims) {
  const clock = new ManualClock(start);
  const replica = new Replica(clock);
  const nothing = { end: null, renew: null, reauthenticate: null, block: null, rememberUntil: Number.MAX_SAFE_INTEGER };
  const actOf = (second) => ({
    kind: 'state', position: 500, at: start, issuer: json.issuer, match: { kind: 'subject', name: null, value: 'a' },
    state: { ...nothing, [effect]: { by: 500, second } },
  });
  replica.apply([issuerEntry(json), actOf(start + 86_400)], { epoch: 'e', position: 500, chain: null });
  const snapshot = new SnapshotBuilder();
  snapshot.add({ header: { epoch, head, chain: null, now: authorityNow } });
  const entries = [issuerEntry(json), ...(datedAnew === undefined ? [] : [actOf(datedAnew)])];
  for (const entry of entries) snapshot.add({ entry });
  snapshot.add({ end: entries.length });
  [...replica.load(snapshot, snapshot.head, true)];
  clock.pass(280_000);
  replica.prove(proofOf(momentOf(clock), 0, 0, clock), clock.second);
  replica.becomeReady();

  const record = readRecord(json);
  const text = JSON.stringify({ iss: json.issuer, sub: 'a', client_id: 'c', jti: 't', exp: claims.iat + 290, ...claims });
  const jws = {
    algorithm: record.algorithms[0], type: record.types[0], keyId: 'k', issuer: json.issuer, signingInput: 'a.b',
    claims: readJsonObject(Buffer.from(text)),
  };
  return judge(replica, takeFacts(jws, record, 'k'), 5000, clock);
}

test('a record of a form that cannot be read makes the replica too old', () => {
  const replica = new Replica(new ManualClock());
  replica.apply([{ ...issuerEntry(issuers[0]), record: '{"issuer":7}' }], { epoch: 'e', position: 1, chain: null });
  assert.equal(replica.isTooOld, true);
  assert.equal(replica.ageMs(), Infinity);
});
