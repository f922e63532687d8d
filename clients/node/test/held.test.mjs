// WebSockets that are held, because a renewal is awaited or it cannot be told: nothing is lost without the connection ending.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'node:test';
import { verdictOf } from '@rescind/node/ws';
import { ManualClock } from './support/clock.mjs';
import { LocalAuthority, second, until } from './support/verifiers.mjs';
import { ended, join, startServer } from './support/web-sockets.mjs';

const tokenOf = (data) => (String(data).startsWith('token:') ? String(data).slice(6) : null);
const renewal = { ask: 'renew', tokenOf, margin: 60 };

/** Sends, and says what became of it: undefined, or the code of the failure. */
const send = (ws, message, options = {}) => new Promise((resolve) => { ws.send(message, options, (failure) => resolve(failure?.code)); });

for (const [how, server] of [['plain', {}], ['compressed', { perMessageDeflate: { threshold: 0 } }]]) {
  test(`${how}: over renewals in place every message arrives, once and in order, in both directions`, async (t) => {
    const authority = new LocalAuthority();
    const verifier = await authority.verifier(t);
    const { url, sockets, received } = await startServer(t, verifier, { renewal, server });
    const names = ['a', 'b', 'c'];
    const clients = await Promise.all(names.map((sid) => join(url, authority.token({ sid }))));
    for (const [i, { ws }] of clients.entries()) {
      ws.on('message', (data) => {
        if (String(data) === 'renew') setTimeout(() => ws.send(`token:${authority.token({ sid: names[i] })}`), 20);
      });
    }
    const asked = ({ told }) => told.filter((word) => word === 'renew').length;
    let count = 0;
    for (let round = 1; round <= 12; round++) {
      authority.revoke('subject', 'alice', 'renew');
      for (let i = 0; i < 20; i++) {
        count++;
        for (const ws of sockets.clients) ws.send(`down ${count}`);
        for (const [at, { ws }] of clients.entries()) ws.send(`${names[at]} ${count}`);
        await delay(2);
      }
      await until(() => clients.every((client) => asked(client) === round) && [...sockets.clients].every((ws) => verdictOf(ws).valid));
    }
    for (const ws of sockets.clients) ws.send('end');
    for (const { ws } of clients) ws.send('end');
    await until(() => clients.every(({ told }) => told.at(-1) === 'end') && received.filter((message) => message === 'end').length === 3);

    const numbers = Array.from({ length: count }, (_, i) => i + 1);
    for (const [i, { told, closed }] of clients.entries()) {
      assert.deepEqual(told.filter((word) => word !== 'renew'), ['welcome', ...numbers.map((n) => `down ${n}`), 'end']);
      assert.deepEqual(received.filter((message) => message.startsWith(`${names[i]} `)), numbers.map((n) => `${names[i]} ${n}`));
      assert.equal(closed, null);
    }
  });
}

for (const [what, bounds, messages] of [
  ['messages', { maxBacklogMessages: 3 }, ['a', 'b', 'c', 'd']], ['bytes', { maxBacklogBytes: 10 }, ['aaaaaa', 'bbbbbb']],
]) {
  test(`more ${what} than may wait close a held connection, in either direction, and none of them arrives`, async (t) => {
    const authority = new LocalAuthority();
    const verifier = await authority.verifier(t);
    const { url, sockets, received } = await startServer(t, verifier, { renewal, ...bounds });
    const [listening, talking] = [await join(url, authority.token({ sid: 'a' })), await join(url, authority.token({ sid: 'b' }))];
    const [ws] = sockets.clients;
    authority.revoke('subject', 'alice', 'renew');
    await until(() => [listening, talking].every(({ told }) => told.includes('renew')));

    const sent = messages.slice(1).map((message) => send(ws, message));
    assert.ok(ws.bufferedAmount > 0, 'the app sees that they wait');
    sent.push(send(ws, messages[0]));
    for (const message of messages) talking.ws.send(message);
    assert.deepEqual(await ended(listening), [4419, 'renew']);
    assert.deepEqual(await ended(talking), [4419, 'renew']);
    assert.deepEqual(await Promise.all(sent), messages.map(() => 'RSC7004'));
    assert.deepEqual([listening.told, received], [['welcome', 'renew'], []]);
  });
}

test('bounds that are no numbers refuse to start', async (t) => {
  const verifier = await new LocalAuthority().verifier(t);
  for (const bounds of [{ maxBacklogMessages: 0 }, { maxBacklogBytes: NaN }, { maxBacklogMessages: 100_001 }]) {
    await assert.rejects(startServer(t, verifier, bounds), { code: 'RSC7001' });
  }
});

test('while it cannot be told messages wait in both directions; more than may wait close with 1013', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { url, sockets, received } = await startServer(t, verifier, { maxBacklogMessages: 2 });
  const [patient, busy] = [await join(url, authority.token()), await join(url, authority.token())];
  const [patientEnd, busyEnd] = sockets.clients;
  authority.leave();
  await until(() => verdictOf(patientEnd).kind === 'unknown');
  for (const message of ['one', 'two']) {
    patientEnd.send(message);
    patient.ws.send(message);
  }
  for (const message of ['one', 'two', 'three']) busyEnd.send(message);
  assert.deepEqual(await ended(busy), [1013, 'unknown']);
  assert.deepEqual([busy.told, patient.told, received], [['welcome'], ['welcome'], []]);
  authority.isAway = false;
  await until(() => received.length === 2 && patient.told.length === 3);
  assert.deepEqual([patient.told, received, patient.closed], [['welcome', 'one', 'two'], ['one', 'two'], null]);
});

test('a clock that is wrong for a moment ends no connection that may wait, and loses nothing', async (t) => {
  const authority = new LocalAuthority();
  const clock = new ManualClock(second());
  const verifier = await authority.verifier(t, {}, { clock });
  const { url, sockets, received } = await startServer(t, verifier, { renewal: { ...renewal, margin: 1 } });
  const client = await join(url, authority.token());
  const [ws] = sockets.clients;
  // In one go, so that the margin cannot be over meanwhile.
  clock.step(3_600_000);
  for (const word of ['one', 'two']) ws.send(word);
  assert.equal(verdictOf(ws).kind, 'expired');
  clock.step(-3_600_000);
  // Longer than the margin: what made it wait has passed.
  await delay(1_500);
  for (const word of ['one', 'two']) client.ws.send(word);
  await until(() => received.length === 2 && client.told.length === 4);
  assert.deepEqual([client.told, received], [['welcome', 'renew', 'one', 'two'], ['one', 'two']]);
});

for (const isRenewable of [true, false]) {
  test(`a clock that is set back for a moment logs nobody out and loses nothing, ${isRenewable ? 'with' : 'without'} renewals`, async (t) => {
    const authority = new LocalAuthority();
    const clock = new ManualClock(second());
    const verifier = await authority.verifier(t, {}, { clock });
    const { url, sockets, received } = await startServer(t, verifier, isRenewable ? { renewal } : {});
    const client = await join(url, authority.token());
    const [ws] = sockets.clients;
    clock.step(-3_600_000);
    for (const word of ['one', 'two']) {
      ws.send(word);
      client.ws.send(word);
    }
    assert.equal(verdictOf(ws).kind, 'unknown');
    await delay(500);
    assert.deepEqual([client.told, client.closed, received], [['welcome'], null, []]);
    clock.step(3_600_000);
    await until(() => received.length === 2 && client.told.length === 3);
    assert.deepEqual([client.told, received, client.closed], [['welcome', 'one', 'two'], ['one', 'two'], null]);
  });
}

test('a message that was begun goes to its end before the client is asked for a token', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { url, sockets } = await startServer(t, verifier, { renewal });
  const client = await join(url, authority.token());
  const [ws] = sockets.clients;
  ws.send('one ', { fin: false });
  authority.revoke('subject', 'alice', 'renew');
  await until(() => verdictOf(ws).kind === 'renew');
  ws.send('whole', { fin: true });
  ws.send('kept');
  await until(() => client.told.includes('renew'));
  assert.deepEqual(client.told, ['welcome', 'one whole', 'renew']);
  client.ws.send(`token:${authority.token()}`);
  await until(() => client.told.includes('kept'));
});

test('either end may close a connection that is held', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { url, sockets } = await startServer(t, verifier, { renewal });
  const [leaving, sentAway] = [await join(url, authority.token({ sid: 'a' })), await join(url, authority.token({ sid: 'b' }))];
  const [leavingEnd, sentAwayEnd] = sockets.clients;
  authority.revoke('subject', 'alice', 'renew');
  await until(() => [leaving, sentAway].every(({ told }) => told.includes('renew')));
  const sent = [send(leavingEnd, 'kept'), send(sentAwayEnd, 'kept')];
  leaving.ws.close(1000, 'done');
  sentAwayEnd.close(1001, 'stopping');
  assert.deepEqual([await ended(leaving), await ended(sentAway)], [[1000, 'done'], [1001, 'stopping']]);
  assert.deepEqual(await Promise.all(sent), ['RSC7004', 'RSC7004']);
});

test('a handler of the app that throws loses none of the messages that were kept', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { url, sockets, received } = await startServer(t, verifier, { renewal });
  const client = await join(url, authority.token());
  const [ws] = sockets.clients;
  const others = process.listeners('uncaughtException');
  const uncaught = [];
  process.removeAllListeners('uncaughtException').on('uncaughtException', ({ message }) => uncaught.push(message));
  t.after(() => {
    process.removeAllListeners('uncaughtException');
    for (const other of others) process.on('uncaughtException', other);
  });
  ws.on('message', (data) => { if (String(data) === 'bad') throw new Error('of the app'); });
  authority.revoke('subject', 'alice', 'renew');
  await until(() => client.told.includes('renew'));
  for (const message of ['one', 'bad', 'two', `token:${authority.token()}`, 'three']) client.ws.send(message);
  await until(() => received.includes('three'));
  assert.deepEqual([received, uncaught], [['one', 'bad', 'two', 'three'], ['of the app']]);
});

test('one who is held and one who does not read keep nobody else waiting', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { url, sockets } = await startServer(t, verifier, { renewal });
  const [held, unread, ...others] = await Promise.all(['alice', 'bob', 'carol', 'dave'].map((sub) => join(url, authority.token({ sub, sid: sub }))));
  unread.ws.pause();
  authority.revoke('subject', 'alice', 'renew');
  await until(() => held.told.includes('renew'));
  const news = 'x'.repeat(64 * 1024);
  for (let i = 0; i < 100; i++) for (const ws of sockets.clients) ws.send(news);
  await until(() => others.every(({ told }) => told.length === 101));
  assert.equal(held.told.length, 2);
  unread.ws.resume();
  await until(() => unread.told.length === 101);
  assert.equal(unread.closed, null);
});

test('what an app has paused stays paused when its client has renewed: messages wait, in order, until it goes on', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { url, sockets, received } = await startServer(t, verifier, { renewal });
  const client = await join(url, authority.token());
  const [ws] = sockets.clients;
  ws.on('message', (data) => { if (['m2', 'm4'].includes(String(data))) ws.pause(); });
  authority.revoke('subject', 'alice', 'renew');
  await until(() => client.told.includes('renew'));
  for (let i = 0; i < 7; i++) client.ws.send(`m${i}`);
  client.ws.send(`token:${authority.token()}`);
  client.ws.send('m7');
  await until(() => received.length === 3 && verdictOf(ws).valid);

  assert.equal(ws.isPaused, true);
  // As long as it takes for a message to go to the client and back.
  ws.send('still there');
  await until(() => client.told.includes('still there'));
  assert.deepEqual(received, ['m0', 'm1', 'm2']);
  ws.resume();
  assert.equal(received.length, 3, 'as with ws itself, nothing comes before resume has returned');
  await until(() => received.length === 5 && ws.isPaused);
  ws.resume();
  await until(() => received.length === 8);
  assert.deepEqual(received, Array.from({ length: 8 }, (_, i) => `m${i}`));
});
