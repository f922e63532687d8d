// Socket.IO with its own client, over real connections.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verdictOf } from '@rescind/node/socket.io';
import { join, startServer } from './support/socket-io.mjs';
import { LocalAuthority, second, until } from './support/verifiers.mjs';

for (const transport of ['websocket', 'polling']) {
  test(`${transport}: valid tokens alone come in; what is revoked is thrown out and stays out`, async (t) => {
    const authority = new LocalAuthority();
    const verifier = await authority.verifier(t);
    const { io, served, url } = await startServer(t, verifier);
    const bad = join(t, url, 'x', { transports: [transport] });
    await until(() => bad.events.length > 0);
    assert.deepEqual(bad.events, ['refused: 4401 invalid']);

    const alice = join(t, url, authority.token({ sid: 'a' }), { transports: [transport] });
    const bob = join(t, url, authority.token({ sid: 'b', sub: 'bob' }), { transports: [transport] });
    await until(() => served.length === 2);
    assert.equal(verdictOf(served[0]).valid, true);
    authority.revoke('session', 'a');
    await until(() => alice.events.length === 3);
    io.to('news').emit('news', 'after');
    await until(() => bob.events.includes('news: after'));
    assert.deepEqual(alice.events, ['connect', 'closing: 4401 revoked', 'disconnect: io server disconnect']);
    assert.equal(alice.socket.active, false, 'it does not reconnect by itself');

    alice.socket.connect();
    await until(() => alice.events.length === 4);
    assert.equal(alice.events[3], 'refused: 4401 revoked');
    assert.deepEqual(bob.events, ['connect', 'news: after']);
  });
}

test('an expired token and one to renew say so', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { url } = await startServer(t, verifier);
  const expiring = join(t, url, authority.token({ iat: second() - 325, exp: second() - 25 }));
  await until(() => expiring.events.length === 3);
  assert.deepEqual(expiring.events, ['connect', 'closing: 4419 expired', 'disconnect: io server disconnect']);
});

test('while it cannot be told the client is sent away and comes back by itself', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { url } = await startServer(t, verifier);
  const client = join(t, url, () => {}, { auth: (send) => send({ token: authority.token() }) });
  await until(() => client.events.includes('connect'));
  authority.leave();
  await until(() => client.events.some((event) => event.startsWith('disconnect')));
  assert.doesNotMatch(client.events.join(), /refused|closing/);
  authority.isAway = false;
  await until(() => client.events.at(-1) === 'connect' && client.socket.connected);
});
