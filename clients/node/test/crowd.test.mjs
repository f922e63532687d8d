// A thousand live connections of a hundred people, over real sockets: who is revoked is closed, on every one of them, and nobody else is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as socketIo from './support/socket-io.mjs';
import { LocalAuthority, until } from './support/verifiers.mjs';
import * as webSockets from './support/web-sockets.mjs';

const people = Array.from({ length: 100 }, (_, i) => `p-${i}`);
const each = 10;

/** Lets everybody in, ten each, and returns who came by person. */
async function gather(authority, joinOne) {
  const crowd = new Map();
  for (const person of people) {
    const tokens = Array.from({ length: each }, (_, i) => authority.token({ sub: person, sid: `${person}-${i}`, jti: `${person}-${i}` }));
    crowd.set(person, await Promise.all(tokens.map(async (token) => ({ token, ...(await joinOne(token)) }))));
  }
  return crowd;
}

test('ws: revoking a person closes exactly theirs, and then another', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { url, sockets } = await webSockets.startServer(t, verifier);
  const crowd = await gather(authority, async (token) => ({ client: await webSockets.join(url, token) }));
  assert.equal(sockets.clients.size, people.length * each);

  for (const [person, effect, expected] of [['p-41', 'end', [4401, 'revoked']], ['p-7', 'renew', [4419, 'renew']]]) {
    authority.revoke('subject', person, effect);
    const theirs = crowd.get(person);
    crowd.delete(person);
    const others = [...crowd.values()].flat();
    for (const { client } of theirs) assert.deepEqual(await webSockets.ended(client), expected);
    for (const { token } of theirs) assert.equal((await webSockets.join(url, token, 'refused')).answer.statusCode, 401);
    for (const ws of sockets.clients) ws.send(`without ${person}`);
    await until(() => others.every(({ client }) => client.told.includes(`without ${person}`)));
    assert.equal(others.filter(({ client }) => client.closed !== null).length, 0);
    assert.equal(sockets.clients.size, others.length);
  }
});

test('Socket.IO: revoking a person closes exactly theirs, who stay away, and then another', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const { io, served, url } = await socketIo.startServer(t, verifier);
  const crowd = await gather(authority, async (token) => {
    const client = socketIo.join(t, url, token);
    await until(() => client.events.length > 0);
    return { client };
  });
  assert.equal(served.length, people.length * each);

  const news = [];
  for (const [person, effect, closing] of [['p-41', 'end', '4401 revoked'], ['p-7', 'renew', '4419 renew']]) {
    authority.revoke('subject', person, effect);
    const theirs = crowd.get(person);
    crowd.delete(person);
    const others = [...crowd.values()].flat();
    const end = ['connect', ...news, `closing: ${closing}`, 'disconnect: io server disconnect'];
    await until(() => theirs.every(({ client }) => client.events.length >= end.length));
    io.to('news').emit('news', `without ${person}`);
    news.push(`news: without ${person}`);
    await until(() => others.every(({ client }) => client.events.at(-1) === news.at(-1)));
    for (const { client } of theirs) assert.deepEqual([client.events, client.socket.active], [end, false]);
    for (const { client } of others) assert.deepEqual(client.events, ['connect', ...news]);
    assert.equal(served.length, people.length * each, 'nobody came a second time');
  }
});
