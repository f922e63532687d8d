// The time that is believed: no jump of a wall clock hurries it, and none that stays is refused for good.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SteadyClock } from '../dist/lib/steady-clock.js';
import { ManualClock } from './support/clock.mjs';
import { randomOf, tries } from './support/random.mjs';

const patience = 600_000;

/** A clock, what is believed of it, and the time that it would show if nobody had set it. */
function world() {
  const clock = new ManualClock();
  return { clock, steady: new SteadyClock(clock, patience), offset: clock.wallMs() - clock.monotonicMs(), setBy: 0 };
}

function set(world, ms) {
  world.clock.step(ms - world.setBy);
  world.setBy = ms;
}

const leadOf = ({ clock, steady, offset }) => steady.believedMs() - clock.monotonicMs() - offset;

test('a wall clock that jumps and returns in time is never believed', () => {
  for (let seed = 1; seed <= tries(200, 10_000); seed++) {
    const random = randomOf(seed);
    const it = world();
    for (let jump = 0; jump < 8; jump++) {
      set(it, 91_000 + random.below(10 ** 9));
      const interval = 1000 + random.below(120_000);
      for (let left = random.below(patience); left > 0; left -= interval) {
        assert.ok(Math.abs(leadOf(it)) <= 30_000, `seed ${seed}`);
        it.clock.pass(Math.min(left, interval));
      }
      set(it, random.below(60_000) - 30_000);
      assert.equal(leadOf(it), it.setBy, `seed ${seed}`);
      it.clock.pass(random.below(900_000));
      assert.equal(leadOf(it), it.setBy, `seed ${seed}`);
    }
  }
});

test('one that has stood further ahead is believed', () => {
  for (const ahead of [60_001, 86_400_000, 4e12]) {
    const it = world();
    set(it, ahead);
    assert.equal(leadOf(it), 0);
    it.clock.pass(patience - 1);
    assert.equal(leadOf(it), 0);
    it.clock.pass(1);
    assert.equal(leadOf(it), ahead);
  }
});

test('one that is behind or a little ahead is believed at once', () => {
  for (const setBy of [-1e9, -1, 60_000]) {
    const it = world();
    set(it, setBy);
    assert.equal(leadOf(it), setBy);
  }
});

test('a jump during a little lead has a time of its own', () => {
  const it = world();
  set(it, 5000);
  assert.equal(leadOf(it), 5000);
  it.clock.pass(patience - 1);
  set(it, 5_000_000);
  assert.equal(leadOf(it), 0);
  it.clock.pass(patience - 1);
  assert.equal(leadOf(it), 0);
  it.clock.pass(1);
  assert.equal(leadOf(it), 5_000_000);
});
