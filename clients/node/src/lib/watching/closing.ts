import type { ValidVerdict, Verdict } from '../verdicts/verdict.js';

/** How a connection is closed: its code, and the reason that its client is told (WS-8). */
export interface Closing {
  /** 4401: log in again. 4419: refresh, then reconnect. 1013: try again later. */
  readonly code: 4401 | 4419 | 1013;
  readonly reason: string;
}

/** How long a connection whose verdict is unknown is held open without delivery, in milliseconds. */
export const unknownLimitMs = 10_000;

export function closingOf({ kind }: Exclude<Verdict, ValidVerdict>): Closing {
  switch (kind) {
    case 'renew': case 'expired': return { code: 4419, reason: kind };
    case 'unknown': return { code: 1013, reason: kind };
    case 'reauthenticate': return { code: 4401, reason: 'insufficient_user_authentication' };
    default: return { code: 4401, reason: kind };
  }
}
