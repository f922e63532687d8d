// What waits in the server when the revocation arrives, because it is still being compressed or the client is slow, is not delivered.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, connect } from 'node:net';
import { test } from 'node:test';
import { Sender } from 'ws';
import { FrameGate } from '../dist/lib/watching/frame-gate.js';
import { ManualClock } from './support/clock.mjs';
import { LocalAuthority, second, until } from './support/verifiers.mjs';
import { ended, join, startServer } from './support/web-sockets.mjs';

/** Sends the same message so often, and counts what was written to the network before and after a moment. */
function sendMany(ws, message, times) {
  const sent = { before: 0, after: 0, failed: 0, isAfter: false };
  for (let i = 0; i < times; i++) {
    ws.send(message, (failure) => { sent[failure ? 'failed' : sent.isAfter ? 'after' : 'before']++; });
  }
  return sent;
}

for (const [what, server, isSlow] of [
  ['what is still being compressed', { perMessageDeflate: { threshold: 0 } }, false], ['what the client has not read', {}, true],
]) {
  test(`${what} when its token is revoked does not arrive, and the client is told why all the same`, async (t) => {
    const authority = new LocalAuthority();
    const verifier = await authority.verifier(t);
    const { url, sockets } = await startServer(t, verifier, { server });
    const token = authority.token();
    const client = await join(url, token);
    const [ws] = sockets.clients;
    if (isSlow) client.ws.pause();
    const times = 400;
    const sent = sendMany(ws, randomBytes(64 * 1024).toString('base64'), times);
    // Told after the socket, in the same instant.
    verifier.watch(token, () => { sent.isAfter = true; });
    await until(() => sent.before > 0);
    authority.revoke('token', 't-1');
    await until(() => sent.isAfter);
    client.ws.resume();
    assert.deepEqual(await ended(client), [4401, 'revoked']);
    await until(() => sent.before + sent.after + sent.failed === times);

    assert.ok(sent.failed > 0, 'something waited');
    assert.ok(sent.after <= 1, `${sent.after} were written afterwards; the network had taken the beginning of one at most`);
    assert.equal(client.told.length, 1 + sent.before + sent.after);
  });
}

test('one that waits for its turn to be closed is delivered nothing of what was still being compressed', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t, {}, { clock: new ManualClock(second()) });
  const { url, sockets } = await startServer(t, verifier, { server: { perMessageDeflate: { threshold: 0 } } });
  const token = authority.token();
  const client = await join(url, token);
  const [ws] = sockets.clients;
  // A crowd goes before it.
  const crowd = verifier.watch(authority.token({ jti: 't-2' }), () => {});
  for (let i = 0; i < 600; i++) crowd.closeDelayMs();
  const sent = sendMany(ws, randomBytes(16 * 1024).toString('base64'), 100);
  let standing = null;
  verifier.watch(token, () => {
    sent.isAfter = true;
    standing = ws.readyState;
  });
  authority.revoke('token', 't-1');
  await until(() => sent.isAfter);
  assert.equal(standing, ws.OPEN);
  assert.deepEqual(await ended(client), [4401, 'revoked']);
  assert.equal(sent.after, 0);
  assert.equal(client.told.length, 1 + sent.before);
});

/** A client, and the server's end of its connection. */
async function connection(t) {
  const accepting = createServer().listen(0, '127.0.0.1');
  await once(accepting, 'listening');
  const [client, [socket]] = [connect(accepting.address().port, '127.0.0.1'), await once(accepting, 'connection')];
  t.after(() => {
    client.destroy();
    socket.destroy();
    accepting.close();
  });
  return { client, socket };
}

test('an empty message is one, whether its payload is written or not: versions of ws differ', async (t) => {
  for (const isWritten of [true, false]) {
    const { client, socket } = await connection(t);
    const [bytes, done] = [[], []];
    client.on('data', (data) => bytes.push(...data));
    const gate = new FrameGate(socket, { messages: 2, bytes: 1024, stuckAfterMs: 1000 }, () => {});
    const send = (name) => {
      const tell = (failure) => done.push(`${name} ${failure?.code ?? 'sent'}`);
      socket.write(Buffer.from([0x81, 0]), ...(isWritten ? [] : [tell]));
      if (isWritten) socket.write('', tell);
    };
    send('before');
    await until(() => done.length === 1);
    gate.hold();
    gate.say('?');
    send('kept');
    await until(() => bytes.length === 5);
    gate.open();
    await until(() => done.length === 2);
    gate.hold();
    send('dropped');
    gate.shut();
    send('late');
    await until(() => done.length === 4);
    assert.deepEqual(done, ['before sent', 'kept sent', 'dropped RSC7004', 'late RSC7004']);
    assert.deepEqual(bytes, [0x81, 0, 0x81, 1, 0x3f, 0x81, 0]);
  }
});

test('a client that takes nothing for long is given up once too much waits for it, and one that reads is not', async (t) => {
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  for (const isReading of [true, false]) {
    const { client, socket } = await connection(t);
    let isFull = false;
    const gate = new FrameGate(socket, { messages: 2, bytes: 1024, stuckAfterMs: 100 }, () => { isFull = true; });
    const sender = new Sender(socket, {});
    if (isReading) client.resume();
    const message = Buffer.alloc(64 * 1024);
    for (let i = 0; i < 300; i++) sender.send(message, { fin: true });
    assert.equal(isFull, false, 'a burst is no trouble');
    for (let i = 0; i < 5; i++) {
      const before = gate.waitingBytes;
      if (isReading) await until(() => gate.waitingBytes < before);
      nowMs += 60;
      for (let more = 0; more < 100; more++) sender.send(message, { fin: true });
    }
    assert.equal(isFull, !isReading);
    assert.ok(gate.waitingBytes > 0);
  }
});
