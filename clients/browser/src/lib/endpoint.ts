import type { SessionEnd, SessionErrorCode } from '../errors.js';
import { membersOf, readEnd } from './read.js';
import type { Settings } from './settings.js';
import { readTokens, type Tokens } from './tokens.js';

/** Sends one request; rejects when there is no answer in time. */
export type Send = (url: string, init: RequestInit, signal: AbortSignal) => Promise<Response>;

/** What an answer to a refresh means. Only `refused` and `none` say anything about the session; `later` never does. */
export type Reply =
  | ({ readonly kind: 'tokens' } & Tokens)
  | { readonly kind: 'refused'; readonly end: SessionEnd }
  | { readonly kind: 'none' }
  | ({ readonly kind: 'later' } & Later);

/** Why an answer is to be asked for again, and after how many milliseconds at least. */
export interface Later {
  readonly code: SessionErrorCode;
  readonly after?: number;
  readonly cause?: unknown;
}

export type Endpoint = ReturnType<typeof createEndpoint>;

/** The Authority's endpoints for refresh and logout. */
export function createEndpoint({ authority, isCookie, clientId }: Settings, send: Send, now: () => number) {
  const post = (path: string, form: Record<string, string>, signal: AbortSignal, keepalive = false) => send(authority + path, {
    method: 'POST',
    cache: 'no-store',
    redirect: 'error',
    credentials: isCookie ? 'same-origin' : 'omit',
    keepalive,
    body: isCookie ? null : new URLSearchParams({ ...form, client_id: clientId }),
  }, signal);

  return {
    async refresh(refreshToken: string | null, signal: AbortSignal): Promise<Reply> {
      const askedAt = now();
      try {
        const form = { grant_type: 'refresh_token', refresh_token: refreshToken ?? '' };
        const answer = await post(isCookie ? '/browser/refresh' : '/token', form, signal);
        return judge(answer, isJson(answer) ? await answer.json().catch(() => null) : null, askedAt, isCookie, refreshToken);
      } catch (cause) {
        return { kind: 'later', code: 'RSC5103', cause };
      }
    },

    /** Whether the Authority has been told. Nothing but its own answer, which has no body, counts: a hotel's network answers 200 to anything. */
    async logout(refreshToken: string | null) {
      try {
        // It goes on after the page is gone.
        const answer = await post(isCookie ? '/browser/logout' : '/revoke', { token: refreshToken ?? '' }, new AbortController().signal, true);
        return answer.status === 204 || (answer.status === 200 && await answer.text() === '');
      } catch {
        return false;
      }
    },
  };
}

/** Pure: what one answer means. Whatever is not exactly a refusal in the Authority's own words keeps the session. */
function judge(answer: Response, body: unknown, askedAt: number, isCookie: boolean, presented: string | null): Reply {
  const said = membersOf(body);
  const word = isCookie ? said.code : said.error;
  if (answer.status === 200) {
    const tokens = isCookie || isBearer(said.token_type) ? readTokens(body, askedAt, isCookie, presented) : null;
    return tokens ? { kind: 'tokens', ...tokens } : { kind: 'later', code: 'RSC5105' };
  }
  if (answer.status === 400 && word === (isCookie ? 'RSC1208' : 'invalid_grant')) {
    return { kind: 'refused', end: readEnd(said) };
  }
  if (answer.status === 400 && word === 'RSC1207') return { kind: 'none' };
  return { kind: 'later', code: codeOf(answer.status, word), after: retryAfter(answer) };
}

function codeOf(status: number, word: unknown): SessionErrorCode {
  if (status >= 500 || status === 429 || status === 408) return 'RSC5103';
  return word === 'RSC1206' || word === 'invalid_client' || word === 'unauthorized_client' ? 'RSC5104' : 'RSC5105';
}

/** The milliseconds of `Retry-After` in seconds; 0 if it says nothing, a day at most. */
export function retryAfter(answer: Response): number {
  const seconds = /^\d+$/.exec(answer.headers.get('retry-after') ?? '')?.[0];
  return seconds === undefined ? 0 : Math.min(Number(seconds), 86_400) * 1000;
}

// What somebody on the way writes is nobody's word.
function isJson(answer: Response) {
  return /^application\/(problem\+)?json\s*(;|$)/i.test(answer.headers.get('content-type') ?? '');
}

function isBearer(type: unknown) {
  return typeof type === 'string' && type.toLowerCase() === 'bearer';
}
