// What a verifier keeps while people log in, connect, and are revoked: what is live, and no trace of the rest.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readAnswer } from '../dist/lib/feeding/wire.js';
import { RevocationSet } from '../dist/lib/replication/revocation-set.js';
import { ManualClock } from './support/clock.mjs';
import { LocalAuthority, second, until } from './support/verifiers.mjs';
import { join, startServer } from './support/web-sockets.mjs';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** How many of these objects are still there once everything was collected that nobody holds. */
async function alive(references) {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => { setTimeout(resolve, 20); });
    collect();
  }
  return references.filter((reference) => reference.deref() !== undefined).length;
}

test('tokens that nobody sends any more are forgotten after a minute, one that is sent is not', async (t) => {
  const authority = new LocalAuthority();
  const clock = new ManualClock(second());
  const verifier = await authority.verifier(t, { maxStaleness: 60 }, { clock });
  const checked = (token) => new WeakRef(verifier.check(token).claims);
  const live = authority.token({ jti: 'live', sid: 'live' });
  const kept = checked(live);
  const gone = Array.from({ length: 200 }, (_, i) => checked(authority.token({ jti: `t-${i}`, sid: `s-${i}` })));

  assert.equal(await alive([kept, ...gone]), 201);
  for (let i = 0; i < 4; i++) {
    clock.pass(15_000);
    authority.revoke('session', `s-${i}`);
    await until(() => verifier.health.position === authority.log.head.position);
    assert.equal(verifier.check(live).valid, true);
  }
  verifier.check(live);
  assert.equal(await alive(gone), 0);
  assert.equal(await alive([kept]), 1);
});

test('a revocation that is remembered does not keep the answer that brought it', async () => {
  const set = new RevocationSet();
  const answer = (i) => Buffer.from(JSON.stringify({
    epoch: 'e-1', after: 0, head: 1, nonce: 'n', now: 1, held_ms: 0, age_ms: 0, pace_ms: 0, chain: 'A'.repeat(43), more: false,
    entries: [{
      kind: 'state', position: 1 + i, at: 1, issuer: `https://issuer-${i}.example`, match: 'tag', name: `a tag of many letters ${i}`,
      value: `and its value ${i}`, end: { by: 1 + i, before: 1 }, remember_until: 9_000_000_000,
    }],
    added_later: 'x'.repeat(200_000),
  }));
  const held = async () => (await alive([]), process.memoryUsage().heapUsed);
  const before = await held();
  for (let i = 0; i < 100; i++) for (const { issuer, match, state } of readAnswer(answer(i)).entries) set.apply(issuer, match, state);
  const grown = await held() - before;
  assert.equal(set.count, 100);
  assert.ok(grown < 2_000_000, `${grown} bytes for a hundred short entries`);
});

test('a connection that was closed leaves nothing behind', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t, { cacheSize: 0 });
  const { url, sockets } = await startServer(t, verifier);
  const references = [];
  sockets.on('connection', (ws) => references.push(new WeakRef(ws)));
  for (let i = 0; i < 20; i++) {
    const client = await join(url, authority.token({ jti: `t-${i}`, sid: `s-${i}` }));
    if (i % 2 === 0) authority.revoke('session', `s-${i}`);
    else client.ws.close();
    await until(() => client.closed !== null);
  }
  await until(() => sockets.clients.size === 0);
  await until(() => authority.connections?.live === 0 || (authority.revoke('session', 'nobody'), false));
  // One may still be what the garbage collector finds on the stack.
  await until(async () => await alive(references) <= 1);
});
