import type { IncomingMessage } from 'node:http';
import { declareDemand, examine, verdictOf as verdictOfRaw } from './lib/http/protection.js';
import type { Verifier } from './lib/verifier.js';
import type { CheckOptions, ValidVerdict } from './lib/verdicts/verdict.js';

/** What of Fastify matters here; the framework is the app's. */
export interface FastifyReplyLike {
  readonly sent: boolean;
  code(status: number): this;
  headers(headers: Record<string, string>): this;
  send(): unknown;
}

export interface FastifyRequestLike {
  readonly raw: object;
}

/** An `onRequest` hook. */
export type OnRequest = (request: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void;

export interface FastifyLike {
  addHook(name: 'onRequest', hook: OnRequest): unknown;
}

export interface RescindPluginOptions extends CheckOptions {
  readonly verifier: Verifier;
}

/**
 * A hook that lets a request through only with a valid bearer token, and answers all others as the middleware of Express does. For one route:
 * `{ onRequest: protect(verifier, { maxAge: 300 }) }`. `verdictOf(request)` is then the verdict.
 */
export function protect(verifier: Verifier, options: CheckOptions = {}): OnRequest {
  declareDemand(verifier, options);
  return (request, reply, done) => {
    examine(verifier, request.raw as IncomingMessage, options, (found) => {
      if ('valid' in found) done();
      // Somebody else may have answered while a key was asked for.
      else if (!reply.sent) reply.code(found.status).headers({ ...found.headers }).send();
    });
  };
}

/** A plugin that protects every route of the scope that registers it: `app.register(rescind, { verifier })`. */
export function rescind(app: FastifyLike, { verifier, ...options }: RescindPluginOptions, done: () => void): void {
  app.addHook('onRequest', protect(verifier, options));
  done();
}

// Fastify gives a plugin a scope of its own unless it says so: the hook is for the routes of whoever registers it.
Object.assign(rescind, { [Symbol.for('skip-override')]: true });

/** The verdict on the token of a request that was let through; throws RSC7003 for one that nobody judged. */
export function verdictOf(request: FastifyRequestLike): ValidVerdict {
  return verdictOfRaw(request.raw);
}
