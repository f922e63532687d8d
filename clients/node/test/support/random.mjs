/** Numbers from one seed (mulberry32): a run that failed can be run again. */
export function randomOf(seed) {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count) => Math.floor(fraction() * count);
  return {
    fraction,
    below,
    chance: (probability) => fraction() < probability,
    pick: (items) => items[below(items.length)],
    id: () => `n-${below(2 ** 31)}-${below(2 ** 31)}`,
  };
}

/** How often a property is tried: `--full` tries the large count. */
export const tries = (count, full) => (process.env.RESCIND_FULL === '1' ? full : count);
