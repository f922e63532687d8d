import { RescindError } from './lib/errors.js';
import { bearerOf, declareDemand, judgeToken, type RequestHead } from './lib/http/protection.js';
import { refusalOf, type Refusal } from './lib/http/refusal.js';
import type { Verifier } from './lib/verifier.js';
import type { CheckOptions, Verdict } from './lib/verdicts/verdict.js';

export interface IsRevokedOptions extends CheckOptions {
  /** Where the token is, if not in the header `Authorization`; give express-jwt the same. */
  readonly getToken?: (request: RequestHead) => string | undefined;
}

/** It cannot be told; Express answers it with its `status` and `headers`. */
export class UndecidedError extends RescindError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor({ status, headers }: Refusal) {
    super('RSC7002');
    this.name = 'UndecidedError';
    this.status = status;
    this.headers = headers;
  }
}

/**
 * The `isRevoked` of express-jwt, in place of one that asks a store: `expressjwt({ …, isRevoked: isRevoked(verifier) })`. Whatever is not
 * valid counts as revoked (401); where it cannot be told it rejects with an error that Express answers with 503.
 */
export function isRevoked(verifier: Verifier, { getToken, ...options }: IsRevokedOptions = {}): (request: RequestHead) => Promise<boolean> {
  declareDemand(verifier, options);
  return async (request) => {
    const token = getToken === undefined ? bearerOf(request) : getToken(request);
    const verdict = await new Promise<Verdict>((resolve) => { judgeToken(verifier, token, options, resolve); });
    if (verdict.kind === 'unknown') throw new UndecidedError(refusalOf(verdict, false));
    return !verdict.valid;
  };
}
