// Several namespaces of Socket.IO over one transport, each with a token of its own: what ends one of them does not touch the others.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { protectNamespace } from '@rescind/node/socket.io';
import { join, joinBeside, startServer } from './support/socket-io.mjs';
import { LocalAuthority, until } from './support/verifiers.mjs';

/** A client with two sessions: alice's news, and bob's orders beside it, which answers every order. */
async function joinBoth(t, options) {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { io, served, url } = await startServer(t, verifier);
  const taken = [];
  protectNamespace(io.of('/orders'), verifier);
  io.of('/orders').on('connection', (socket) => socket.on('order', (item, reply) => reply(taken.push(item))));
  const news = join(t, url, authority.token({ sid: 'a' }), options);
  const orders = joinBeside(t, news, '/orders', authority.token({ sid: 'b', sub: 'bob', jti: 't-b' }));
  await until(() => news.events.length > 0 && orders.events.length > 0);
  return { authority, io, served, taken, news, orders };
}

const thrownOut = ['connect', 'closing: 4401 revoked', 'disconnect: io server disconnect'];

for (const transport of ['websocket', 'polling']) {
  test(`${transport}: revoking one session leaves the others of its transport alone, with traffic on both`, async (t) => {
    const { authority, served, taken, news, orders } = await joinBoth(t, { transports: [transport] });
    let answered = 0;
    const traffic = setInterval(() => {
      news.socket.emit('heard');
      for (const socket of served) socket.emit('news', 'all the time');
      orders.socket.emit('order', 'a book', () => { answered++; });
    }, 1);
    t.after(() => clearInterval(traffic));
    await until(() => answered > 5);
    authority.revoke('session', 'a');
    await until(() => news.events.includes(thrownOut[2]));
    const before = answered;
    // As a client does that has not noticed.
    for (let i = 0; i < 5; i++) news.socket.io.engine.write('2["late"]');
    await until(() => answered > before + 20);

    assert.deepEqual(news.events.filter((event) => !event.startsWith('news')), thrownOut);
    assert.deepEqual(orders.events, ['connect']);
    assert.ok(taken.length >= answered);

    news.socket.auth = { token: authority.token({ sid: 'c' }) };
    news.socket.connect();
    await until(() => news.events.filter((event) => event === 'connect').length === 2);
    authority.revoke('session', 'b');
    await until(() => orders.events.length === 3);
    assert.deepEqual(orders.events, thrownOut);
    assert.equal(news.socket.connected, true);
  });
}

test('whoever is told that a namespace is over and stays gets nothing of it any more', async (t) => {
  const { authority, served, news, orders } = await joinBoth(t);
  const packets = [];
  const [socket] = served;
  socket.on('disconnecting', () => socket.emit('news', 'while it ends'));
  authority.revoke('session', 'a');
  await until(() => news.events.includes(thrownOut[2]));
  news.socket.io.engine.on('packet', ({ data }) => packets.push(data));
  socket.emit('news', 'afterwards');
  await orders.socket.emitWithAck('order', 'a book');
  assert.deepEqual([news.events, packets.filter((data) => String(data).includes('news'))], [thrownOut, []]);
});

test('all sessions of a transport that end together are told each, and then the transport ends', async (t) => {
  const { authority, io, news, orders } = await joinBoth(t);
  authority.revoke('tag', ['aud', 'orders']);
  await until(() => [news, orders].every(({ events }) => events.length === 3));
  assert.deepEqual([news.events, orders.events], [thrownOut, thrownOut]);
  await until(() => io.engine.clientsCount === 0);
});

test('a namespace that comes and goes leaves nothing behind on its transport', async (t) => {
  const { authority, io, news, orders } = await joinBoth(t);
  const [conn] = Object.values(io.engine.clients);
  const listeners = () => conn.eventNames().map((name) => [name, conn.listenerCount(name)]);
  const before = listeners();
  for (let i = 0; i < 20; i++) {
    orders.socket.disconnect();
    // Socket.IO itself takes a client that comes back before it has let it go for a mistake.
    await until(() => io.of('/orders').sockets.size === 0);
    orders.socket.auth = { token: authority.token({ sid: `b-${i}`, sub: 'bob', jti: `t-${i}` }) };
    orders.socket.connect();
    await until(() => orders.socket.connected);
  }
  assert.deepEqual(listeners(), before);
  await until(() => authority.connections?.live === 2);
  assert.equal(news.socket.connected, true);
});

test('polling: what waits for the next poll when the token is revoked is not delivered', async (t) => {
  const { authority, served, news, orders } = await joinBoth(t, { transports: ['polling'] });
  await until(() => served[0].conn.transport.writable);
  served[0].emit('news', 'in the poll that is open');
  served[0].emit('news', 'waits for the next');
  authority.revoke('session', 'a');
  await until(() => news.events.includes(thrownOut[2]));
  assert.deepEqual(news.events.filter((event) => event.startsWith('news')), ['news: in the poll that is open']);
  assert.deepEqual(await orders.socket.emitWithAck('order', 'a book'), 1);
});

test('what is still being compressed for the last namespace of a transport is cut off with it', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { served, url } = await startServer(t, verifier, { server: { perMessageDeflate: { threshold: 0 } } });
  const token = authority.token();
  const client = join(t, url, token);
  await until(() => served.length === 1);
  const word = randomBytes(64 * 1024).toString('base64');
  let heard = 0;
  client.socket.on('word', () => { heard++; });
  for (let i = 0; i < 200; i++) served[0].emit('word', word);
  await until(() => heard > 0);
  authority.revoke('token', 't-1');
  await until(() => client.events.includes('refused: 4401 revoked'));
  assert.deepEqual(client.events, ['connect', 'disconnect: transport close', 'refused: 4401 revoked']);
  assert.ok(heard < 200, `${heard} arrived`);
  assert.equal(client.socket.active, false);
});

for (const [what, name] of [['a namespace', '/slow'], ['one that a parent makes', '/slow-1']]) {
  test(`${what} that is on its way in comes in, whatever ends beside it`, async (t) => {
    const authority = new LocalAuthority();
    const verifier = await authority.verifier(t);
    const { io, served, url } = await startServer(t, verifier);
    let goOn = null;
    const slow = io.of(name === '/slow' ? name : /^\/slow-\d$/);
    protectNamespace(slow, verifier);
    slow.use((socket, next) => { goOn = next; });
    const alice = join(t, url, authority.token({ sid: 'a' }));
    await until(() => served.length === 1);
    const { id } = alice.socket.io.engine;
    const bob = joinBeside(t, alice, name, authority.token({ sid: 'b', sub: 'bob', jti: 't-b' }));
    await until(() => goOn !== null);
    authority.revoke('session', 'a');
    await until(() => alice.events.length === 3);
    goOn();
    await until(() => bob.events.length > 0);
    assert.deepEqual([alice.events, bob.events, bob.socket.io.engine.id], [thrownOut, ['connect'], id]);
    authority.revoke('session', 'b');
    await until(() => bob.events.length === 3);
    assert.deepEqual(bob.events, thrownOut);
  });
}

test('a transport whose client stays after its last namespace has ended is closed', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { io, served, url } = await startServer(t, verifier, { server: { connectTimeout: 200 } });
  const client = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  const told = [];
  client.on('error', () => {});
  client.on('open', () => client.send(`40${JSON.stringify({ token: authority.token() })}`));
  client.on('message', (data) => told.push(String(data)));
  await until(() => served.length === 1);
  authority.revoke('token', 't-1');
  await until(() => client.readyState === client.CLOSED);
  assert.deepEqual(told.slice(2), ['42["rescind:closing",{"code":4401,"reason":"revoked"}]', '41']);
  await until(() => io.engine.clientsCount === 0);
});
