import { SessionError, type SessionEnd } from './errors.js';
import { boundedSend, openChannel, openStore, openTurns } from './lib/browser.js';
import { createFetch } from './lib/call.js';
import { clearSite } from './lib/clear.js';
import { type Core, createCore, type SessionState } from './lib/core.js';
import { createEndpoint } from './lib/endpoint.js';
import { watchPage } from './lib/page.js';
import { pause } from './lib/pause.js';
import { readSettings, type SessionOptions } from './lib/settings.js';
import { createShared } from './lib/shared.js';
import type { SessionTokens } from './lib/tokens.js';

/** A person's session in this browser, shared by all tabs of the origin. */
export interface Session {
  readonly state: SessionState;

  /** Why it is over; null unless `state` is `ended`. */
  readonly end: SessionEnd | null;

  /**
   * `fetch` with the access token, for the origins of the options. Refreshes once and repeats once after `invalid_token`, and waits where an
   * API answers 503 with Retry-After. Rejects with a `SessionError` if there is no token to send.
   */
  readonly fetch: typeof fetch;

  /**
   * A token for whoever asks for one, such as SignalR's `accessTokenFactory`; another one than `except`, which somebody says is no good any
   * more. Rejects as `fetch` does.
   */
  readonly accessToken: (except?: string) => Promise<string>;

  /** The origins that the access token may be sent to. */
  readonly origins: readonly string[];

  /** Finds out whether somebody is logged in. Rejects with RSC5103 while that cannot be known. */
  resume(): Promise<boolean>;

  /**
   * Begins the session of a login. Give the function that logs in, which uses a plain `fetch`: it runs when an earlier logout has
   * been told, and while no tab refreshes.
   */
  start(login: SessionTokens | (() => Promise<SessionTokens>)): Promise<void>;

  /**
   * Ends the session. This tab, all others, and what is stored are cleared before it returns; the promise says whether the Authority has been
   * told already. If it is out of reach it is told later, by whichever page of this origin is open then.
   */
  logout(): Promise<boolean>;

  /** Calls the listener whenever the state changes; returns what stops that. */
  onChange(listener: (state: SessionState, end: SessionEnd | null) => void): () => void;

  /** Stops listening to other tabs and to the page. The session goes on without this object. */
  close(): void;
}

/**
 * Opens the session of this browser. One for each page. Throws a `SessionError` if an option does not hold, or if there is no page, as where a
 * server renders one.
 */
export function openSession(options: SessionOptions): Session {
  if (typeof document === 'undefined') throw new SessionError('RSC5006');
  const settings = readSettings(options, location.href);
  const listeners = new Set<(state: SessionState, end: SessionEnd | null) => void>();
  const store = openStore();
  const shared = createShared(store, settings.isCookie);
  const channel = openChannel((said) => core.hear(said));
  const core: Core = createCore(settings, {
    now: Date.now,
    elapsed: () => performance.now(),
    random: Math.random,
    pause,
    turn: openTurns(store),
    tell: channel.tell,
    clear: (ofTab) => settings.clearsSite && clearSite(ofTab),
    changed: (state, end) => listeners.forEach((listener) => listener(state, end)),
  }, createEndpoint(settings, boundedSend(settings.requestTimeout), Date.now), shared);
  channel.open();
  const stop = watchPage(core, channel);
  void core.settle();

  return {
    get state() { return core.state; },
    get end() { return core.end; },
    fetch: createFetch(core, settings),
    async accessToken(except) {
      if (except !== undefined) core.reject(except);
      return (await core.take()).accessToken;
    },
    origins: settings.origins,
    resume: () => core.take().then(() => true, (failure: unknown) => {
      if (core.state === 'none' || core.state === 'ended') return false;
      throw failure;
    }),
    start: core.start,
    logout: core.logout,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      stop();
      channel.close();
    },
  };
}
