export { SessionError } from './errors.js';
export type { SessionEnd, SessionErrorCode } from './errors.js';
export { openSession } from './session.js';
export type { Session } from './session.js';
export type { SessionState } from './lib/core.js';
export type { SessionOptions } from './lib/settings.js';
export type { SessionTokens } from './lib/tokens.js';
