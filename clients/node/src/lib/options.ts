import { RescindError, type ErrorCode } from './errors.js';

/** Another issuer whose tokens this API takes; the Authority has its record, which says how they are read. */
export interface IssuerOptions {
  /** Its exact `iss`, byte for byte (T-23). */
  readonly issuer: string;
  /** The name of this API in the `aud` of its tokens. */
  readonly audience: string | readonly string[];
  /** Where its keys are: the only address that is asked for them. https; plain http as for `authority`. */
  readonly jwksUri: string;
}

/** One line of diagnostics. Never holds a token or a secret. */
export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly code: ErrorCode | null;
  readonly message: string;
}

/** What a verifier needs to know. What is missing or unsafe refuses to start, with a code. */
export interface VerifierOptions {
  /** The URL of the Authority, https. */
  readonly authority: string;
  /** The name of this API in the `aud` of its tokens (AT-8). */
  readonly audience: string | readonly string[];
  /** The client that reads the feed: it holds the scope `feed`. */
  readonly clientId: string;
  /** Its secret. Never logged or shown. */
  readonly clientSecret: string;
  /**
   * The bound, in seconds: no revoked token is accepted later than this after the revocation was acknowledged; a replica that is older says
   * unknown (503). Default 5; above 0.001, at most 60.
   */
  readonly maxStaleness?: number;
  /**
   * Whether a 401 for a genuine token that was taken back says why: `reason`, and `explanation`, the id of the revocation. Whoever stole the
   * token reads it too. Default false (BT-6).
   */
  readonly explainRefusals?: boolean;
  /**
   * Whether the app itself verifies that a token with `cnf` is sent by the holder of its key (RFC 7800, RFC 8705, RFC 9449). Default false, and
   * such a token is refused with 401, on live connections as well.
   */
  readonly appVerifiesTokenBinding?: boolean;
  /** Other issuers whose tokens are taken. Default none. */
  readonly issuers?: readonly IssuerOptions[];
  /**
   * How many tokens are remembered as genuine, so that their signature is not verified again; one that nobody sends for a minute is forgotten.
   * Default 10 000; 0 remembers none.
   */
  readonly cacheSize?: number;
  /** For how many seconds `createVerifier` waits to become ready before it returns all the same. Default 5. */
  readonly startTimeout?: number;
  /**
   * Over how many seconds the closes of live connections that come together are spread at most, so that those who come back do not all come at
   * once. Delivery stops at once all the same. Default 5; 0 closes all at once; at most 300.
   */
  readonly closeSpread?: number;
  /** The name that people know this verifier by, in receipts and lists: at most 256 characters. Default: the audience, cut to that length. */
  readonly name?: string;
  /** Which running process this is: at most 256 characters. Default: random for each start. */
  readonly instance?: string;
  /** Takes plain http for addresses on loopback. For development alone. Default false. */
  readonly allowInsecureLoopback?: boolean;
  /** Where diagnostics go. Default: warnings and errors to the console. */
  readonly log?: (line: LogLine) => void;
}

const largestStalenessMs = 60_000;
/** A token that is remembered takes up to some ten kilobytes; a process that waits for an hour to start is better restarted. */
const largestNumbers = { cacheSize: 1_000_000, startTimeout: 3_600, closeSpread: 300 };

/** How many characters the name and the instance of a verifier may have. */
const longestName = 256;

const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** The options, checked; throws the first thing that is wrong with them. */
export function checkOptions(options: VerifierOptions): { audience: readonly string[]; boundMs: number } {
  if (!isText(options?.authority)) throw new RescindError('RSC3001');
  checkUrl(options.authority, options, 'RSC3002');
  const audience = audienceOf(options.audience, 'audience');
  if (!isText(options.clientId)) throw new RescindError('RSC3005', 'clientId is not set.');
  if (!isText(options.clientSecret)) throw new RescindError('RSC3005', 'clientSecret is not set.');
  const boundMs = (options.maxStaleness ?? 5) * 1000;
  // Written so that what is no number fails too.
  if (!(boundMs > 1 && boundMs <= largestStalenessMs)) throw new RescindError('RSC3006', `It is ${options.maxStaleness}.`);
  for (const [name, largest] of Object.entries(largestNumbers)) {
    const number = options[name as keyof typeof largestNumbers] ?? 0;
    if (!(number >= 0 && number <= largest)) throw new RescindError('RSC7001', `${name} must be a number from 0 to ${largest}.`);
  }
  // Not by truthiness: the text 'false' of an environment variable must not allow anything.
  if (!['boolean', 'undefined'].includes(typeof options.appVerifiesTokenBinding)) {
    throw new RescindError('RSC7001', 'appVerifiesTokenBinding must be true or false.');
  }
  for (const name of ['name', 'instance'] as const) {
    if ((options[name]?.length ?? 0) > longestName) throw new RescindError('RSC7001', `${name} must have at most ${longestName} characters.`);
  }
  options.issuers?.forEach((one, i) => checkIssuer(one, `issuers[${i}]`, options));
  return { audience, boundMs };
}

/** An audience as a list; a list without any would refuse every token, so it is a mistake. */
export function audienceOf(audience: string | readonly string[], name: string): readonly string[] {
  const list = [audience].flat();
  if (list.length === 0 || !list.every(isText)) throw new RescindError('RSC3004', `${name} must be a text or a list of texts.`);
  return list;
}

function checkIssuer(one: IssuerOptions, name: string, options: VerifierOptions): void {
  if (!isText(one?.issuer)) throw new RescindError('RSC7001', `${name}.issuer must be a text.`);
  audienceOf(one.audience, `${name}.audience`);
  checkUrl(one.jwksUri, options, 'RSC7001', `${name}.jwksUri must be an absolute https URL.`);
}

function checkUrl(text: string, { allowInsecureLoopback }: VerifierOptions, code: ErrorCode, particulars?: string): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isOther = code === 'RSC3002' && /[?#]/.test(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || isOther) {
    throw new RescindError(code, particulars);
  }
  const mayBePlain = allowInsecureLoopback === true && loopback.test(url.hostname);
  if (url.protocol === 'http:' && !mayBePlain) throw new RescindError(code === 'RSC3002' ? 'RSC3003' : code, particulars);
}

/** The name of a verifier that was given none; an audience may be longer than a name. */
export function nameOf(audience: readonly string[]): string {
  return (audience[0] ?? '').slice(0, longestName).toWellFormed();
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
