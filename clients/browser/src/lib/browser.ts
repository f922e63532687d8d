import type { Send } from './endpoint.js';
import type { News } from './news.js';
import { pause } from './pause.js';
import type { Store } from './shared.js';
import { leaseTurns, lockTurns, type Turn } from './turns.js';

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

export function openTurns(store: Store): Turn {
  return 'locks' in navigator ? lockTurns(navigator.locks) : leaseTurns(store, Date.now, Math.random, pause);
}

/** Sends with a bound on the time. */
export function boundedSend(timeout: number): Send {
  return (url, init, signal) => fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]) });
}

export interface Channel {
  tell(news: News): void;
  open(): void;
  close(): void;
}

/** Between tabs, in memory. Without it each tab refreshes by itself, in its turn; a logout reaches the others by local storage. */
export function openChannel(hear: (said: unknown) => void): Channel {
  let channel: BroadcastChannel | null = null;
  return {
    tell: (news) => channel?.postMessage(news),
    open() {
      if (channel !== null || !('BroadcastChannel' in globalThis)) return;
      channel = new BroadcastChannel('rescind');
      channel.onmessage = (message: MessageEvent<unknown>) => hear(message.data);
    },
    close() {
      channel?.close();
      channel = null;
    },
  };
}
