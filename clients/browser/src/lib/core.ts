import { type SessionEnd, SessionError } from '../errors.js';
import type { Endpoint, Reply } from './endpoint.js';
import { type News, readNews } from './news.js';
import { pauseAfter, spread } from './pause.js';
import type { Settings } from './settings.js';
import { type Kept, type Shared, storeLagMs } from './shared.js';
import { type Holding, readTokens, type SessionTokens } from './tokens.js';

/**
 * `unknown`: nobody has asked yet. `live`: somebody is logged in. `none`: nobody is. `ended`: the session that this page was made for is
 * over; it stays so until this page itself logs in anew.
 */
export type SessionState = 'unknown' | 'live' | 'none' | 'ended';

/** Everything that the core does not do itself, so that a test can be the world. */
export interface Ports {
  /** The wall clock, which all tabs share and somebody may set. */
  now(): number;

  /** The time that has passed since the page began, whatever the wall clock is set to. */
  elapsed(): number;
  random(): number;

  /** Waits, or until the signal is raised. */
  pause(ms: number, signal: AbortSignal): Promise<void>;

  /** Runs one at a time over all tabs of the origin, as well as this browser can. */
  turn<T>(work: () => Promise<T>): Promise<T>;
  tell(news: News): void;

  /** Clears what a session leaves behind in this browser; `ofTab`: in this tab alone. */
  clear(ofTab: boolean): void;
  changed(state: SessionState, end: SessionEnd | null): void;
}

export interface Core {
  readonly state: SessionState;
  readonly end: SessionEnd | null;

  /** A token that can be used; waits for a refresh only if there is none. Rejects with a `SessionError`. */
  take(): Promise<Holding>;

  /** An API says that this token is no good: the next one that is taken is another. */
  reject(accessToken: string): void;
  start(login: SessionTokens | (() => Promise<SessionTokens>)): Promise<void>;

  /** Whether the Authority has been told already. Everything in this browser is over before this returns. */
  logout(): Promise<boolean>;

  /** Another tab said this; ignored if it is not news. */
  hear(said: unknown): void;

  /** What the tabs share may have changed. */
  look(): void;

  /** The page comes back from a cache: whether its session is the one of this browser still. Otherwise it is over for this page. */
  comeBack(): boolean;

  /** Tells the Authority of logouts that it has not heard of. */
  settle(): Promise<boolean>;
}

const loggedOut: SessionEnd = { reason: 'logged_out', explanation: null };
const replaced: SessionEnd = { reason: 'replaced', explanation: null };
const spreadOfDue = 0.05;
const longestWait = 60_000;

export function createCore(settings: Settings, ports: Ports, endpoint: Endpoint, shared: Shared): Core {
  let state: SessionState = 'unknown';
  let end: SessionEnd | null = null;
  let session: string | null = null;
  let holding: Holding | null = null;
  let dueAt = 0;
  let endsAt = 0;
  let spent: string | null = null;
  let asking: Promise<SessionError | null> | null = null;
  let lastFailure = new SessionError('RSC5103');
  let failures = 0;
  let notBefore = 0;
  let settling = false;

  // Raised when whatever is under way for the session is in vain; and when whoever waits should look again.
  let over = new AbortController();
  let news = new AbortController();

  const wake = () => {
    news.abort();
    news = new AbortController();
  };

  function enter(next: SessionState, why: SessionEnd | null) {
    const isNews = state !== next;
    [state, end] = [next, why];
    wake();
    if (isNews) ports.changed(state, end);
  }

  function hold(next: Holding) {
    holding = next;
    session = next.session;
    const life = next.expiresAt - next.askedAt;
    endsAt = ports.elapsed() + next.expiresAt - ports.now();
    dueAt = endsAt - life + life * settings.refreshAt * (1 - spreadOfDue + 2 * spreadOfDue * ports.random());
    failures = notBefore = 0;
    enter('live', null);
  }

  /** The session is over for this page. What it was is told once, to this page and by whoever found out to the others. */
  function finish(why: SessionEnd, isFirst: boolean) {
    over.abort();
    over = new AbortController();
    holding = null;
    if (state === 'ended') return;
    if (isFirst) ports.tell({ kind: 'end', session, end: why });
    ports.clear(!isFirst);
    enter('ended', why);
  }

  const isAlive = () => holding !== null && ports.elapsed() < endsAt && holding.accessToken !== spent;
  // The wall clock goes on while a machine sleeps.
  const isUsable = () => isAlive() && ports.now() < holding!.expiresAt;
  // A clock that was set back makes a token look newer than it is.
  const isAhead = () => holding !== null && ports.now() < holding.askedAt;
  const isNewer = (next: Holding) => holding === null || next.session !== session || next.expiresAt > holding.expiresAt || isAhead()
    || holding.accessToken === spent;
  const isDue = () => holding === null || ports.elapsed() >= dueAt || isAhead();
  const mustWait = () => ports.elapsed() < notBefore;
  const ended = () => new SessionError('RSC5102', { end });

  async function take(): Promise<Holding> {
    const deadline = ports.elapsed() + settings.refreshLimit;
    for (;;) {
      if (state === 'ended') throw ended();
      if (state === 'none') throw new SessionError('RSC5101');
      if (holding && isUsable()) {
        if (isDue() && !mustWait()) void ask();
        return holding;
      }
      const failure = mustWait() ? lastFailure : await ask();
      if (failure === null) continue;
      // It may be the clock that was put forward.
      if (holding && isAlive()) return holding;
      const wait = Math.min(notBefore, deadline) - ports.elapsed();
      if (wait <= 0 && ports.elapsed() >= deadline) throw failure;
      await ports.pause(Math.min(wait, longestWait), news.signal);
    }
  }

  /** One question of this tab at a time, however many calls wait for the answer. */
  function ask(): Promise<SessionError | null> {
    asking ??= ports.turn(refresh).catch((cause: unknown) => postpone('RSC5107', 0, cause)).then((failure) => {
      asking = null;
      return failure;
    });
    return asking;
  }

  /** In its turn. Null: look again, something has changed. */
  async function refresh(): Promise<SessionError | null> {
    // Whoever had the turn before has perhaps just written the refresh token that counts. The cookie is seen by all tabs at once.
    if (!settings.isCookie) await ports.pause(storeLagMs, over.signal);
    look();
    if (state === 'ended' || state === 'none' || (isUsable() && !isDue())) return null;
    if (shared.owed().length > 0) return await tellAll() ? nobody() : postpone('RSC5103', 0);
    const before = shared.kept();
    if (!settings.isCookie && !before?.refreshToken) return nobody();
    const { signal } = over;
    const reply = await confirmed(before?.refreshToken ?? null, signal);
    return signal.aborted || shared.owed().length > 0 ? null : follow(reply, before);
  }

  // One bad answer loses no session: a refusal that does not say why counts when it is given twice.
  async function confirmed(refreshToken: string | null, signal: AbortSignal): Promise<Reply> {
    const reply = await endpoint.refresh(refreshToken, signal);
    const isDoubtful = (reply.kind === 'refused' && reply.end.reason === null) || (reply.kind === 'none' && state === 'live');
    return isDoubtful && !signal.aborted ? endpoint.refresh(refreshToken, signal) : reply;
  }

  function follow(reply: Reply, before: Kept | null): SessionError | null {
    const turn = before?.turn ?? 0;
    const kept = shared.kept()?.session;
    // Another tab, without locks, may have logged out or in meanwhile: then the answer says nothing of what is kept now.
    const isOfKept = kept === before?.session || (reply.kind === 'tokens' && kept === reply.holding.session);
    if (!isOfKept && reply.kind !== 'later') return null;
    switch (reply.kind) {
      case 'tokens':
        // Kept before it is used (T-38): a page that dies in between asks again with a token that is still good.
        shared.keep({ session: reply.holding.session, turn: turn + 1, refreshToken: reply.refreshToken, end: null });
        ports.tell({ kind: 'tokens', holding: reply.holding });
        receive(reply.holding);
        return null;
      case 'refused':
        // Another tab, without locks, may have gone on meanwhile: then it was not the newest token that was refused.
        if ((shared.kept()?.turn ?? 0) > turn) return null;
        shared.forget(reply.end);
        finish(reply.end, true);
        return null;
      case 'none':
        return nobody();
      case 'later':
        return postpone(reply.code, reply.after, reply.cause);
    }
  }

  function nobody(): null {
    if (state === 'live') finish({ reason: 'forgotten', explanation: null }, true);
    else if (state === 'unknown') enter('none', null);
    return null;
  }

  function postpone(code: SessionError['code'], after: number, cause?: unknown): SessionError {
    failures += 1;
    notBefore = ports.elapsed() + (after > 0 ? spread(after, ports.random) : pauseAfter(failures, ports.random));
    lastFailure = new SessionError(code, { cause });
    return lastFailure;
  }

  /** Tokens of this or another tab. Those of another login are not for a page that shows this one's data. */
  function receive(next: Holding) {
    if (state === 'ended' || next.accessToken === spent) return;
    if (session !== null && next.session !== session && state === 'live') {
      // What was asked for before is late news of the session before this one.
      if (next.askedAt >= holding!.askedAt) finish(replaced, false);
    } else if (isNewer(next)) hold(next);
  }

  function hear(said: unknown) {
    const heard = readNews(said);
    if (heard?.kind === 'tokens') {
      if (shared.owed().length === 0) receive(heard.holding);
    } else if (heard && state === 'live' && (heard.session === null || heard.session === session)) {
      finish(heard.end, false);
    }
  }

  function look() {
    if (state !== 'live') return;
    const kept = shared.kept();
    if (shared.owed().length > 0) finish(loggedOut, false);
    else if (kept?.session === null) finish(kept.end ?? loggedOut, false);
    else if (kept && kept.session !== session) finish(replaced, false);
  }

  function comeBack(): boolean {
    look();
    if (state === 'live' && !shared.holds(session!)) finish(loggedOut, false);
    return state !== 'ended';
  }

  async function start(login: SessionTokens | (() => Promise<SessionTokens>)) {
    await ports.turn(async () => {
      // In cookie mode a late logout would hit the new session: the old one is settled first.
      if (!await tellAll()) throw new SessionError('RSC5103');
      const askedAt = ports.now();
      const read = readTokens(typeof login === 'function' ? await login() : login, askedAt, settings.isCookie);
      if (read === null) throw new SessionError('RSC5105');
      over.abort();
      over = new AbortController();
      [state, spent] = ['unknown', null];
      shared.keep({ session: read.holding.session, turn: 1, refreshToken: read.refreshToken, end: null });
      ports.tell({ kind: 'tokens', holding: read.holding });
      hold(read.holding);
    });
  }

  function logout(): Promise<boolean> {
    const refreshToken = shared.kept()?.refreshToken ?? null;
    if (settings.isCookie || refreshToken !== null) shared.owe({ session: session ?? shared.kept()?.session ?? null, refreshToken });
    shared.forget(loggedOut);
    finish(loggedOut, true);
    return settle();
  }

  async function settle(): Promise<boolean> {
    if (shared.owed().length === 0) return true;
    const isTold = await ports.turn(tellAll).catch(() => false);
    if (!isTold && !settling) void settleLater();
    return isTold;
  }

  async function settleLater() {
    settling = true;
    for (let tries = 1; shared.owed().length > 0; tries++) {
      await ports.pause(pauseAfter(tries, ports.random), new AbortController().signal);
      await ports.turn(tellAll).catch(() => false);
    }
    settling = false;
  }

  /** In its turn. */
  async function tellAll(): Promise<boolean> {
    for (const one of shared.owed()) {
      if (!await endpoint.logout(one.refreshToken)) return false;
      shared.settle(one);
      // Written again: a tab may have kept the session late, and the answer may have had the browser clear what pages look for that come
      // back from a cache.
      const kept = shared.kept();
      if (!kept || kept.session === null || kept.session === one.session) shared.forget(loggedOut);
    }
    return true;
  }

  return {
    get state() { return state; },
    get end() { return end; },
    take,
    reject(bad) {
      if (holding?.accessToken === bad) spent = bad;
    },
    start, logout, hear, look, comeBack, settle,
  };
}
