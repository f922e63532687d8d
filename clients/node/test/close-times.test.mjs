// When those who were thrown out together are closed: a person at once, a crowd in turns, so that they do not all come back in one instant.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CloseTimes } from '../dist/lib/watching/close-times.js';
import { closingEvent } from '../dist/lib/watching/closing.js';
import { ManualClock } from './support/clock.mjs';
import * as socketIo from './support/socket-io.mjs';
import { LocalAuthority, second, until } from './support/verifiers.mjs';
import * as webSockets from './support/web-sockets.mjs';

function closeTimes(spreadMs) {
  const clock = new ManualClock();
  const times = new CloseTimes(spreadMs, clock, { fraction: () => 0.25 });
  return { clock, delays: (count) => Array.from({ length: count }, () => times.delayMs()) };
}

test('a hundred are closed at once, more one after the other, and what would take too long anywhere within the spread', () => {
  const { delays } = closeTimes(2_000);
  assert.deepEqual(delays(100), Array(100).fill(0));
  assert.deepEqual(delays(999), Array.from({ length: 999 }, (_, i) => 2 * (i + 1)));
  assert.deepEqual(delays(3), [500, 500, 500]);
});

test('after a pause the next are closed at once again', () => {
  const { clock, delays } = closeTimes(2_000);
  delays(100);
  clock.pass(200);
  assert.deepEqual([...delays(100), ...delays(1)], [...Array(100).fill(0), 2]);
});

test('without a spread all are closed at once', () => {
  assert.deepEqual(closeTimes(0).delays(300), Array(300).fill(0));
});

test('ws: a crowd is closed in turns, and from the first moment nothing is delivered to any of it', async (t) => {
  const authority = new LocalAuthority();
  // Its clock stands still: whoever is told in the first instant finds all of that instant.
  const verifier = await authority.verifier(t, {}, { clock: new ManualClock(second()) });
  const { url, sockets } = await webSockets.startServer(t, verifier);
  const token = authority.token({ tenant: 'acme' });
  const crowd = await Promise.all(Array.from({ length: 300 }, () => webSockets.join(url, token)));

  // The last of those who are told, in the very instant in which the revocation arrives.
  let failures = null;
  let open = 0;
  verifier.watch(token, () => {
    open = [...sockets.clients].filter((ws) => ws.readyState === ws.OPEN).length;
    failures = Promise.all([...sockets.clients].map((ws) => new Promise((resolve) => { ws.send('after', resolve); })));
  });
  authority.revoke('tag', ['tenant', 'acme']);
  await until(() => failures !== null);
  assert.equal(open, 200, 'wait for their turn');
  assert.deepEqual((await failures).map(({ code }) => code), Array(300).fill('RSC7004'));
  for (const client of crowd) assert.deepEqual([await webSockets.ended(client), client.told], [[4401, 'revoked'], ['welcome']]);
});

test('Socket.IO: a crowd is over in one instant, hears of it in turns, and until then nothing is delivered to any of it, or taken', async (t) => {
  const authority = new LocalAuthority();
  // Its clock stands still: whoever is told in the first instant finds all of that instant.
  const verifier = await authority.verifier(t, {}, { clock: new ManualClock(second()) });
  const { io, served, url } = await socketIo.startServer(t, verifier);
  const token = authority.token({ tenant: 'acme' });
  const crowd = Array.from({ length: 300 }, () => socketIo.join(t, url, token));
  await until(() => crowd.every(({ events }) => events.length === 1));
  const taken = [];
  for (const socket of served) socket.onAny((event) => taken.push(event));
  const told = new Set();
  for (const client of Object.values(io.engine.clients)) {
    client.on('packetCreate', ({ data }) => { if (String(data).includes(closingEvent)) told.add(client); });
  }

  // The last of those who are told, in the very instant in which the revocation arrives.
  let found = null;
  verifier.watch(token, () => {
    found = { told: told.size, connected: io.sockets.sockets.size };
    io.emit('news', 'after');
    for (const socket of served) socket.emit('news', 'after');
  });
  authority.revoke('tag', ['tenant', 'acme']);
  await until(() => found !== null);
  for (const { socket } of crowd) socket.emit('late');
  assert.deepEqual(found, { told: 100, connected: 0 }, 'the others wait for their turn');
  await until(() => crowd.every(({ events }) => events.length > 2));
  for (const { events } of crowd) assert.deepEqual(events, ['connect', 'closing: 4401 revoked', 'disconnect: io server disconnect']);
  assert.deepEqual(taken, []);
});
