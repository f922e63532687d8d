// node --expose-gc bench/node/live.mjs: for each of a hundred people in turn one word to all of his plain connections (from the call to the last
// arrival), and a revocation (from its acknowledgement to the last of his watched ones closed). Authority, API and clients are a process each.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { callApi, startAuthority, startSession } from '../../tests/interop/authority.mjs';
import { kinds } from './live-clients.mjs';

const rounds = 5;
const people = 100;
const each = 10;

/** Milliseconds from a moment to the last arrival; what came before the moment counts as none. */
async function until(clients, from) {
  return Math.max(0, Math.max(...await Promise.all(clients.map(({ heard }) => heard))) - from);
}

async function measure(authority, feed, round, kind, { fanOut, closed }) {
  const serving = fork(fileURLToPath(new URL('live-server.mjs', import.meta.url)), [kind, authority.issuer, feed.client_id, feed.client_secret]);
  const [{ port }] = await once(serving, 'message');
  const crowd = [];
  for (let i = 0; i < people; i++) {
    const subject = `${kind}-${round}-${i}`;
    const { access_token: token } = await startSession(authority, subject);
    const openAll = (way) => Promise.all(Array.from({ length: each }, () => kinds[kind](port, way, subject, token)));
    crowd.push({ subject, watched: await openAll('watched'), plain: await openAll('plain') });
  }

  globalThis.gc();
  serving.send('collect');
  await once(serving, 'message');
  for (const [i, { subject, watched, plain }] of crowd.entries()) {
    // A follower is paced after entries: what is measured is one revocation, not the wait of the next for its turn.
    await delay(100);
    const called = performance.now();
    const [shouted] = await Promise.all([until(plain, called), fetch(`http://127.0.0.1:${port}/shout/${subject}`, { method: 'POST' })]);
    fanOut.push(shouted);
    await callApi(authority, '/v1/revocations', { match: { subject }, reason: 'measured' });
    closed.push(await until(watched, performance.now()));
    if (crowd.slice(i + 1).some((other) => other.watched.some(({ isOver }) => isOver))) throw new Error('Somebody else was closed, too.');
  }
  for (const { plain } of crowd) for (const { close } of plain) close();
  serving.kill();
  await once(serving, 'exit');
}

// The nearest rank.
const rank = (numbers, share) => numbers.toSorted((a, b) => a - b)[Math.ceil(numbers.length * share) - 1];
const words = (numbers) => [0.5, 0.99, 1].map((share) => rank(numbers, share).toFixed(1)).join(' / ');

const ends = [];
try {
  const authority = await startAuthority({ after: (end) => ends.push(end) });
  const feed = await callApi(authority, '/v1/clients', { client_id: 'bench', kind: 'confidential', scopes: ['feed'] });
  const found = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, { fanOut: [], closed: [] }]));
  for (let round = 1; round <= rounds; round++) for (const kind in kinds) await measure(authority, feed, round, kind, found[kind]);
  console.log('| | fan-out p50 / p99 / max, ms | closed p50 / p99 / max, ms | ratio of p99 |\n|---|---|---|---|');
  for (const [kind, { fanOut, closed }] of Object.entries(found)) {
    console.log(`| ${kind} | ${words(fanOut)} | ${words(closed)} | ${(rank(closed, 0.99) / rank(fanOut, 0.99)).toFixed(2)} |`);
  }
} finally {
  for (const end of ends) await end();
}
