import { SessionError, type SessionEnd } from './errors.js';
import { boundedSend, openChannel, openLock, openStore } from './lib/browser.js';
import { createFetch } from './lib/call.js';
import { clearSite } from './lib/clear.js';
import { type Core, createCore } from './lib/core.js';
import { createEndpoint } from './lib/endpoint.js';
import { watchPage } from './lib/page.js';
import { pause } from './lib/pause.js';
import { readSettings, type SessionOptions } from './lib/settings.js';
import { createShared } from './lib/shared.js';
import type { SessionState } from './lib/state.js';
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

/** For whom the sessions of this page are open. All tabs of the origin share what they keep, so it is the same for all. */
const opened = new Set<{ readonly whose: string }>();

/**
 * Opens the session of this browser. One for each page: while it is open, one for another Authority, client or mode is refused (RSC5005). Throws
 * a `SessionError` if an option does not hold, or if there is no page, as where a server renders one.
 */
export function openSession(options: SessionOptions): Session {
  if (typeof document === 'undefined') throw new SessionError('RSC5006');
  const settings = readSettings(options, location.href);
  const mine = { whose: `${settings.authority} ${settings.clientId} ${settings.isCookie}` };
  if ([...opened].some(({ whose }) => whose !== mine.whose)) throw new SessionError('RSC5005');
  opened.add(mine);
  const listeners = new Set<(state: SessionState, end: SessionEnd | null) => void>();
  const store = openStore();
  const channel = openChannel((message) => core.receive(message));
  const core: Core = createCore({
    settings,
    endpoint: createEndpoint(settings, boundedSend(settings.requestTimeout), Date.now),
    shared: createShared(store, settings.isCookie),
    lock: openLock(store),
    now: Date.now,
    elapsed: () => performance.now(),
    random: Math.random,
    pause,
    post: channel.post,
    clear: (where) => settings.clearsSite && clearSite(where),
    changed: (state, end) => listeners.forEach((listener) => listener(state, end)),
  });
  channel.open();
  const stop = watchPage(core, channel);
  void core.sendLogouts();

  return {
    get state() { return core.state.status; },
    get end() { return core.state.end; },
    fetch: createFetch(core, settings),
    async accessToken(except) {
      if (except !== undefined) core.state.reject(except);
      return (await core.take()).accessToken;
    },
    origins: settings.origins,
    resume: () => core.take().then(() => true, (failure: unknown) => {
      if (['none', 'ended'].includes(core.state.status)) return false;
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
      opened.delete(mine);
    },
  };
}
