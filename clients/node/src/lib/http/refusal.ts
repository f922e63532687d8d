import type { ReauthenticateVerdict, ValidVerdict, Verdict } from '../verdicts/verdict.js';

/** The answer to a request without a usable token: RFC 6750 section 3, RFC 9470 section 3. It has no body. */
export interface Refusal {
  readonly status: 400 | 401 | 503;
  readonly headers: Readonly<Record<string, string>>;
}

/** When to ask again after an unknown at the earliest, in seconds: a feed that comes back is followed within about a second. */
const retryAfterSeconds = 1;

// One sentence for whatever is wrong: a stranger learns nothing from it, not even expired or revoked (BT-5, BT-6).
const notValid = 'The access token is not valid';
const loginTooOld = 'The login does not suffice; log in again';

/** No credentials at all: no error code (BT-4). */
export const withoutToken: Refusal = { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } };

/** Several `Authorization` headers (BT-3, T-29). */
export const withSeveralTokens: Refusal = challenge(400, 'invalid_request', 'Send one Authorization header');

/** The answer to a token that is not valid. */
export function refusalOf(verdict: Exclude<Verdict, ValidVerdict>, explains: boolean): Refusal {
  if (verdict.kind === 'unknown') {
    // A 401 would make clients refresh or log out (BT-9).
    return { status: 503, headers: { 'Retry-After': String(verdict.retryAfter ?? retryAfterSeconds), 'Cache-Control': 'no-store' } };
  }
  const explanation = explains && verdict.revocationId !== null
    ? { reason: verdict.kind, explanation: verdict.revocationId } : {};
  return verdict.kind === 'reauthenticate'
    ? challenge(401, 'insufficient_user_authentication', loginTooOld, { ...demandOf(verdict), ...explanation })
    : challenge(401, 'invalid_token', notValid, explanation);
}

function demandOf({ maxAge, acrValues }: ReauthenticateVerdict): Record<string, string> {
  return {
    ...(maxAge === null ? {} : { max_age: String(maxAge) }),
    ...(acrValues.length === 0 ? {} : { acr_values: acrValues.join(' ') }),
  };
}

function challenge(status: 400 | 401, error: string, description: string, more: Record<string, string> = {}): Refusal {
  const parameters = Object.entries({ error, error_description: description, ...more }).map(([name, value]) => `${name}="${value}"`);
  return { status, headers: { 'WWW-Authenticate': `Bearer ${parameters.join(', ')}` } };
}
