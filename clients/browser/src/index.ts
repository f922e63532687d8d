export { SessionError, type SessionEnd, type SessionErrorCode } from './errors.js';
export { openSession, type Session } from './session.js';
export type { SessionState } from './lib/state.js';
export type { SessionOptions } from './lib/settings.js';
export type { SessionTokens } from './lib/tokens.js';
