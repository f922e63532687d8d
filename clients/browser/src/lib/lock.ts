import { type Store, storeLagMs } from './shared.js';

/** Runs work one at a time over all tabs of the origin. */
export type Lock = <T>(work: () => Promise<T>) => Promise<T>;

const leaseKey = 'rescind.turn';
const leaseMs = 20_000;

/** With Web Locks: a browser gives the lock on when its holder crashes. */
export function webLock(locks: LockManager): Lock {
  return async (work) => await locks.request('rescind', work);
}

/**
 * Without them: a lease in storage. Two tabs may hold it at once when they write in the same moment, which is why the Authority answers
 * a repeated refresh with the same successor.
 */
export function leaseLock(store: Store, now: () => number, random: () => number, pause: (ms: number) => Promise<void>): Lock {
  const me = String(random());
  const holder = () => {
    const [id, until] = (store.read(leaseKey) ?? '').split(' ');
    // One from the future was written before the clock was stepped back.
    return Number(until) > now() && Number(until) <= now() + leaseMs ? id : undefined;
  };
  return async (work) => {
    for (;;) {
      if (holder() === undefined) {
        store.write(leaseKey, `${me} ${now() + leaseMs}`);
        await pause(storeLagMs);
        if (holder() === me) break;
      }
      await pause(storeLagMs * (1 + random()));
    }
    try {
      return await work();
    } finally {
      if (holder() === me) store.write(leaseKey, null);
    }
  };
}
