import { SessionError } from '../errors.js';

/** How a session is kept and used. Times are in milliseconds. */
export interface SessionOptions {
  /** The Authority's URL with its path. In cookie mode it is of the page's own origin, and a path will do: `/auth`. */
  readonly authority: string;

  /**
   * Where the refresh token lives. `cookie`, the default: in a cookie that no script reads; the app's login sets it with `KeepInCookie`.
   * `bearer`: in this origin's local storage, for pages of another origin than the Authority's. A script that an attacker gets into the
   * page can take it from there.
   */
  readonly mode?: 'cookie' | 'bearer';

  /** Bearer mode: the public client that the session was started for. Default `web`. */
  readonly clientId?: string;

  /** The origins that the access token may be sent to. Default: the page's own. Anything else is fetched as it is, without it. */
  readonly origins?: readonly string[];

  /** After which part of a token's life it is refreshed early, by the next call and without holding it up. Default 0.8; 0.1 to 0.9. */
  readonly refreshAt?: number;

  /** How long one request to the Authority may take. Default 10 s; up to 5 min. */
  readonly requestTimeout?: number;

  /** How long a call waits for a refresh that fails and is tried again. Default 30 s; 0 (one attempt) to 10 min. */
  readonly refreshLimit?: number;

  /** How long a call waits altogether for an API that answers 503 with Retry-After. Default 30 s; 0 (never) to 10 min. */
  readonly unavailableLimit?: number;

  /**
   * What the end of a session clears beside the session itself. `site`, the default: the Cache Storage, local and session storage and
   * databases of this origin, as the Authority's `Clear-Site-Data` does in cookie mode anyway. `own`: nothing else.
   */
  readonly clears?: 'site' | 'own';
}

export interface Settings extends Required<Omit<SessionOptions, 'mode' | 'clears'>> {
  readonly isCookie: boolean;
  readonly clearsSite: boolean;
}

const minute = 60_000;

/** Reads the options strictly; throws a `SessionError`. `page` is the page's own URL. */
export function readSettings(options: SessionOptions, page: string): Settings {
  const isCookie = options.mode !== 'bearer';
  const clientId = options.clientId ?? 'web';
  if (clientId === '') throw new SessionError('RSC5002');
  const within = (name: 'refreshAt' | 'requestTimeout' | 'refreshLimit' | 'unavailableLimit', standard: number, least: number, most: number) => {
    const value = options[name] ?? standard;
    if (!(value >= least && value <= most)) throw new SessionError('RSC5004', { specifics: `It is ${name}.` });
    return value;
  };
  return {
    authority: readAuthority(options.authority, page, isCookie),
    isCookie,
    clientId,
    origins: readOrigins(options.origins ?? [new URL(page).origin]),
    refreshAt: within('refreshAt', 0.8, 0.1, 0.9),
    requestTimeout: within('requestTimeout', 10_000, 1, 5 * minute),
    refreshLimit: within('refreshLimit', 30_000, 0, 10 * minute),
    unavailableLimit: within('unavailableLimit', 30_000, 0, 10 * minute),
    clearsSite: options.clears !== 'own',
  };
}

function readAuthority(authority: string, page: string, isCookie: boolean): string {
  const url = parse(authority, isCookie ? page : undefined);
  const isForeign = isCookie && url?.origin !== new URL(page).origin;
  if (!url || url.search || url.hash || url.username || !isSafe(url) || isForeign) throw new SessionError('RSC5001');
  return url.href.replace(/\/+$/, '');
}

function readOrigins(origins: readonly string[]): readonly string[] {
  const areOrigins = origins.length > 0 && origins.every((origin) => {
    const url = parse(origin);
    return url?.origin === origin && isSafe(url);
  });
  if (!areOrigins) throw new SessionError('RSC5003');
  return [...origins];
}

function parse(text: string, base?: string): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}

// Tokens go over TLS, or stay on this machine.
function isSafe(url: URL) {
  return url.protocol === 'https:' || (url.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname));
}
