import { SessionError } from './errors.js';
import { afterClose } from './lib/closing.js';
import { connect, type Connection } from './lib/connection.js';
import { pause, pauseAfter } from './lib/pause.js';
import type { Session } from './session.js';

/** `waiting`: it comes back by itself. `closed`: it does not. */
export type SocketState = 'connecting' | 'open' | 'waiting' | 'closed';

/** Why a socket is closed for good: the code and reason of the close; without a code the session ended, or `close` was called. */
export interface SocketEnd {
  readonly code: number | null;
  readonly reason: string | null;
}

export interface SocketOptions {
  /**
   * Where a ticket for the handshake is fetched (`MapConnectionTickets`). Default: none, the token is the first message
   * (`TakeTokenFromFirstMessage`).
   */
  readonly tickets?: string;
  readonly protocols?: readonly string[];
  readonly onMessage?: (data: string | ArrayBuffer) => void;
  readonly onChange?: (state: SocketState, end: SocketEnd | null) => void;

  /** So many messages that were sent while a token was out of date were not taken. */
  readonly onDropped?: (count: number) => void;
}

export interface Socket {
  readonly state: SocketState;
  readonly end: SocketEnd | null;

  /** False if it cannot be sent now: nothing is kept for a connection to come. */
  send(data: string | Blob | BufferSource): boolean;
  close(): void;
}

const steadyMs = 10_000;

/**
 * A WebSocket to a route with `CloseOnRevocation`, for as long as the session lives: it gives a new token when it is asked to, comes back with
 * another token or after a pause, and is over for good when the session is. Throws RSC5003 if the URL is of no origin of the session.
 */
export function openSocket(session: Session, url: string, options: SocketOptions = {}): Socket {
  const address = new URL(url, location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  if (!session.origins.includes(address.origin.replace('ws', 'http'))) throw new SessionError('RSC5003', { specifics: 'It is the socket.' });

  let state: SocketState = 'connecting';
  let end: SocketEnd | null = null;
  let connection: Connection | null = null;
  let isAway = false;
  let wake = new AbortController();
  const stop = new AbortController();

  function enter(next: SocketState, why: SocketEnd | null = null) {
    if (state === 'closed' || state === next) return;
    [state, end] = [next, why];
    options.onChange?.(state, end);
  }

  function finish(why: SocketEnd) {
    enter('closed', why);
    stopListening();
    stop.abort();
    wake.abort();
    connection?.close();
  }

  const stopListening = session.onChange((next, why) => {
    if (next === 'ended') finish({ code: null, reason: why?.reason ?? null });
  });

  const on = (type: string, listener: () => void) => addEventListener(type, listener, { signal: stop.signal });

  // An open connection keeps a page out of the back/forward cache, and a page that is gone needs none.
  on('pagehide', () => {
    isAway = true;
    connection?.close();
  });
  on('pageshow', () => {
    isAway = false;
    wake.abort();
  });
  on('online', () => wake.abort());

  async function live() {
    let failures = 0;
    let bad: string | undefined;
    while (state !== 'closed') {
      enter('connecting');
      const { code, reason, openMs, token } = await once(bad);
      if (openMs >= steadyMs) failures = 0;
      const next = isAway ? 'later' : afterClose(code, reason);
      // A new token that is refused at once will not be mended by a third.
      if (next === 'stop' || (next === 'renew' && bad !== undefined && openMs === 0)) finish({ code, reason });
      bad = next === 'renew' ? token : undefined;
      if (next === 'renew' && failures++ === 0) continue;
      enter('waiting');
      await rest(pauseAfter(Math.max(1, failures++), Math.random));
    }
  }

  async function once(bad: string | undefined) {
    try {
      const token = await session.accessToken(bad);
      const target = new URL(address);
      if (options.tickets !== undefined) target.searchParams.set('ticket', await fetchTicket(options.tickets));
      if (state === 'closed' || isAway) return lost;
      connection = connect({
        url: target.href,
        protocols: options.protocols ?? [],
        token,
        tokenFirst: options.tickets === undefined,
        renew: (except) => session.accessToken(except),
        opened: () => enter('open'),
        received: (data) => state !== 'closed' && options.onMessage?.(data),
        dropped: (count) => options.onDropped?.(count),
      });
      return await connection.closed;
    } catch (failure) {
      if (failure instanceof SessionError && failure.code === 'RSC5101') finish({ code: null, reason: failure.code });
      return lost;
    }
  }

  async function fetchTicket(tickets: string) {
    const answer = await session.fetch(tickets, { method: 'POST' });
    if (!answer.ok) throw new Error(`The ticket was refused: ${answer.status}.`);
    return ((await answer.json()) as { ticket: string }).ticket;
  }

  /** Until the pause is over and the page is here, or sooner when something has changed. */
  async function rest(ms: number) {
    do {
      wake = new AbortController();
      await pause(isAway ? 2 ** 31 - 1 : ms, wake.signal);
    } while (isAway && state !== 'closed');
  }

  void live();
  return {
    get state() { return state; },
    get end() { return end; },
    send: (data) => state === 'open' && connection !== null && connection.send(data),
    close: () => finish({ code: null, reason: null }),
  };
}

const lost = { code: 1006, reason: '', openMs: 0, token: '' };
