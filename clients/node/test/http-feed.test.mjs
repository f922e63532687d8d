// The feed over HTTP against servers that answer as they should not.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startChain } from '../dist/lib/log/codec.js';
import { HttpFeed } from '../dist/lib/feeding/http-feed.js';
import { SnapshotBuilder } from '../dist/lib/replication/snapshot.js';
import { ManualClock } from './support/clock.mjs';

const never = new AbortController().signal;
const grant = { access_token: 'a.b.c', token_type: 'Bearer', expires_in: 300 };
const header = { epoch: 'e-1', head: 5, nonce: 'n', now: 1, held_ms: 0, age_ms: 0, pace_ms: 5, chain: startChain('e-1') };
const answer = { ...header, after: 5, entries: [], more: false };
const request = {
  epoch: 'e 1', after: 5, chain: 'c', waitMs: 1_500, nonce: 'n', follower: { name: 'orders', instance: 'i', boundMs: 5_000, version: '1.2.3' },
};

/** A server that answers by path, and remembers what it was asked. */
async function startServer(t, answers) {
  const asked = [];
  const server = createServer((incoming, response) => {
    const { pathname, searchParams } = new URL(incoming.url, 'http://host');
    asked.push({ path: pathname, query: Object.fromEntries(searchParams), headers: incoming.headers });
    const one = (answers[pathname] ?? (() => ({ status: 404 })))(asked.filter(({ path }) => path === pathname).length);
    if (one === null) return;
    if (typeof one === 'function') return void one(response);
    response.writeHead(one.status ?? 200, one.headers ?? {}).end(typeof one.body === 'string' ? one.body : JSON.stringify(one.body ?? {}));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const clock = new ManualClock();
  const feed = new HttpFeed(`http://127.0.0.1:${server.address().port}/`, { clientId: 'a:b', clientSecret: 's e+c' }, '1.2.3', clock);
  return { feed, asked, clock };
}

const tokenThen = (poll) => ({ '/token': () => ({ body: grant }), '/v1/feed': poll });

test('a poll is asked as the protocol says, with a token that is renewed in time', async (t) => {
  const { feed, asked, clock } = await startServer(t, tokenThen(() => ({ body: answer })));
  assert.equal((await feed.poll(request, never)).head, 5);
  const [token, poll] = asked;
  assert.equal(Buffer.from(token.headers.authorization.slice(6), 'base64').toString(), 'a%3Ab:s%20e%2Bc');
  assert.equal(poll.headers.authorization, 'Bearer a.b.c');
  assert.deepEqual(poll.query, {
    epoch: 'e 1', after: '5', wait: '1.5', nonce: 'n', verifier: 'orders', instance: 'i', bound: '5', version: '1.2.3', chain: 'c',
  });
  clock.pass(224_000);
  await feed.poll({ ...request, chain: null, leaving: true, connections: { live: 3, closed: 4 } }, never);
  const { chain, leaving, connections, closed } = asked.at(-1).query;
  assert.deepEqual([chain, leaving, connections, closed], [undefined, '1', '3', '4']);
  assert.equal(asked.filter(({ path }) => path === '/token').length, 1);
  clock.pass(1_000);
  await feed.poll(request, never);
  assert.equal(asked.filter(({ path }) => path === '/token').length, 2);
});

test('410 and 409 are said as they are', async (t) => {
  const { feed } = await startServer(t, tokenThen((count) => ({ status: count === 1 ? 410 : 409 })));
  assert.deepEqual([await feed.poll(request, never), await feed.poll(request, never)], ['gone', 'conflict']);
});

test('a token that was refused is replaced once', async (t) => {
  const { feed, asked } = await startServer(t, tokenThen((count) => (count === 1 ? { status: 401 } : { body: answer })));
  assert.equal((await feed.poll(request, never)).head, 5);
  assert.equal(asked.filter(({ path }) => path === '/token').length, 2);
});

test('an answer with a token is read with defaults, and one that lacks what it needs is a failure', async (t) => {
  const full = { ...grant, scope: 'feed', refresh_token: 'r' };
  const poll = async (body) => {
    const { feed } = await startServer(t, { '/token': () => ({ body }), '/v1/feed': () => ({ body: answer }) });
    return feed.poll({ ...request, waitMs: 0 }, never);
  };
  for (const member of Object.keys(full)) {
    const { [member]: _, ...without } = full;
    const lacking = [without, { ...full, [member]: null }];
    if (!(member in grant)) for (const body of lacking) assert.equal((await poll(body)).head, 5);
    else for (const body of [...lacking, { ...full, [member]: [7] }]) await assert.rejects(poll(body), { code: 'RSC3204' });
  }
});

test('every other answer is a failure with a code, and nothing is followed', async (t) => {
  const elsewhere = { location: 'http://127.0.0.1:1/' };
  const others = [{ token_type: 'mac' }, { access_token: 'a b' }, { expires_in: '300' }, { expires_in: 0 }];
  const badGrants = [...others.map((other) => ({ ...grant, ...other })), []];
  const cases = [
    ['RSC3202', { '/token': () => ({ status: 401 }) }],
    ['RSC3202', { '/token': () => ({ status: 400 }) }],
    ['RSC3203', { '/token': () => ({ status: 429 }) }],
    ['RSC3203', { '/token': () => ({ status: 500 }) }],
    ['RSC3203', { '/token': () => ({ status: 302, headers: elsewhere }) }],
    ...badGrants.map((body) => ['RSC3204', { '/token': () => ({ body }) }]),
    ['RSC3204', { '/token': () => ({ body: 'x'.repeat(70_000) }) }],
    ['RSC3202', tokenThen(() => ({ status: 401 }))],
    ['RSC3202', tokenThen(() => ({ status: 403 }))],
    ['RSC3204', tokenThen(() => ({ status: 302, headers: elsewhere }))],
    ['RSC3204', tokenThen(() => ({ status: 404 }))],
    ['RSC3203', tokenThen(() => ({ status: 503 }))],
    ['RSC3204', tokenThen(() => ({ body: '<html>' }))],
    ['RSC3204', tokenThen(() => ({ body: { ...answer, more: 0 } }))],
    ['RSC3203', tokenThen(() => null)],
  ];
  for (const [code, answers] of cases) {
    const { feed } = await startServer(t, answers);
    await assert.rejects(feed.poll({ ...request, waitMs: 0 }, never), (error) => {
      assert.equal(error.code, code, `${error.message}: ${Object.values(answers).at(-1)}`);
      assert.doesNotMatch(error.message, /a\.b\.c|s e\+c/);
      return true;
    });
  }
});

/** Sends a body in twelve pieces, which take three seconds together, or only the first of them. */
const trickle = (body, stopsAfter = 12) => async (response) => {
  const text = JSON.stringify(body);
  response.writeHead(200);
  for (let piece = 0; piece < stopsAfter; piece++) {
    response.write(text.slice((text.length * piece) / 12, (text.length * (piece + 1)) / 12));
    await delay(250);
  }
  if (stopsAfter === 12) response.end();
};

test('an answer that comes slowly arrives', async (t) => {
  const { feed } = await startServer(t, tokenThen(() => trickle(answer)));
  assert.equal((await feed.poll({ ...request, waitMs: 0 }, never)).head, 5);
});

test('an answer that stands still in the middle is given up sooner than it may be held', async (t) => {
  const { feed } = await startServer(t, tokenThen(() => trickle(answer, 6)));
  const sent = performance.now();
  await assert.rejects(feed.poll({ ...request, waitMs: 60_000 }, never), { code: 'RSC3203', message: /within 2 s/ });
  assert.ok(performance.now() - sent < 30_000);
});

test('an answer that does not begin is given up a little after the time for which it may be held', async (t) => {
  const { feed } = await startServer(t, tokenThen(() => null));
  const sent = performance.now();
  await assert.rejects(feed.poll({ ...request, waitMs: 1_000 }, never), { code: 'RSC3203', message: /within 3 s/ });
  assert.ok(performance.now() - sent >= 1_000);
});

test('what is said beside a refusal has no more time than an answer has to begin', async (t) => {
  const refuse = async (response) => {
    response.writeHead(503);
    while (!response.destroyed) {
      response.write(' ');
      await delay(250);
    }
  };
  const { feed } = await startServer(t, tokenThen(() => refuse));
  await assert.rejects(feed.poll({ ...request, waitMs: 0 }, never), { code: 'RSC3203' });
});

test('the verifier that is closed is told so by its own abort', async (t) => {
  const { feed } = await startServer(t, tokenThen(() => null));
  const closing = new AbortController();
  const polling = feed.poll({ ...request, waitMs: 60_000 }, closing.signal);
  closing.abort();
  await assert.rejects(polling, { name: 'AbortError' });
});

test('a snapshot is asked for with the time that the follower believes', async (t) => {
  const body = [header, { end: true, entries: 0 }].map((line) => JSON.stringify(line)).join('\n');
  const { feed, asked } = await startServer(t, { '/token': () => ({ body: grant }), '/v1/feed/snapshot': () => ({ body }) });
  await feed.snapshot(new SnapshotBuilder(1_767_225_600), never);
  assert.deepEqual(asked.at(-1).query, { now: '1767225600' });
  await feed.snapshot(new SnapshotBuilder(), never);
  assert.deepEqual(asked.at(-1).query, {});
});

test('a snapshot is read line by line, and only what came whole counts', async (t) => {
  const mark = { kind: 'mark', position: 4, at: 0, issuer: 'i' };
  const lines = (...all) => all.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  const read = async (body, status = 200) => {
    const { feed } = await startServer(t, { '/token': () => ({ body: grant }), '/v1/feed/snapshot': () => ({ status, body }) });
    const builder = new SnapshotBuilder();
    await feed.snapshot(builder, never);
    return builder.head?.position ?? null;
  };
  const end = { end: true, entries: 1 };
  assert.equal(await read(lines(header, mark, end)), 5);
  assert.equal(await read(lines(header, mark, end, '')), 5, 'with a line end at its end');
  assert.equal(await read(lines(header, mark)), null);
  await assert.rejects(read(lines(header, mark, mark, end)), { code: 'RSC3204' });
  await assert.rejects(read(lines(header, 'x'.repeat(70_000))), { code: 'RSC3204' });
  await assert.rejects(read('', 500), { code: 'RSC3203' });
  await assert.rejects(read('', 409), { code: 'RSC3209' });
});
