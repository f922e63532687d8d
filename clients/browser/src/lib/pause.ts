const first = 500;
const longest = 30_000;

/** How long to wait after so many failures in a row: doubling from 0.5 s to 30 s, the upper half of it by chance. */
export function pauseAfter(failures: number, random: () => number): number {
  return Math.min(first * 2 ** Math.min(failures - 1, 6), longest) * (1 + random()) / 2;
}

/** How long to wait for an other end that asks for `wait`: that long, half as long again at most, and never less than a moment. */
export function spread(wait: number, random: () => number): number {
  return Math.max(wait, first) * (1 + random() / 2);
}

/** Waits, or until the signal is raised; never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    if (signal?.aborted) done();
    else signal?.addEventListener('abort', done);
  });
}
