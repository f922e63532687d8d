import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpTransportType, HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import { startChat } from './api.mjs';
import { callApi, startAuthority, startSession } from './authority.mjs';

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
