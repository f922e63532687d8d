/** Why a session is over. */
export interface SessionEnd {
  /**
   * In the Authority's words `ended`, `reused`, `expired` or `blocked`; in ours `logged_out` (here or in another tab), `replaced` (somebody
   * logged in anew in another tab) or `forgotten` (the browser lost what the session is kept in). More may come.
   */
  readonly reason: string | null;

  /** The id of the act that ended it (`rv_…`), for support and audit. */
  readonly explanation: string | null;
}

const sentences = {
  RSC5001: "authority is not usable. Set it to the Authority's https URL, or in cookie mode to its path on this page's own origin.",
  RSC5002: 'clientId is empty. Set it to the client that the session was started for.',
  RSC5003: 'origins does not say where the token may go. List scheme, host and port alone, for example https://orders.example.com.',
  RSC5004: 'An option is out of range. Set it within the range that its documentation names.',
  RSC5005: 'This page has a session for another Authority, client or mode. Open one for each page, and close it before another.',
  RSC5006: 'There is no page here. Open the session in the browser, not where a server renders the page.',
  RSC5101: 'There is no session. Log in, and hand the tokens to start.',
  RSC5102: 'The session has ended. Log in again; reason and explanation say why.',
  RSC5103: 'The session could not be refreshed now. It is kept and tried again with the next call.',
  RSC5104: 'The Authority refuses this client or this page. The session is kept. Check clientId, and that the page is of the right origin.',
  RSC5105: "The Authority's answer to a refresh is not one that can be used. The session is kept. Check that authority names an Authority.",
  RSC5107: 'Refreshing failed in an unforeseen way. The session is kept. Report it with the cause.',
};

/** The codes that a session fails with; each has a page, `docs/errors/RSC####.md`. */
export type SessionErrorCode = keyof typeof sentences;

/** What every promise of a session rejects with. Programs switch on `code`, people read the message. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  readonly code: SessionErrorCode;

  /** Set on RSC5102. */
  readonly end: SessionEnd | null;

  constructor(
    code: SessionErrorCode, { end = null, cause, specifics = '' }: { end?: SessionEnd | null; cause?: unknown; specifics?: string } = {},
  ) {
    super(`${code} ${sentences[code]}${specifics && ` ${specifics}`} See docs/errors/${code}.md.`, cause === undefined ? {} : { cause });
    this.code = code;
    this.end = end;
  }
}
