import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from './app.mjs';
import { logIn, openTab, startBrowser, stateOf } from './browser.mjs';
import { startProxy } from './proxy.mjs';
import { accept, startVerifier } from './verifier.mjs';

test('a socket', async (t) => {
  const app = await startApp(t);
  const browser = await startBrowser(t);

  const begin = async (inner, options = {}) => {
    const [proxy, verifier] = [await startProxy(inner, app.url), await startVerifier(inner)];
    const context = await browser.newContext();
    inner.after(() => context.close());
    const settings = { authority: `${proxy.url}/auth`, origins: [proxy.url, verifier.url] };
    const tab = await openTab(context, proxy.url, settings);
    await logIn(tab);
    const open = () => tab.evaluate(async ([url, given]) => {
      const { openSocket } = await import('@rescind/browser/socket');
      Object.assign(globalThis, { received: [], states: [], dropped: [] });
      globalThis.socket = openSocket(session, `${url}/ticker`, {
        ...given,
        onMessage: (data) => received.push(data),
        onDropped: (count) => dropped.push(count),
        onChange: (state, end) => states.push([state, end?.code ?? null, end?.reason ?? null]),
      });
    }, [verifier.url, options.tickets ? { tickets: `${verifier.url}/tickets` } : {}]);
    const isIn = (state) => tab.waitForFunction((wanted) => socket.state === wanted, state, { timeout: 20_000 });
    return { proxy, verifier, context, tab, settings, open, isIn };
  };

  await t.test('says its token first, and hands on what is the app\'s alone', async (inner) => {
    const { verifier, tab, open, isIn } = await begin(inner);
    verifier.greet = (connection) => {
      connection.socket.send('too early');
      accept(connection);
      connection.socket.send('tick');
      connection.socket.send(Buffer.from([1, 2]));
    };
    await open();
    await isIn('open');

    await tab.waitForFunction(() => received.length === 2);
    const shown = await tab.evaluate(() => received.map((data) => (typeof data === 'string' ? data : [...new Uint8Array(data)])));
    assert.deepEqual(shown, ['tick', [1, 2]]);
    assert.equal(await tab.evaluate(() => socket.send('hello')), true);
    await until(() => verifier.connections[0].messages.length > 0);
    assert.deepEqual(verifier.connections[0].messages, ['hello']);
    assert.deepEqual(verifier.connections[0].tokens, [await tab.evaluate(() => session.accessToken())]);
  });

  await t.test('with a ticket has no token in its URL', async (inner) => {
    const { verifier, tab, open, isIn } = await begin(inner, { tickets: true });
    await open();
    await isIn('open');

    assert.equal(verifier.connections[0].ticket, 'ticket-1');
    assert.deepEqual(verifier.tickets, [`Bearer ${await tab.evaluate(() => session.accessToken())}`]);
    assert.deepEqual(verifier.connections[0].tokens, []);
  });

  await t.test('renews in place; what is sent meanwhile comes after it, and what was not taken is told', async (inner) => {
    const { verifier, tab, open, isIn } = await begin(inner);
    verifier.renew = () => {};
    await open();
    await isIn('open');
    const [connection] = verifier.connections;

    connection.socket.send('rescind:renew 30');
    await until(() => connection.tokens.length === 2);
    assert.equal(await tab.evaluate(() => socket.send('meanwhile')), true);
    await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
    assert.deepEqual(connection.messages, []);
    connection.socket.send('rescind:renewed 2');

    await until(() => connection.messages.length > 0);
    assert.notEqual(connection.tokens[1], connection.tokens[0]);
    assert.deepEqual(await tab.evaluate(() => [states, dropped]), [[['open', null, null]], [2]]);
    assert.equal(verifier.connections.length, 1);
  });

  await t.test('offers one more token when one is refused, and goes on with the old one', async (inner) => {
    const { verifier, tab, open, isIn } = await begin(inner);
    verifier.renew = ({ socket }) => socket.send('rescind:refused');
    await open();
    await isIn('open');
    const [connection] = verifier.connections;

    connection.socket.send('rescind:renew 30');
    await until(() => connection.tokens.length === 3);
    await tab.evaluate(() => socket.send('still here'));

    await until(() => connection.messages.length > 0);
    assert.equal(new Set(connection.tokens).size, 3);
    assert.equal(await tab.evaluate(() => socket.state), 'open');
  });

  await t.test('that expired comes back with another token', async (inner) => {
    const { verifier, open, isIn } = await begin(inner);
    await open();
    await isIn('open');

    verifier.connections[0].socket.close(4419, 'token_expired');

    await until(() => verifier.connections[1]?.tokens.length > 0);
    assert.notEqual(verifier.connections[1].tokens[0], verifier.connections[0].tokens[0]);
    await isIn('open');
  });

  await t.test('whose token was revoked, but not its session, comes back once', async (inner) => {
    const { verifier, tab, open, isIn } = await begin(inner);
    verifier.greet = (connection) => (verifier.connections.length === 1 ? accept(connection) : connection.socket.close(4401, 'invalid_token'));
    await open();
    await isIn('open');

    verifier.connections[0].socket.close(4401, 'session_revoked');

    await isIn('closed');
    assert.equal(verifier.connections.length, 2);
    assert.deepEqual(await tab.evaluate(() => [socket.end, session.state]), [{ code: 4401, reason: 'invalid_token' }, 'live']);
  });

  await t.test('whose session was revoked is over, and so is the session', async (inner) => {
    const { verifier, tab, open, isIn } = await begin(inner);
    await open();
    await isIn('open');
    const token = await tab.evaluate(() => session.accessToken());
    const answer = await fetch(`${app.url}/auth/me/logout`, {
      method: 'POST', body: '{}', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    assert.equal(answer.status, 204);

    verifier.connections[0].socket.close(4401, 'session_revoked');

    await isIn('closed');
    assert.deepEqual(await stateOf(tab), ['ended', 'ended']);
    assert.deepEqual(await tab.evaluate(() => socket.end), { code: null, reason: 'ended' });
    assert.equal(verifier.connections.length, 1);
  });

  for (const [code, reason] of [[4403, 'not_allowed'], [4401, 'insufficient_user_authentication'], [1000, ''], [1008, '']]) {
    await t.test(`that was closed with ${code} ${reason} does not come back`, async (inner) => {
      const { verifier, tab, open, isIn } = await begin(inner);
      await open();
      await isIn('open');

      verifier.connections[0].socket.close(code, reason);

      await isIn('closed');
      assert.deepEqual(await tab.evaluate(() => [socket.end, session.state]), [{ code, reason }, 'live']);
      assert.equal(await tab.evaluate(() => socket.send('x')), false);
    });
  }

  for (const [name, close] of [
    ['1013', (socket) => socket.close(1013, 'try_again_later')], ['4408', (socket) => socket.close(4408, 'no_credentials')],
    ['a lost network', (socket) => socket.terminate()],
  ]) {
    await t.test(`comes back after ${name}, and waits first`, async (inner) => {
      const { verifier, tab, open, isIn } = await begin(inner);
      await open();
      await isIn('open');
      const began = Date.now();

      close(verifier.connections[0].socket);

      await until(() => verifier.connections[1]?.tokens.length > 0);
      assert.ok(Date.now() - began >= 250, `${Date.now() - began} ms`);
      await isIn('open');
      assert.deepEqual(await tab.evaluate(() => states.map(([state]) => state)), ['open', 'waiting', 'connecting', 'open']);
    });
  }

  await t.test('is over when somebody logs out in another tab, and delivers nothing more', async (inner) => {
    const { verifier, context, proxy, tab, settings, open, isIn } = await begin(inner);
    await open();
    await isIn('open');
    const other = await openTab(context, proxy.url, settings);
    await other.evaluate(() => session.resume());
    const stream = setInterval(() => verifier.connections[0].socket.send('tick'), 1);
    inner.after(() => clearInterval(stream));
    await tab.waitForFunction(() => received.length > 0);

    await other.evaluate(() => session.logout());

    await isIn('closed');
    const seen = await tab.evaluate(() => received.length);
    await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
    assert.equal(await tab.evaluate(() => received.length), seen);
    assert.equal(verifier.connections.length, 1);
  });

  await t.test('does not keep its page out of the back/forward cache, and comes back with it', async (inner) => {
    const { verifier, tab, open, isIn, proxy } = await begin(inner);
    await open();
    await isIn('open');
    await tab.evaluate(() => addEventListener('pageshow', (event) => { window.name = `${event.persisted}`; }));
    await tab.goto(`${proxy.url}/page/next`);

    await tab.evaluate(() => { setTimeout(() => history.back()); });
    await until(async () => await tab.evaluate(() => window.name).catch(() => '') !== '');

    assert.equal(await tab.evaluate(() => window.name), 'true');
    await until(() => verifier.connections[1]?.tokens.length > 0);
    await isIn('open');
  });

  await t.test('goes to no origin that the session does not name', async (inner) => {
    const { tab } = await begin(inner);

    assert.equal(await tab.evaluate(async () => {
      const { openSocket } = await import('@rescind/browser/socket');
      try {
        openSocket(session, 'wss://evil.example/ticker');
        return null;
      } catch (failure) {
        return failure.code;
      }
    }), 'RSC5003');
  });
});

// Generously: these tests are about whether, not how soon.
async function until(holds) {
  for (const began = Date.now(); !await holds();) {
    if (Date.now() - began > 30_000) assert.fail('It did not come to be within 30 s.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
