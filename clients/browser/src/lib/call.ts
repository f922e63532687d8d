import { SessionError } from '../errors.js';
import { bearerError } from './challenge.js';
import type { Core } from './core.js';
import { retryAfter } from './endpoint.js';
import { pause, spread } from './pause.js';
import type { Settings } from './settings.js';

// RFC 9110 section 9.2.2: these may be sent again whatever became of them.
const idempotent = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'];

/**
 * A `fetch` that sends the access token to the origins of `settings`: one refresh and one repeat after `invalid_token`, and a wait where an
 * API cannot decide (503 with Retry-After).
 */
export function createFetch(core: Core, settings: Settings): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const isOurs = settings.origins.includes(new URL(request.url).origin);
    return isOurs ? sendWithin(request, core, settings.unavailableLimit) : fetch(request);
  };
}

async function sendWithin(request: Request, core: Core, limit: number): Promise<Response> {
  const deadline = performance.now() + limit;
  for (;;) {
    const answer = await sendRepeated(request, core);
    const wait = spread(retryAfter(answer), Math.random);
    const mayWait = answer.status === 503 && answer.headers.has('retry-after') && idempotent.includes(request.method);
    if (!mayWait || performance.now() + wait > deadline) return answer;
    await pause(wait, request.signal);
    request.signal.throwIfAborted();
  }
}

async function sendRepeated(request: Request, core: Core): Promise<Response> {
  const { accessToken } = await core.take();
  const answer = await send(request, accessToken);
  if (answer.status !== 401 || !isInvalidToken(answer)) return answer;
  core.state.reject(accessToken);
  try {
    return await send(request, (await core.take()).accessToken);
  } catch (failure) {
    // The session is over: whoever calls is told why. While that is not known, what the API said stands.
    if (failure instanceof SessionError && failure.code !== 'RSC5102') return answer;
    throw failure;
  }
}

// A challenge that cannot be read may be this one: one refresh does no harm.
function isInvalidToken(answer: Response) {
  const error = bearerError(answer);
  return error === 'invalid_token' || error === null;
}

// A clone each time, so that the body is there for a repeat.
function send(request: Request, accessToken: string): Promise<Response> {
  const copy = new Request(request.clone());
  copy.headers.set('authorization', `Bearer ${accessToken}`);
  return fetch(copy);
}
