/** What to do about a connection that was closed: give up; come back with another token; come back later. */
export type AfterClose = 'stop' | 'renew' | 'later';

// Not what a new connection mends: done, a broken protocol or message, a policy, a stranger.
const final = [1000, 1002, 1003, 1007, 1008, 1009, 1010, 4403];

/** By code and reason, as verifiers close: 4401 taken back, 4419 expired, 4403 a stranger, 4408 too late, 1013 not sure (WS-8). */
export function afterClose(code: number, reason: string): AfterClose {
  if (final.includes(code) || reason === 'insufficient_user_authentication') return 'stop';
  return code === 4401 || code === 4419 ? 'renew' : 'later';
}
