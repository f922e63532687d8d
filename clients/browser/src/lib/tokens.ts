import { membersOf } from './read.js';

/** What a login or a refresh gives, as it is on the wire. In cookie mode the refresh token never gets here. */
export interface SessionTokens {
  readonly access_token: string;
  readonly expires_in: number;
  readonly refresh_token?: string;
}

/** An access token in memory. Instants are milliseconds of this machine's wall clock, which all tabs share. */
export interface Holding {
  readonly session: string;
  readonly accessToken: string;
  readonly askedAt: number;
  readonly expiresAt: number;
}

/**
 * Reads an answer; null if it is not one. `askedAt` is when it was asked for: the token may be older than its arrival. Without another refresh
 * token the `presented` one goes on (RFC 6749 section 6).
 */
export function readTokens(
  body: unknown, askedAt: number, isCookie: boolean, presented: string | null = null,
): { holding: Holding; refreshToken: string | null } | null {
  const { access_token: accessToken, expires_in: expiresIn, refresh_token: given } = membersOf(body);
  const refreshToken = given ?? presented;
  if (typeof accessToken !== 'string' || typeof expiresIn !== 'number' || !(expiresIn > 0)) return null;
  const session = sessionOf(accessToken);
  if (session === null) return null;
  if (!isCookie && (typeof refreshToken !== 'string' || refreshToken === '')) return null;
  return {
    holding: { session, accessToken, askedAt, expiresAt: askedAt + expiresIn * 1000 },
    refreshToken: isCookie ? null : refreshToken as string,
  };
}

/** The `sid` of an access token: tells one login from the next. It is read, not believed: whoever takes the token verifies it. */
function sessionOf(accessToken: string): string | null {
  try {
    const claims: unknown = JSON.parse(atob((accessToken.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')));
    const sid = membersOf(claims).sid;
    return typeof sid === 'string' && sid !== '' ? sid : null;
  } catch {
    return null;
  }
}
