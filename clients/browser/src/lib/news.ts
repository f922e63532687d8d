import type { SessionEnd } from '../errors.js';
import { membersOf, readEnd, readText } from './read.js';
import type { AccessToken } from './tokens.js';

/** What tabs tell each other: in memory alone, never stored. */
export type News =
  | { readonly kind: 'tokens'; readonly holding: AccessToken }
  | { readonly kind: 'end'; readonly session: string | null; readonly end: SessionEnd };

/** Reads what another tab said, which may run another version of the page; null if it is not news. */
export function readNews(value: unknown): News | null {
  const { kind, holding, session: told, end } = membersOf(value);
  const session = readText(told);
  if (kind === 'tokens') return isToken(holding) ? { kind, holding } : null;
  return kind === 'end' && session !== undefined ? { kind, session, end: readEnd(end) } : null;
}

function isToken(value: unknown): value is AccessToken {
  const { session, accessToken, askedAt, expiresAt } = membersOf(value);
  return !!readText(session) && !!readText(accessToken) && Number.isFinite(askedAt) && Number.isFinite(expiresAt);
}
