// Socket.IO gives a client back what it missed while it was away: only while its token is valid, in whatever namespace (T-53).
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { Server } from 'socket.io';
import { SessionAwareAdapter } from 'socket.io-adapter';
import { protectNamespace } from '@rescind/node/socket.io';
import { join, patient } from './support/socket-io.mjs';
import { LocalAuthority, until } from './support/verifiers.mjs';

/** A server that lets connections recover, and a client of it for alice and one for bob, who hear the news of a namespace. */
async function start(t, { name = '/', protect = (io, verifier) => protectNamespace(io.of(name), verifier), ...options } = {}) {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const io = new Server(http, { ...patient, connectionStateRecovery: {}, ...options });
  t.after(() => io.close());
  protect(io, verifier);
  const served = [];
  const listen = (namespace) => namespace.on('connection', (socket) => {
    if (!socket.connected) return;
    served.push(socket);
    socket.join('news');
  });
  io.on('new_namespace', listen);
  for (const namespace of io._nsps.values()) listen(namespace);
  const tokens = [authority.token({ sid: 'a' }), authority.token({ sid: 'b', sub: 'bob' })];
  const url = `http://127.0.0.1:${http.address().port}${name}`;
  const [alice, bob] = tokens.map((token) => join(t, url, token, { reconnection: false }));
  await until(() => served.length === 2);
  return { authority, verifier, io, served, tokens, alice, bob };
}

/** Both go away while there is news for them, and come back. */
async function goAndComeBack({ io, served, alice, bob }, { name = '/', meanwhile, missed = 'missed' }) {
  const news = (text) => io.of(name).to('news').emit('news', text);
  news('first');
  await until(() => [alice, bob].every(({ events }) => events.includes('news: first')));
  for (const { socket } of [alice, bob]) socket.io.engine.close();
  await until(() => served.every(({ connected }) => !connected));
  await meanwhile?.();
  news(missed);
  for (const { socket } of [alice, bob]) socket.connect();
}

const rooms = (io, verifier) => protectNamespace(io.of(/^\/room-\d+$/), verifier);

for (const [what, options] of [
  ['a namespace', {}],
  ['a namespace that a regular expression makes', { name: '/room-1', protect: rooms }],
  ['one that is made again once it is empty', { name: '/room-1', protect: rooms, cleanupEmptyChildNamespaces: true }],
  ['a namespace that a function makes, later', {
    name: '/room-1',
    protect: (io, verifier) => protectNamespace(io.of((name, auth, next) => { setImmediate(next, null, name === '/room-1'); }), verifier),
  }],
  ['a namespace that a parent had made before', {
    name: '/room-1', protect: (io, verifier) => {
      const parent = io.of(/^\/room-\d+$/);
      io.of('/room-1');
      protectNamespace(parent, verifier);
    },
  }],
  ['an adapter that is set later', {
    protect: (io, verifier) => { protectNamespace(io.of('/'), verifier); io.adapter(class extends SessionAwareAdapter {}); },
  }],
  ['recovered connections that pass middleware too', { connectionStateRecovery: { skipMiddlewares: false } }],
]) {
  test(`what a client missed in ${what} it is sent only while its token is valid`, async (t) => {
    const all = await start(t, options);
    const { authority, verifier, tokens, alice, bob } = all;
    const meanwhile = async () => {
      authority.revoke('session', 'a');
      await until(() => !verifier.check(tokens[0]).valid);
    };
    await goAndComeBack(all, { ...options, meanwhile });
    await until(() => (alice.socket.connected || alice.events.at(-1).startsWith('refused')) && bob.socket.connected);
    assert.equal(alice.events.at(-1), 'refused: 4401 revoked');
    assert.ok(!alice.events.includes('news: missed'));
    if (options.cleanupEmptyChildNamespaces) return;
    assert.deepEqual([bob.socket.recovered, bob.events.includes('news: missed')], [true, true]);

    // A recovered connection may have passed no middleware; it is watched all the same.
    authority.revoke('session', 'b');
    await until(() => bob.events.includes('closing: 4401 revoked'));
  });
}

test('a session that is taken back while its store is asked for what was missed is not recovered', async (t) => {
  let restoring = null;
  class SlowAdapter extends SessionAwareAdapter {
    async restoreSession(...session) {
      const found = await super.restoreSession(...session);
      await new Promise((resolve) => { restoring = resolve; });
      return found;
    }
  }
  const all = await start(t, { adapter: SlowAdapter });
  const { authority, verifier, tokens, alice, bob } = all;
  bob.socket.disconnect();
  all.bob = alice;
  await goAndComeBack(all, {});
  await until(() => restoring !== null);
  authority.revoke('session', 'a');
  await until(() => !verifier.check(tokens[0]).valid);
  restoring();
  await until(() => alice.socket.connected || alice.events.at(-1).startsWith('refused'));
  assert.ok(!alice.events.includes('news: missed'));
});

test('another login does not go on with what was kept for one, and then comes in as itself', async (t) => {
  const all = await start(t);
  const { authority, served, alice, bob } = all;
  const renewed = authority.token({ sid: 'b', sub: 'bob', jti: 't-2' });
  const meanwhile = () => {
    alice.socket.auth = { token: authority.token({ sid: 'c', sub: 'carol' }) };
    bob.socket.auth = { token: renewed };
  };
  await goAndComeBack(all, { meanwhile });
  await until(() => alice.events.at(-1)?.startsWith('disconnect') && alice.events.includes('closing: 4401 invalid') && bob.socket.connected);
  assert.equal(bob.socket.recovered, true);
  alice.socket.connect();
  await until(() => alice.socket.connected);
  assert.equal(alice.socket.recovered, false);
  authority.revoke('subject', 'alice');
  authority.revoke('token', 't-2');
  await until(() => bob.events.includes('closing: 4401 revoked'));
  assert.equal(alice.socket.connected, true);
  assert.equal(served.at(-1).handshake.auth.token, alice.socket.auth.token);
});
