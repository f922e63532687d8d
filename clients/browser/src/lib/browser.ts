import type { Send } from './endpoint.js';
import { leaseLock, type Lock, webLock } from './lock.js';
import type { News } from './news.js';
import { pause } from './pause.js';
import type { Store } from './shared.js';

/** Local storage; where it is switched off or full, the memory of this tab. */
export function openStore(): Store {
  const memory = new Map<string, string>();
  return {
    read(key) {
      try {
        return localStorage.getItem(key) ?? memory.get(key) ?? null;
      } catch {
        return memory.get(key) ?? null;
      }
    },
    write(key, value) {
      memory.delete(key);
      try {
        if (value === null) localStorage.removeItem(key);
        else localStorage.setItem(key, value);
      } catch {
        if (value !== null) memory.set(key, value);
      }
    },
  };
}

export function openLock(store: Store): Lock {
  return 'locks' in navigator ? webLock(navigator.locks) : leaseLock(store, Date.now, Math.random, pause);
}

/** Sends with a bound on the time. */
export function boundedSend(timeout: number): Send {
  return (url, init, signal) => fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]) });
}

export type Channel = ReturnType<typeof openChannel>;

/** Between tabs, in memory. Without it each tab refreshes by itself, in its turn; a logout reaches the others by local storage. */
export function openChannel(receive: (message: unknown) => void) {
  let channel: BroadcastChannel | null = null;
  return {
    post: (news: News) => channel?.postMessage(news),
    open() {
      if (channel !== null || !('BroadcastChannel' in globalThis)) return;
      channel = new BroadcastChannel('rescind');
      channel.onmessage = ({ data }: MessageEvent<unknown>) => receive(data);
    },
    close() {
      channel?.close();
      channel = null;
    },
  };
}
