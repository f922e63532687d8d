/**
 * Runs a function of the app where what it throws must not stop ours: entries that are being applied, the feed that is being followed. The
 * failure is thrown all the same, where nobody but the app's own handler of uncaught exceptions can meet it.
 */
export function tellApp(tell: () => void): void {
  try {
    tell();
  } catch (failure) {
    queueMicrotask(() => { throw failure; });
  }
}

/**
 * What a function of the app finds in what a stranger sent; nothing if it throws. Outside of a framework that catches, one malformed
 * message would otherwise end the process.
 */
export function findInInput<T>(find: () => T | null | undefined): T | null {
  try {
    return find() ?? null;
  } catch {
    return null;
  }
}
