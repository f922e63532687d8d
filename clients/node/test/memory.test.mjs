// What a verifier keeps while people log in, connect, and are revoked: what is live, and no trace of the rest.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

test('tokens that nobody sends any more are forgotten after two minutes, one that is sent is not', async (t) => {
  const authority = new LocalAuthority();
  const clock = new ManualClock(second());
  const verifier = await authority.verifier(t, { maxStaleness: 60 }, { clock });
  const checked = (token) => new WeakRef(verifier.check(token).claims);
  const live = authority.token({ jti: 'live', sid: 'live' });
  const kept = checked(live);
  const gone = Array.from({ length: 200 }, (_, i) => checked(authority.token({ jti: `t-${i}`, sid: `s-${i}` })));

  assert.equal(await alive([kept, ...gone]), 201);
  for (let i = 0; i < 8; i++) {
    clock.pass(15_000);
    authority.revoke('session', `s-${i}`);
    await until(() => verifier.health.position === authority.log.head.position);
    assert.equal(verifier.check(live).valid, true);
  }
  verifier.check(live);
  assert.equal(await alive(gone), 0);
  assert.equal(await alive([kept]), 1);
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
