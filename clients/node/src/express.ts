import type { IncomingMessage, ServerResponse } from 'node:http';
import { declareDemand, examine } from './lib/http/protection.js';
import type { Verifier } from './lib/verifier.js';
import type { CheckOptions } from './lib/verdicts/verdict.js';

export { verdictOf } from './lib/http/protection.js';

/** Express, Connect and plain `node:http` alike. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/**
 * Middleware that lets a request through only with a valid bearer token, and answers all others: 401 with `WWW-Authenticate`, 503 with
 * `Retry-After` where it cannot be told, 400 for several tokens. `verdictOf(request)` is then the verdict. What the options demand is checked
 * here, once.
 */
export function protect(verifier: Verifier, options: CheckOptions = {}): Middleware {
  declareDemand(verifier, options);
  return (request, response, next) => {
    examine(verifier, request, options, (found) => {
      // Somebody else may have answered while a key was asked for.
      if (response.headersSent) return;
      if ('valid' in found) next();
      else response.writeHead(found.status, found.headers).end();
    });
  };
}
