import { SessionError } from '../errors.js';
import type { Context } from './context.js';
import type { Later, Reply } from './endpoint.js';
import type { Logout } from './logout.js';
import { pauseAfter, spread } from './pause.js';
import { type Kept, storeLagMs } from './shared.js';
import type { State } from './state.js';
import { type AccessToken, readTokens, type SessionTokens, type Tokens } from './tokens.js';

/** When access tokens are asked for: early, beside a call; or while calls wait, again after a pause if that fails. */
export function createRefresh(context: Context, state: State, logout: Logout) {
  const { settings, lock, elapsed, random, pause } = context;
  const { refresh, start } = createExchange(context, state, logout);
  let refreshing: Promise<SessionError | null> | null = null;
  let lastError: SessionError | null = null;
  let [failures, retryAt] = [0, 0];

  /** An access token that can be used; waits for a refresh only if there is none. Rejects with a `SessionError`. */
  async function take(): Promise<AccessToken> {
    const deadline = elapsed() + settings.refreshLimit;
    for (;;) {
      if (state.status === 'ended') throw new SessionError('RSC5102', { end: state.end });
      if (state.status === 'none') throw new SessionError('RSC5101');
      const token = state.usable();
      if (token) {
        if (state.isDue()) void refreshOnce();
        return token;
      }
      const error = await refreshOnce();
      if (!error) continue;
      // It may be the wall clock that was set forward.
      const unexpired = state.usable(false);
      if (unexpired) return unexpired;
      if (elapsed() >= deadline) throw error;
      await pause(Math.min(retryAt, deadline) - elapsed(), state.change);
    }
  }

  /** One refresh of this tab at a time, however many calls wait for it. Null: look again, something has changed. */
  async function refreshOnce() {
    if (elapsed() < retryAt) return lastError;
    refreshing ??= lock(async () => {
      const later = await refresh();
      return later && postpone(later);
    }).catch((cause: unknown) => postpone({ code: 'RSC5107', cause })).finally(() => { refreshing = null; });
    return refreshing;
  }

  function postpone({ code, after = 0, cause }: Later) {
    failures += 1;
    retryAt = elapsed() + (after > 0 ? spread(after, random) : pauseAfter(failures, random));
    // Another tab may bring an access token.
    state.change.onabort = () => { failures = retryAt = 0; };
    return lastError = new SessionError(code, { cause });
  }

  return { take, start };
}

/** How access tokens are asked for, one request at a time over all tabs: by a login, and then by refreshing (RFC 6749 section 6). */
function createExchange({ settings: { isCookie }, endpoint, shared, lock, now, pause, post }: Context, state: State, logout: Logout) {
  /** For whoever has the lock. Null: something has changed. */
  async function refresh(): Promise<Later | null> {
    // Whoever had the lock before has perhaps just written the refresh token that counts. The cookie is seen by all tabs at once.
    if (!isCookie) await pause(storeLagMs, state.signal);
    logout.checkStorage();
    if (!state.isDue()) return null;
    const before = shared.kept();
    const isOwed = shared.owed().length > 0;
    if (isOwed && !await logout.sendLocked()) return { code: 'RSC5103' };
    if (isOwed || (!isCookie && !before?.refreshToken)) {
      state.noSession();
      return null;
    }
    const { signal } = state;
    const reply = await ask(before?.refreshToken ?? null, signal);
    return signal.aborted || shared.owed().length > 0 ? null : follow(reply, before);
  }

  // One bad answer loses no session: a refusal that does not say why counts when it is given twice.
  async function ask(refreshToken: string | null, signal: AbortSignal) {
    const reply = await endpoint.refresh(refreshToken, signal);
    const isDoubtful = (reply.kind === 'refused' && !reply.end.reason) || (reply.kind === 'none' && state.status === 'live');
    return isDoubtful && !signal.aborted ? endpoint.refresh(refreshToken, signal) : reply;
  }

  function follow(reply: Reply, before: Kept | null): Later | null {
    if (reply.kind === 'later') return reply;
    const kept = shared.kept();
    const turn = before?.turn ?? 0;
    // Another tab, without locks, may have logged out or in meanwhile: then the answer says nothing of what is kept now.
    const isOfKept = kept?.session === before?.session || (reply.kind === 'tokens' && kept?.session === reply.token.session);
    if (!isOfKept) return null;
    if (reply.kind === 'tokens') {
      share(reply, turn + 1);
      state.accept(reply.token);
    } else if (reply.kind === 'none') state.noSession();
    // Another tab, without locks, may have refreshed meanwhile: then it was not the newest token that was refused.
    else if ((kept?.turn ?? 0) <= turn) {
      shared.forget(reply.end);
      state.finish(reply.end, 'origin');
    }
    return null;
  }

  // Kept before it is used (T-38): a page that dies in between asks again with a refresh token that is still good.
  function share({ token, refreshToken }: Tokens, turn: number) {
    shared.keep({ session: token.session, turn, refreshToken, end: null });
    post({ kind: 'tokens', holding: token });
  }

  /** Begins the session of a login, which runs when earlier logouts have been told and while no tab refreshes. */
  const start = (login: SessionTokens | (() => Promise<SessionTokens>)) => lock(async () => {
    // In cookie mode a late logout would hit the new session: the old one is ended first.
    if (!await logout.sendLocked()) throw new SessionError('RSC5103');
    const askedAt = now();
    const tokens = readTokens(typeof login === 'function' ? await login() : login, askedAt, isCookie);
    if (!tokens) throw new SessionError('RSC5105');
    share(tokens, 1);
    state.begin(tokens.token);
  });

  return { refresh, start };
}
