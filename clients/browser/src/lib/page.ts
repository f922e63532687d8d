import type { Channel } from './browser.js';
import type { Core } from './core.js';
import { owedKey, sessionKey } from './shared.js';

/**
 * Listens to what happens to the page. One that goes into the back/forward cache is hidden first, and shown when it comes back only if its
 * session is the one of this browser still; otherwise it is loaded anew (T-46). Returns what takes the listeners away.
 */
export function watchPage(core: Core, channel: Channel): () => void {
  const stop = new AbortController();
  const on = <E extends Event>(type: string, listener: (event: E) => void) =>
    window.addEventListener(type, listener as EventListener, { signal: stop.signal });
  const style = document.documentElement.style;
  let visibility: string | null = null;

  on('storage', (event: StorageEvent) => {
    if (event.key === null || event.key === sessionKey || event.key === owedKey) core.look();
  });
  on('online', () => void core.settle());
  on('pagehide', (event: PageTransitionEvent) => {
    // An open channel can keep a page out of the cache.
    channel.close();
    if (!event.persisted || core.state !== 'live') return;
    visibility = style.visibility;
    style.visibility = 'hidden';
  });
  on('pageshow', (event: PageTransitionEvent) => {
    if (!event.persisted) return;
    channel.open();
    const wasHidden = visibility !== null;
    if (!core.comeBack() && wasHidden) {
      location.reload();
      return;
    }
    style.visibility = visibility ?? style.visibility;
    visibility = null;
  });
  return () => stop.abort();
}
