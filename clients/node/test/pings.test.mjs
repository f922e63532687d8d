// Pings and pongs carry up to 125 bytes of anybody's choice: once a token is taken back none passes, and while it waits for another they wait too.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalAuthority, until } from './support/verifiers.mjs';
import { ended, join, startServer } from './support/web-sockets.mjs';

const tokenOf = (data) => (String(data).startsWith('token:') ? String(data).slice(6) : null);
const renewal = { ask: 'renew', tokenOf, margin: 60 };

/** A client of a server, both of which remember the pings and pongs that they were sent. */
async function start(t, options = {}) {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { url, sockets, received } = await startServer(t, verifier, options);
  const token = authority.token();
  const client = await join(url, token);
  const [ws] = sockets.clients;
  const [taken, heard] = [[], []];
  for (const [one, list] of [[ws, taken], [client.ws, heard]]) {
    for (const event of ['ping', 'pong']) one.on(event, (data) => list.push(`${event} ${data}`));
  }
  ws.on('message', (data) => taken.push(String(data)));
  ws.on('close', (code, reason) => taken.push(`close ${code} ${reason}`));
  return { authority, verifier, token, client, ws, taken, heard, received };
}

/** Tells what became of a ping or a pong: nothing, or the code of the failure. */
const control = (ws, kind, data) => new Promise((resolve) => { ws[kind](data, false, (failure) => resolve(failure?.code)); });

/** Goes through to the other end and back, so that whatever was sent before has arrived. */
async function beAnswered(client) {
  client.ws.ping();
  await new Promise((resolve) => { client.ws.once('pong', resolve); });
}

test('while a token is valid pings and pongs pass, with what they carry', async (t) => {
  const { client, ws, taken, heard } = await start(t);
  client.ws.ping('a');
  client.ws.pong('b');
  ws.ping('c');
  ws.pong('d');
  await until(() => taken.length === 3 && heard.length === 3);
  assert.deepEqual([taken, heard.toSorted()], [['ping a', 'pong b', 'pong c'], ['ping c', 'pong a', 'pong d']]);
});

test('of a client whose token is revoked the app hears no ping, no pong, and no reason of its own for the close', async (t) => {
  const { authority, verifier, token, client, ws, taken, heard } = await start(t);
  // A crowd goes before it: it waits for its turn to be closed.
  const crowd = verifier.watch(authority.token({ jti: 't-2' }), () => {});
  for (let i = 0; i < 600; i++) crowd.closeDelayMs();
  authority.revoke('token', 't-1');
  await until(() => !verifier.check(token).valid);
  const sent = ['ping', 'pong'].map((kind) => control(ws, kind, 'of the app'));
  client.ws.ping('late');
  client.ws.pong('late');
  client.ws.send('late');
  client.ws.close(4000, 'late');
  await until(() => taken.length > 0);
  assert.deepEqual(await Promise.all(sent), ['RSC7004', 'RSC7004']);
  assert.deepEqual([taken, heard], [['close 4401 revoked'], []]);
});

test('while a renewal is awaited pings and pongs wait in order with the messages, and answers and empty ones pass', async (t) => {
  const { authority, client, ws, taken, heard } = await start(t, { renewal });
  authority.revoke('subject', 'alice', 'renew');
  await until(() => client.told.includes('renew'));
  const sent = [control(ws, 'ping', 'p'), control(ws, 'pong', 'q')];
  ws.ping();
  client.ws.send('first');
  client.ws.ping('second');
  client.ws.pong('third');
  await beAnswered(client);
  await until(() => taken.length === 2 && heard.length === 3);
  assert.deepEqual([taken.toSorted(), heard.toSorted()], [['ping ', 'pong '], ['ping ', 'pong ', 'pong second']]);

  client.ws.send(`token:${authority.token()}`);
  assert.deepEqual(await Promise.all(sent), [undefined, undefined]);
  await until(() => heard.length === 5 && taken.length === 6);
  assert.deepEqual([taken.slice(2), heard.slice(3)], [['first', 'ping second', 'pong third', 'pong p'], ['ping p', 'pong q']]);
});

test('pings that wait count as messages: more than may wait close the connection', async (t) => {
  for (const floods of [({ ws }) => ws.ping('x', false, () => {}), ({ client }) => client.ws.ping('x')]) {
    const all = await start(t, { renewal, maxBacklogMessages: 3 });
    all.authority.revoke('subject', 'alice', 'renew');
    await until(() => all.client.told.includes('renew'));
    for (let i = 0; i < 4; i++) floods(all);
    assert.deepEqual(await ended(all.client), [4419, 'renew']);
    await until(() => all.taken.length > 0);
    assert.deepEqual(all.taken, ['close 4419 renew']);
  }
});

test('what a client whose token has run out gives as the reason of its close does not reach the app', async (t) => {
  const { authority, client, taken } = await start(t, { renewal });
  authority.revoke('subject', 'alice', 'renew');
  await until(() => client.told.includes('renew'));
  client.ws.close(4000, 'late');
  await until(() => taken.length > 0);
  assert.deepEqual(taken, ['close 4000 ']);
});

test('pings of the app that a client has not read yet are thrown away when its token is revoked', async (t) => {
  const { authority, verifier, token, client, ws, heard } = await start(t);
  client.ws.pause();
  const message = Buffer.alloc(64 * 1024);
  // More than the network takes.
  while (ws.bufferedAmount < 4 * message.length) ws.send(message, () => {});
  const sent = control(ws, 'ping', 'of the app');
  authority.revoke('token', 't-1');
  await until(() => !verifier.check(token).valid);
  assert.equal(await sent, 'RSC7004');
  client.ws.resume();
  await ended(client);
  assert.deepEqual(heard, []);
});
