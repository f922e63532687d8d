import type { SessionEnd } from '../errors.js';
import type { Context } from './context.js';
import type { AccessToken } from './tokens.js';

/**
 * `unknown`: nobody has asked yet. `live`: somebody is logged in. `none`: nobody is. `ended`: the session that this page was made for is
 * over; it stays so until this page itself logs in anew.
 */
export type SessionState = 'unknown' | 'live' | 'none' | 'ended';

export type State = ReturnType<typeof createState>;

const ours = (reason: string): SessionEnd => ({ reason, explanation: null });
export const loggedOut = ours('logged_out');
export const replaced = ours('replaced');

/**
 * What this page knows of the login. It has an access token exactly while it is `live`; `session` is the `sid` of the last one, also after its
 * end. `signal` is aborted when the session ends or another one begins: what is under way for it is in vain. `change` is aborted at the next
 * change, be it an access token or another status.
 */
export function createState({ settings, now, elapsed, random, post, clear, changed }: Context) {
  let status: SessionState = 'unknown';
  let end: SessionEnd | null = null;
  let token: AccessToken | null = null;
  let session: string | null = null;
  let rejected: string | null = null;
  let [dueAt, expiresAt] = [0, 0]; // by `elapsed`, which nobody sets
  let [ending, change] = [new AbortController(), new AbortController()];

  function enter(next: SessionState, why: SessionEnd | null = null) {
    const isNews = status !== next;
    [status, end] = [next, why];
    change = abort(change);
    if (isNews) changed(status, end);
  }

  function hold(next: AccessToken) {
    [token, session] = [next, next.session];
    // No more than a whole life is left, if the wall clock was set back while it was under way.
    expiresAt = elapsed() + next.expiresAt - Math.max(now(), next.askedAt);
    // Within 5 % of `refreshAt`, by chance: tabs are due at different moments.
    dueAt = expiresAt - (next.expiresAt - next.askedAt) * (1 - settings.refreshAt * (0.95 + 0.1 * random()));
    enter('live');
  }

  /** The session is over. `origin`: this tab is the first to know, tells the others and clears what they share. */
  function finish(why: SessionEnd, where: 'tab' | 'origin' = 'tab') {
    if (status === 'ended') return;
    ending = abort(ending);
    token = null;
    if (where === 'origin') post({ kind: 'end', session, end: why });
    clear(where);
    enter('ended', why);
  }

  /** The access token, if it can be used. The wall clock counts too, for it goes on while the machine sleeps. */
  const usable = (byWallClock = true) => (token && elapsed() < expiresAt && token.accessToken !== rejected
    && (!byWallClock || now() < token.expiresAt) ? token : null);
  const isAhead = () => now() < (token?.askedAt ?? 0); // after a wall clock was set back

  return {
    get status() { return status; },
    get end() { return end; },
    get session() { return session; },
    get signal() { return ending.signal; },
    get change() { return change.signal; },
    usable,
    /** Whether there should be another access token, even if this one can be used. */
    isDue: () => (status === 'unknown' || status === 'live') && (!usable() || elapsed() >= dueAt || isAhead()),
    /** An API refused this access token: the next one that is used is another. */
    reject: (accessToken: string) => { if (token?.accessToken === accessToken) rejected = accessToken; },
    /** An access token that this or another tab got. One of another login is not for a page that shows this one's data. */
    accept(next: AccessToken) {
      if (status === 'ended' || next.accessToken === rejected) return;
      if (token && next.session !== session) {
        // What was asked for before is late news of the session before this one.
        if (next.askedAt >= token.askedAt) finish(replaced);
      } else if (!token || next.expiresAt > token.expiresAt || isAhead() || token.accessToken === rejected) hold(next);
    },
    begin(first: AccessToken) {
      ending = abort(ending);
      [status, rejected] = ['unknown', null];
      hold(first);
    },
    noSession() {
      if (status === 'live') finish(ours('forgotten'), 'origin');
      else if (status === 'unknown') enter('none');
    },
    finish,
  };
}

function abort(controller: AbortController) {
  controller.abort();
  return new AbortController();
}
