import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DefaultHttpClient, HttpTransportType, HubConnectionBuilder, LogLevel, NullLogger } from '@microsoft/signalr';
import { startChat } from './api.mjs';
import { callApi, refreshSession, startAuthority, startSession } from './authority.mjs';

const transports = ['WebSockets', 'ServerSentEvents', 'LongPolling'];

test('the stock SignalR client is thrown out by a revocation and does not come back', async (t) => {
  const authority = await startAuthority(t);
  const url = await startChat(t, authority);

  for (const transport of transports) {
    await t.test(transport, async () => {
      const session = await startSession(authority);
      const hub = new HubConnectionBuilder()
        .withUrl(`${url}/chat`, { transport: HttpTransportType[transport], accessTokenFactory: () => session.access_token })
        .withAutomaticReconnect([0, 50, 200]).configureLogging(LogLevel.None).build();
      let reconnects = 0;
      hub.onreconnecting(() => { reconnects++; });
      const closed = new Promise((resolve) => { hub.onclose(resolve); });
      await hub.start();
      await hub.invoke('Say', 'hello');

      await callApi(authority, '/v1/revocations', { match: { session: session.session_id }, reason: 'thrown out' });

      assert.match((await closed)?.message ?? '', /4401 session_revoked/);
      assert.equal(reconnects, 0);
    });
  }
});

test('the stock SignalR client is held while its token is out of date, and goes on when it is renewed', async (t) => {
  const authority = await startAuthority(t);
  const url = await startChat(t, authority);

  for (const transport of transports) {
    for (const answers of ['by its call', 'by its requests']) {
      // A WebSocket is one request.
      if (transport === 'WebSockets' && answers === 'by its requests') continue;
      await t.test(`${transport}, renewed ${answers}`, async () => {
        const session = await startSession(authority);
        let newest = session;
        const httpClient = answers === 'by its requests' ? new NewestToken(() => newest.access_token) : undefined;
        const hub = new HubConnectionBuilder()
          .withUrl(`${url}/chat`, { transport: HttpTransportType[transport], accessTokenFactory: () => session.access_token, httpClient })
          .withAutomaticReconnect([0, 50, 200]).configureLogging(LogLevel.None).build();
        let reconnects = 0;
        hub.onreconnecting(() => { reconnects++; });
        const asked = new Promise((resolve) => { hub.on('RenewToken', resolve); });
        let heard;
        const said = new Promise((resolve) => { heard = resolve; });
        hub.on('Said', (_, text) => { if (text === 'after') heard(); });
        await hub.start();
        await hub.invoke('Say', 'before');

        await callApi(authority, '/v1/revocations', { match: { session: session.session_id }, effect: 'renew', reason: 'other rights' });
        await asked;
        await assert.rejects(hub.invoke('Say', 'while it is held'), /4419 token_expired/);
        newest = await refreshSession(authority, session);
        if (answers === 'by its call') await hub.invoke('Renew', newest.access_token);

        await until(() => hub.invoke('Say', 'after').then(() => true, () => false));
        await said;
        assert.equal(reconnects, 0);
        await hub.stop();
      });
    }
  }
});

/** Sends the newest token with each request, as docs/guide/live-connections.md says. */
class NewestToken extends DefaultHttpClient {
  constructor(token) {
    super(NullLogger.instance);
    this.token = token;
  }

  send(request) {
    return super.send({ ...request, headers: { ...request.headers, Authorization: `Bearer ${this.token()}` } });
  }
}

async function until(condition) {
  for (const end = Date.now() + 60_000; !(await condition());) {
    assert.ok(Date.now() < end, 'it did not come to be');
    await delay(100);
  }
}
