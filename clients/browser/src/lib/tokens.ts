import { membersOf, readText } from './read.js';

/** What a login or a refresh gives, as it is on the wire. In cookie mode the refresh token never gets here. */
export interface SessionTokens {
  readonly access_token: string;
  readonly expires_in: number;
  readonly refresh_token?: string;
}

/** An access token in memory. Instants are milliseconds of this machine's wall clock, which all tabs share. */
export interface AccessToken {
  readonly session: string;
  readonly accessToken: string;
  readonly askedAt: number;
  readonly expiresAt: number;
}

/** An answer that was read. The refresh token is null in cookie mode. */
export interface Tokens {
  readonly token: AccessToken;
  readonly refreshToken: string | null;
}

/**
 * Reads an answer; null if it is not one. `askedAt` is when it was asked for: the token may be older than its arrival. Without another refresh
 * token the `presented` one goes on (RFC 6749 section 6).
 */
export function readTokens(body: unknown, askedAt: number, isCookie: boolean, presented: string | null = null): Tokens | null {
  const { access_token: accessToken, expires_in: expiresIn, refresh_token: given } = membersOf(body);
  const refreshToken = isCookie ? null : readText(given ?? presented);
  if (typeof accessToken !== 'string' || typeof expiresIn !== 'number' || !(expiresIn > 0)) return null;
  const session = sessionOf(accessToken);
  if (!session || (!isCookie && !refreshToken)) return null;
  return {
    token: { session, accessToken, askedAt, expiresAt: askedAt + expiresIn * 1000 },
    refreshToken: refreshToken ?? null,
  };
}

/** The `sid` of an access token: tells one login from the next. It is read, not believed: whoever takes the token verifies it. */
function sessionOf(accessToken: string) {
  try {
    const claims: unknown = JSON.parse(atob((accessToken.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')));
    return readText(membersOf(claims).sid) ?? null;
  } catch {
    return null;
  }
}
