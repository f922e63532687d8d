import type { ValidVerdict, Verdict } from '../verdicts/verdict.js';

/** How a connection is closed: its code, and the reason that its client is told (WS-8). */
export interface Closing {
  /** 4401: log in again. 4419: refresh, then reconnect. 1013: try again later. */
  readonly code: 4401 | 4419 | 1013;
  readonly reason: string;
}

/** The event by which a client of Socket.IO is told why it is disconnected, with a `Closing`. */
export const closingEvent = 'rescind:closing';

/** How long a connection whose verdict is unknown is held, in milliseconds. */
export const unknownLimitMs = 10_000;

/** The end of a client that does not read, while more waits for it than may. */
export const unreadClosing: Closing = { code: 1013, reason: 'unread' };

export function closingOf({ kind }: Exclude<Verdict, ValidVerdict>): Closing {
  switch (kind) {
    case 'renew': case 'expired': return { code: 4419, reason: kind };
    case 'unknown': return { code: 1013, reason: kind };
    case 'reauthenticate': return { code: 4401, reason: 'insufficient_user_authentication' };
    default: return { code: 4401, reason: kind };
  }
}
