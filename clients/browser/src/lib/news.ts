import type { SessionEnd } from '../errors.js';
import { membersOf, readEnd, readText } from './read.js';
import type { Holding } from './tokens.js';

/** What tabs tell each other: in memory alone, never stored. */
export type News =
  | { readonly kind: 'tokens'; readonly holding: Holding }
  | { readonly kind: 'end'; readonly session: string | null; readonly end: SessionEnd };

/** Reads what another tab said, which may run another version of the page; null if it is not news. */
export function readNews(value: unknown): News | null {
  const { kind, holding, session: told, end } = membersOf(value);
  if (kind === 'tokens') {
    const read = readHolding(holding);
    return read && { kind, holding: read };
  }
  const session = readText(told);
  return kind === 'end' && session !== undefined ? { kind, session, end: readEnd(end) } : null;
}

function readHolding(value: unknown): Holding | null {
  const { session, accessToken, askedAt, expiresAt } = membersOf(value);
  const isHolding = readText(session) && readText(accessToken) && Number.isFinite(askedAt) && Number.isFinite(expiresAt);
  return isHolding ? value as Holding : null;
}
