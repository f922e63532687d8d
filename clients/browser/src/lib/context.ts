import type { SessionEnd } from '../errors.js';
import type { Endpoint } from './endpoint.js';
import type { Lock } from './lock.js';
import type { News } from './news.js';
import type { Settings } from './settings.js';
import type { Shared } from './shared.js';
import type { SessionState } from './state.js';

/** Everything that a session works with, so that a test can stand in for it. */
export interface Context {
  readonly settings: Settings;
  readonly endpoint: Endpoint;
  readonly shared: Shared;

  /** Runs one at a time over all tabs of the origin, as well as this browser can. */
  readonly lock: Lock;

  /** The wall clock in milliseconds, which all tabs share and somebody may set. */
  now(): number;

  /** The milliseconds since the page began, whatever the wall clock is set to. */
  elapsed(): number;
  random(): number;

  /** Waits, or until the signal is aborted. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;

  /** Posts a message to the other tabs. */
  post(news: News): void;

  /** Clears what a session leaves behind: in this tab, or in the whole origin. */
  clear(where: 'tab' | 'origin'): void;

  /** Called when the state changes. */
  changed(state: SessionState, end: SessionEnd | null): void;
}
