// Connections that are opened in the instant between a revocation and its arrival, over real sockets: not one of them stays (T-52).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tries } from './support/random.mjs';
import * as socketIo from './support/socket-io.mjs';
import { LocalAuthority, until } from './support/verifiers.mjs';
import * as webSockets from './support/web-sockets.mjs';

const times = tries(1_000, 10_000);
const atOnce = 50;

// When the token of a connection is taken back: the revocation is on its way while the client comes, or arrives at the worst of moments.
const moments = ['on its way before it comes', 'on its way after the check', 'arrived after the check', 'on its way once it is open'];

/** An Authority, a verifier, and how to revoke a token by its number at a moment of its connection. */
async function start(t) {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const tokens = Array.from({ length: times }, (_, i) => authority.token({ jti: `t-${i}`, sid: `s-${i}`, sub: `p-${i}` }));
  const numbers = new Map(tokens.map((token, i) => [token, i]));
  const reached = async (moment, i) => {
    const its = moments[i % moments.length];
    if (its !== moment) return;
    authority.revoke('session', `s-${i}`);
    if (its.startsWith('arrived')) await until(() => !verifier.check(tokens[i]).valid);
  };
  const between = async (token) => {
    await reached(moments[1], numbers.get(token));
    await reached(moments[2], numbers.get(token));
  };
  return { verifier, tokens, reached, between };
}

/** Runs all, so many at once. */
async function each(tokens, one) {
  for (let first = 0; first < tokens.length; first += atOnce) {
    await Promise.all(tokens.slice(first, first + atOnce).map((token, i) => one(token, first + i)));
  }
}

test('ws: whatever the moment of the revocation, none stays open', async (t) => {
  const { verifier, tokens, reached, between } = await start(t);
  const { url, sockets } = await webSockets.startServer(t, verifier, { between: ({ headers }) => between(headers.authorization.slice(7)) });
  await each(tokens, async (token, i) => {
    await reached(moments[0], i);
    const client = webSockets.begin(url, token);
    client.ws.once('open', () => { void reached(moments[3], i); });
    const ending = await webSockets.ended(client);
    // Refused before it was open, or closed.
    assert.ok(ending[0] === 1006 ? i % moments.length === 0 : String(ending) === '4401,revoked', `${moments[i % moments.length]}: ${ending}`);
  });
  await until(() => sockets.clients.size === 0);
});

test('Socket.IO: whatever the moment of the revocation, none stays connected', async (t) => {
  const { verifier, tokens, reached, between } = await start(t);
  const { io, url } = await socketIo.startServer(t, verifier, { between: ({ handshake }) => between(handshake.auth.token) });
  await each(tokens, async (token, i) => {
    await reached(moments[0], i);
    const { socket, events } = socketIo.join(t, url, token);
    socket.once('connect', () => { void reached(moments[3], i); });
    await until(() => events.some((event) => /^(?:refused|closing): 4401 revoked$/.test(event)));
    await until(() => !socket.active);
  });
  await until(() => io.sockets.sockets.size === 0);
});
