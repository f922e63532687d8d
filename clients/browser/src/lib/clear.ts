import { owedKey, sessionKey } from './shared.js';

/** Clears what a session left in this browser, but not what the tabs have to know of its end. Nothing here may keep a logout from going on. */
export function clearSite(where: 'tab' | 'origin'): void {
  attempt(() => sessionStorage.clear());
  if (where === 'tab') return;
  attempt(() => {
    const ours = [sessionKey, owedKey];
    for (const key of Object.keys(localStorage).filter((name) => !ours.includes(name))) localStorage.removeItem(key);
  });
  void clearCaches().catch(() => undefined);
  void clearDatabases().catch(() => undefined);
}

async function clearCaches() {
  for (const name of await caches.keys()) await caches.delete(name);
}

async function clearDatabases() {
  for (const { name } of await indexedDB.databases()) if (name !== undefined) indexedDB.deleteDatabase(name);
}

function attempt(work: () => void) {
  try {
    work();
  } catch {
    // Storage that is switched off holds nothing.
  }
}
