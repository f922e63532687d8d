// WebSockets of the package ws, over real connections.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { verdictOf } from '@rescind/node/ws';
import { ManualClock } from './support/clock.mjs';
import { LocalAuthority, ownRecord, second, until } from './support/verifiers.mjs';
import { ended, join, startServer } from './support/web-sockets.mjs';

test('a handshake without a valid token is answered as a request is', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { url, sockets } = await startServer(t, verifier);
  const revoked = authority.token({ jti: 't-2' });
  authority.revoke('token', 't-2');
  await until(() => !verifier.check(revoked).valid);
  for (const [token, challenge] of [[null, 'Bearer'], ['x', /invalid_token/], [revoked, /invalid_token/]]) {
    const { answer } = await join(url, token, 'refused');
    assert.equal(answer.statusCode, 401);
    assert.match(answer.headers['www-authenticate'], new RegExp(challenge));
  }
  const token = authority.token();
  authority.leave();
  await until(() => verifier.check(token).kind === 'unknown');
  const { answer } = await join(url, token, 'refused');
  assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '1']);
  assert.equal(sockets.clients.size, 0);
});

test('what is revoked is closed, and nothing else', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { url, sockets } = await startServer(t, verifier);
  const [alice, bob] = [await join(url, authority.token({ sub: 'alice', sid: 'a' })), await join(url, authority.token({ sub: 'bob', sid: 'b' }))];
  assert.deepEqual(alice.told, ['welcome']);

  for (const [match, value, effect, expected] of [
    ['session', 'a', 'end', [4401, 'revoked']], ['subject', 'carol', 'renew', [4419, 'renew']],
    ['tag', ['tenant', 'acme'], 'reauthenticate', [4401, 'insufficient_user_authentication']], ['client', 'app', 'block', [4401, 'revoked']],
  ]) {
    const client = match === 'session' ? alice
      : await join(url, authority.token({ sub: 'carol', sid: 'c', tenant: 'acme', client_id: 'app', lpos: authority.log.head.position }));
    authority.revoke(match, value, effect, effect === 'block' ? second() + 100 : second());
    assert.deepEqual(await ended(client), expected);
    if (match === 'tag') authority.revoke('tag', ['tenant', 'acme'], 'reauthenticate', 0);
  }
  for (const ws of sockets.clients) ws.send('still here');
  await until(() => bob.told.includes('still here'));
  assert.equal(bob.closed, null);
  await until(() => authority.connections?.closed === 4);
  assert.equal(authority.connections.live, 1);
});

test('from the moment of the revocation nothing is delivered, in either direction', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { url, sockets, received } = await startServer(t, verifier);
  const client = await join(url, authority.token({ jti: 't-9' }));
  const [ws] = sockets.clients;
  client.ws.send('before');
  await until(() => received.length === 1);
  assert.equal(verdictOf(ws).valid, true);

  client.ws.pause();
  authority.revoke('token', 't-9');
  await until(() => verdictOf(ws).kind === 'revoked');
  const failure = await new Promise((resolve) => { ws.send('after', resolve); });
  assert.equal(failure.code, 'RSC7004');
  ws.emit('message', Buffer.from('after'), false);
  client.ws.resume();
  await ended(client);
  assert.deepEqual([client.told, received], [['welcome'], ['before']]);
});

test('an expired token closes its connection', async (t) => {
  const authority = new LocalAuthority();
  const clock = new ManualClock(second());
  const verifier = await authority.verifier(t, {}, { clock });
  const { url } = await startServer(t, verifier);
  const client = await join(url, authority.token());
  assert.deepEqual(client.told, ['welcome']);
  clock.step(400_000);
  assert.deepEqual(await ended(client), [4419, 'expired']);
});

test('a quiet connection is closed when its login ends, or is older than was demanded', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { limits } = ownRecord;
  const ending = await startServer(t, verifier);
  const demanding = await startServer(t, verifier, { maxAge: 60 });
  const overdue = await join(ending.url, authority.token({ auth_time: second() - limits.max_session_lifetime - limits.leeway + 8 }));
  const aged = await join(demanding.url, authority.token({ auth_time: second() - 52 }));
  assert.deepEqual([overdue.told, aged.told], [['welcome'], ['welcome']]);
  assert.deepEqual(await ended(overdue), [4401, 'invalid']);
  assert.deepEqual(await ended(aged), [4401, 'insufficient_user_authentication']);
});

test('revoked during the handshake it is closed, and the app never sees it (T-52)', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const token = authority.token();
  // The revocation arrives after the check of the handshake and before the connection is registered.
  const between = async () => {
    authority.revoke('token', 't-1');
    await until(() => !verifier.check(token).valid);
  };
  const { url, sockets } = await startServer(t, verifier, { between });
  let seen = 0;
  sockets.on('connection', () => { seen++; });
  const client = await join(url, token);
  assert.deepEqual(await ended(client), [4401, 'revoked']);
  assert.equal(seen, 0);
});

test('a client renews its token in place, without reconnecting', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const tokenOf = (data) => {
    if (String(data) === 'hostile') throw new SyntaxError('as JSON.parse would');
    return String(data).startsWith('token:') ? String(data).slice(6) : null;
  };
  const renewal = { ask: 'renew', tokenOf };
  const { url, sockets, received } = await startServer(t, verifier, { renewal: { ...renewal, margin: 60 } });
  const impatient = await startServer(t, verifier, { renewal: { ...renewal, margin: 0.5 } });
  const [good, bad, silent] = [await join(url, authority.token()), await join(url, authority.token()), await join(impatient.url, authority.token())];

  authority.revoke('subject', 'alice', 'renew');
  await until(() => [good, bad, silent].every(({ told }) => told.includes('renew')));
  for (const ws of [...sockets.clients, ...impatient.sockets.clients]) ws.send('meanwhile');
  good.ws.send('meanwhile');
  good.ws.send(`token:${authority.token()}`);
  bad.ws.send(`token:${authority.token({ sub: 'mallory' })}`);
  good.ws.send('hostile');
  await until(() => received.length > 1);
  assert.deepEqual(await ended(bad), [4401, 'invalid'], 'another person does not take over a connection');
  assert.deepEqual(await ended(silent), [4419, 'renew']);
  assert.deepEqual([good.closed, good.told, received], [null, ['welcome', 'renew', 'meanwhile'], ['meanwhile', 'hostile']]);
  assert.deepEqual([bad.told, silent.told], [['welcome', 'renew'], ['welcome', 'renew']]);
});

test('a client that does not answer the close is cut off (WS-9)', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { url } = await startServer(t, verifier, { cutsOff: true });
  const socket = connect(new URL(url).port, '127.0.0.1');
  socket.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n`
    + `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nAuthorization: Bearer ${authority.token()}\r\n\r\n`);
  await once(socket, 'data');
  authority.revoke('session', 's-1');
  // The package itself would wait for 30 s.
  await until(() => socket.closed);
});

test('the token may be elsewhere, since browsers set no headers on a WebSocket', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const getToken = (request) => new URL(request.url.slice(1), 'ws://host').searchParams.get('access_token');
  const { url } = await startServer(t, verifier, { getToken });
  assert.deepEqual((await join(`${url}/?access_token=${authority.token()}`, null)).told, ['welcome']);
  assert.equal((await join(url, authority.token(), 'refused')).answer.statusCode, 401);
  assert.equal((await join(`${url}/http://[`, null, 'refused')).answer.statusCode, 401, 'what getToken throws on a hostile URL ends nothing');
});
