import { RunningVerifier, type Verifier } from './lib/verifier.js';
import type { VerifierOptions } from './lib/options.js';

export type { Health } from './lib/diagnostics.js';
export { RescindError, type ErrorCode } from './lib/errors.js';
export type { IssuerOptions, LogLine, VerifierOptions } from './lib/options.js';
export type { Claims } from './lib/tokens/plain-claims.js';
export type { Token } from './lib/tokens/facts.js';
export type {
  CheckOptions, DeadVerdict, ReauthenticateVerdict, UnknownVerdict, ValidVerdict, Verdict,
} from './lib/verdicts/verdict.js';
export type { Verifier } from './lib/verifier.js';
export type { Watch } from './lib/watching/watches.js';

const defaultStartTimeoutSeconds = 5;

/**
 * Starts a verifier: one for each process. Throws a `RescindError` for options that are missing or unsafe; never because the Authority is
 * away: then it returns after `startTimeout` seconds all the same, and every verdict is unknown (503) until it is back.
 */
export async function createVerifier(options: VerifierOptions): Promise<Verifier> {
  const verifier = new RunningVerifier(options);
  const seconds = options.startTimeout ?? defaultStartTimeoutSeconds;
  await Promise.race([verifier.ready, new Promise((resolve) => { setTimeout(resolve, seconds * 1000).unref(); })]);
  return verifier;
}
