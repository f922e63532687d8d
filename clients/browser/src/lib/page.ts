import type { Channel } from './browser.js';
import type { Core } from './core.js';
import { owedKey, sessionKey } from './shared.js';

/**
 * Listens to what happens to the page. One that goes into the back/forward cache is hidden first, and shown when it comes back only if its
 * session is the one of this browser still; otherwise it is loaded anew (T-46). Returns what takes the listeners away.
 */
export function watchPage(core: Core, channel: Channel): () => void {
  const stop = new AbortController();
  const on = <T extends keyof WindowEventMap>(type: T, listener: (event: WindowEventMap[T]) => void) =>
    addEventListener(type, listener, { signal: stop.signal });
  const { style } = document.documentElement;
  let visibility: string | null = null;

  on('storage', (event) => {
    if (event.key === null || event.key === sessionKey || event.key === owedKey) core.checkStorage();
  });
  on('online', () => void core.sendLogouts());
  on('pagehide', (event) => {
    // An open channel can keep a page out of the cache.
    channel.close();
    if (!event.persisted || core.state.status !== 'live') return;
    visibility = style.visibility;
    style.visibility = 'hidden';
  });
  on('pageshow', (event) => {
    if (!event.persisted) return;
    channel.open();
    if (!core.restore() && visibility !== null) location.reload();
    else {
      style.visibility = visibility ?? style.visibility;
      visibility = null;
    }
  });
  return () => stop.abort();
}
