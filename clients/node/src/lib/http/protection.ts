import type { IncomingMessage } from 'node:http';
import { tellApp } from '../app-code.js';
import { RescindError } from '../errors.js';
import type { Verifier } from '../verifier.js';
import { awaitsKeys, type CheckOptions, type ValidVerdict, type Verdict } from '../verdicts/verdict.js';
import { refusalOf, withoutToken, withSeveralTokens, type Refusal } from './refusal.js';

/** What of a request matters here. */
export type RequestHead = Pick<IncomingMessage, 'headers' | 'rawHeaders'>;

// The characters of a scope token (RFC 6750 section 3), which may stand in a quoted string as they are.
const quotable = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

const verdicts = new WeakMap<object, ValidVerdict>();

/** Checks once what a route demands: what would refuse every request refuses to start, with RSC3009 or RSC7001. */
export function declareDemand(verifier: Verifier, { maxStaleness, maxAge, acr }: CheckOptions): void {
  verifier.demand({ ...(maxStaleness === undefined ? {} : { maxStaleness }) });
  if (maxAge !== undefined && !(maxAge >= 1)) throw new RescindError('RSC7001', 'maxAge must be a number of seconds from 1 up.');
  const isGood = acr === undefined || (acr.length > 0 && acr.every((value) => quotable.test(value)));
  if (!isGood) throw new RescindError('RSC7001', 'acr must be a list of texts of ASCII without blanks, quotes and backslashes.');
}

/** What came of a request: the valid verdict, or what to answer. */
export type Found = ValidVerdict | Refusal;

/** Judges the bearer token of a request, and tells of it: at once, unless keys have to be asked for. */
export function examine(verifier: Verifier, request: RequestHead, options: CheckOptions, tell: (found: Found) => void): void {
  examineToken(verifier, bearerOf(request), options, (found) => {
    if ('valid' in found) verdicts.set(request, found);
    tell(found);
  });
}

/** Judges what was found where a token should be, and tells of it in the same way. */
export function examineToken(verifier: Verifier, token: string | Refusal, options: CheckOptions, tell: (found: Found) => void): void {
  if (typeof token !== 'string') tell(token);
  else judgeToken(verifier, token, options, (verdict) => tell(verdict.valid ? verdict : refusalOf(verdict, verifier.explainsRefusals)));
}

/** The verdict on a token: at once, unless keys have to be asked for. */
export function judgeToken(verifier: Verifier, token: unknown, options: CheckOptions, tell: (verdict: Verdict) => void): void {
  const verdict = verifier.check(token, options);
  if (awaitsKeys(verdict)) void verifier.checkAsync(token, options).then((later) => tellApp(() => tell(later)));
  else tell(verdict);
}

/** The verdict on the token of a request that was let through; throws RSC7003 for one that nobody judged. */
export function verdictOf(request: object): ValidVerdict {
  const verdict = verdicts.get(request);
  if (verdict === undefined) throw new RescindError('RSC7003');
  return verdict;
}

/** The token in the one `Authorization` header, or what to answer without it. */
export function bearerOf({ headers, rawHeaders }: RequestHead): string | Refusal {
  if (isRepeated(rawHeaders, 'authorization')) return withSeveralTokens;
  const bearer = /^Bearer +([^ ].*)$/i.exec(headers.authorization ?? '');
  return bearer?.[1] ?? withoutToken;
}

// Node keeps the first of several and says nothing. Names and values take turns.
function isRepeated(rawHeaders: readonly string[], name: string): boolean {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const one = rawHeaders[i] as string;
    if (one.length === name.length && one.toLowerCase() === name) count++;
  }
  return count > 1;
}
