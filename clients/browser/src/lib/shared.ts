import type { SessionEnd } from '../errors.js';
import { membersOf, readEnd, readText } from './read.js';

/** What the tabs of an origin know together. Survives them; each tab may read it a moment late. */
export interface Kept {
  /** The session that somebody is logged in with; null after a logout. */
  readonly session: string | null;

  /** Counts refreshes of this session: the higher one is the newer. */
  readonly turn: number;

  /** Bearer mode alone. */
  readonly refreshToken: string | null;

  /** Why nobody is logged in any more. */
  readonly end: SessionEnd | null;
}

/** A logout that the Authority has not been told of. */
interface Owed {
  readonly session: string | null;
  readonly refreshToken: string | null;
}

/** A place for texts, such as local storage. It never throws: what cannot be kept is remembered by this tab alone. */
export interface Store {
  read(key: string): string | null;
  write(key: string, value: string | null): void;
}

/** How long a write takes to be seen by the other tabs, generously: browsers promise nothing. */
export const storeLagMs = 50;

export const sessionKey = 'rescind';

// Apart from the session, so that a tab that writes a session late cannot undo a logout: what is owed wins.
export const owedKey = 'rescind.logouts';

export type Shared = ReturnType<typeof createShared>;

export function createShared(store: Store, isCookie: boolean) {
  // A read may miss what another tab has just written: never go back behind what this tab knows.
  let known: Kept | null = null;

  const stored = () => readKept(parse(store.read(sessionKey)));
  const owed = () => readOwed(parse(store.read(owedKey)), isCookie);
  const write = (list: readonly Owed[]) => store.write(owedKey, list.length > 0 ? JSON.stringify(list) : null);
  const put = (next: Kept) => {
    known = next;
    store.write(sessionKey, JSON.stringify(next));
  };
  const kept = () => {
    const read = stored();
    if (read && (known === null || read.session !== known.session || read.turn > known.turn)) known = read;
    return known;
  };

  return {
    /** What is known of the session; null if nobody said anything yet. */
    kept,
    /** Whether it is this very session that the origin keeps, and no logout is owed: what a page asks that comes back from a cache. */
    holds: (session: string) => owed().length === 0 && stored()?.session === session,
    /** Keeps what is newer than what is there. */
    keep(next: Kept) {
      const before = kept();
      if (before?.session !== next.session || before.turn < next.turn) put(next);
    },
    /** Nobody is logged in from now on. */
    forget: (end: SessionEnd | null) => put({ session: null, turn: 0, refreshToken: null, end }),
    owed,
    owe: (one: Owed) => write([...owed(), one]),
    settle: (one: Owed) => write(owed().filter((other) => other.session !== one.session || other.refreshToken !== one.refreshToken)),
  };
}

// `session` has no default: a record without it must not read as a logout. Beyond the safe integers no refresh would count as newer.
function readKept(value: unknown): Kept | null {
  const { session: told, turn, refreshToken: token, end } = membersOf(value);
  const [session, refreshToken] = [readText(told), readText(token)];
  if (told === undefined || session === undefined || refreshToken === undefined || !Number.isSafeInteger(turn)) return null;
  return { session, turn: turn as number, refreshToken, end: end == null ? null : readEnd(end) };
}

// One that cannot be told, as without a token in bearer mode, would hold up every refresh for ever: it is not there.
function readOwed(value: unknown, isCookie: boolean): Owed[] {
  return (Array.isArray(value) ? value : []).flatMap((item: unknown) => {
    const { session: told, refreshToken: token } = membersOf(item);
    const [session, refreshToken] = [readText(told), readText(token)];
    const isOwed = (told !== undefined || token !== undefined) && session !== undefined && refreshToken !== undefined;
    return isOwed && (isCookie || refreshToken !== null) ? [{ session, refreshToken }] : [];
  });
}

// What is not ours, or is damaged, is not there.
function parse(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
