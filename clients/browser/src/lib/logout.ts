import type { Context } from './context.js';
import { pauseAfter } from './pause.js';
import { loggedOut, replaced, type State } from './state.js';

export type Logout = ReturnType<typeof createLogout>;

/** What ends the session, here and in the other tabs, and tells the Authority of it. */
export function createLogout({ settings, endpoint, shared, lock, random, pause }: Context, state: State) {
  let isRetrying = false;

  /** Everything in this browser is over before this returns. Whether the Authority has been told already. */
  function logout() {
    const kept = shared.kept();
    const refreshToken = kept?.refreshToken ?? null;
    if (settings.isCookie || refreshToken !== null) shared.owe({ session: state.session ?? kept?.session ?? null, refreshToken });
    shared.forget(loggedOut);
    state.finish(loggedOut, 'origin');
    return sendLogouts();
  }

  /** Another tab may have logged out or in. */
  function checkStorage() {
    if (state.status !== 'live') return;
    const kept = shared.kept();
    if (shared.owed().length > 0) state.finish(loggedOut);
    else if (kept?.session === null) state.finish(kept.end ?? loggedOut);
    else if (kept && kept.session !== state.session) state.finish(replaced);
  }

  /** The page comes back from the back/forward cache: whether its session is the one of this browser still. Otherwise it is over here. */
  function restore() {
    checkStorage();
    if (state.status === 'live' && !shared.holds(state.session!)) state.finish(loggedOut);
    return state.status !== 'ended';
  }

  /** Tells the Authority of logouts that it has not heard of, until it has. Whether it has after the first attempt. */
  async function sendLogouts() {
    const isSent = shared.owed().length === 0 || await attempt();
    if (!isSent && !isRetrying) void retry();
    return isSent;
  }

  const attempt = () => lock(sendLocked).catch(() => false);

  async function retry() {
    isRetrying = true;
    for (let tries = 1; shared.owed().length > 0; tries++) {
      await pause(pauseAfter(tries, random));
      await attempt();
    }
    isRetrying = false;
  }

  /** One attempt, for whoever has the lock. */
  async function sendLocked() {
    for (const one of shared.owed()) {
      if (!await endpoint.logout(one.refreshToken)) return false;
      shared.settle(one);
      // Written again: a tab may have kept the session late, and the answer may have had the browser clear what pages look for that come
      // back from a cache.
      if ((shared.kept()?.session ?? one.session) === one.session) shared.forget(loggedOut);
    }
    return true;
  }

  return { logout, checkStorage, restore, sendLogouts, sendLocked };
}
