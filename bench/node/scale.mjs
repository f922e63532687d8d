// node --expose-gc --max-old-space-size=8192 bench/node/scale.mjs: a replica of very many entries. What an entry takes, and how late timers come
// while it is built from the lines of a snapshot, built again beside the old one, and looked through for what can be forgotten; beside nothing.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { startChain } from '../../clients/node/dist/lib/log/codec.js';
import { proofOf } from '../../clients/node/dist/lib/replication/freshness-proof.js';
import { momentOf, systemClock } from '../../clients/node/dist/lib/clock.js';
import { readSnapshotLine } from '../../clients/node/dist/lib/feeding/wire.js';
import { Replica } from '../../clients/node/dist/lib/replication/replica.js';
import { SnapshotBuilder } from '../../clients/node/dist/lib/replication/snapshot.js';

const sizes = [1_000_000, 5_000_000];
const linesOfChunk = 250;
const now = Math.floor(Date.now() / 1000);

function lineOf(i) {
  return Buffer.from(JSON.stringify({
    kind: 'state', position: now * 1e6 + i, at: now, issuer: 'https://auth.shop.example', match: 'session', name: null, value: `session-${i}`,
    end: { by: now * 1e6 + i, before: now }, renew: null, reauthenticate: null, block: null, remember_until: now + 3600,
  }));
}

async function build(replica, size) {
  const builder = new SnapshotBuilder();
  const head = { epoch: 'bench', position: now * 1e6 + size, chain: startChain('bench') };
  builder.add({ header: { ...head, head: head.position } });
  for (let i = 0; i < size; i++) {
    builder.add(readSnapshotLine(lineOf(i)));
    // As from a socket: others have their turn between two chunks.
    if (i % linesOfChunk === 0) await turn();
  }
  builder.add({ end: size });
  for (const _ of replica.load(builder, head, false)) await turn();
  replica.prove(proofOf(momentOf(systemClock), 0, 0, systemClock), now);
}

async function late(run) {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const started = performance.now();
  await run();
  const seconds = (performance.now() - started) / 1000;
  await delay(5);
  delays.disable();
  return `${seconds.toFixed(1)} | ${(delays.percentile(99.9) / 1e6).toFixed(1)} | ${(delays.max / 1e6).toFixed(1)}`;
}

console.log('| entries | what is done | s | timers late by, p99.9, ms | longest, ms |\n|---|---|---|---|---|');
for (const size of sizes) {
  gc();
  const before = process.memoryUsage().heapUsed;
  const replica = new Replica(systemClock);
  console.log(`| ${size} | nothing | ${await late(() => delay(3000))} |`);
  console.log(`| ${size} | built | ${await late(() => build(replica, size))} |`);
  gc();
  const bytes = (process.memoryUsage().heapUsed - before) / size;
  console.log(`| ${size} | looked through, nothing to forget | ${await late(() => replica.purge())} |`);
  console.log(`| ${size} | built again | ${await late(() => build(replica, size))} |`);
  gc();
  const again = (process.memoryUsage().heapUsed - before) / size;
  console.log(`| ${size} | bytes an entry | ${bytes.toFixed(0)}, after another snapshot ${again.toFixed(0)} | | |`);
}
