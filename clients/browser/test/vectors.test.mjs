// The vectors of answers: what C# makes of them, a page makes of them too.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bearerError } from '../dist/lib/challenge.js';
import { afterClose } from '../dist/lib/closing.js';
import { createEndpoint } from '../dist/lib/endpoint.js';

const { refreshes, challenges, closes } = JSON.parse(readFileSync(new URL('../../../vectors/answers.json', import.meta.url), 'utf8'));

test('answers to a refresh', async (t) => {
  const settings = { authority: 'https://auth.shop.example', isCookie: false, clientId: 'web' };
  for (const { name, status, headers, body, outcome } of refreshes) {
    await t.test(name, async () => {
      const endpoint = createEndpoint(settings, async () => new Response(body, { status, headers }), () => 1_000);
      const reply = await endpoint.refresh('rt_present', new AbortController().signal);
      assert.deepEqual(meaningOf(reply), outcome.refresh_token === null ? { ...outcome, refresh_token: 'rt_present' } : outcome);
    });
  }
});

test('challenges', async (t) => {
  for (const { name, header, invalid_token } of challenges) {
    await t.test(name, () => {
      const answer = new Response(null, { status: 401, headers: { 'www-authenticate': header } });
      assert.equal(bearerError(answer) === 'invalid_token', invalid_token);
    });
  }
});

test('closes', async (t) => {
  for (const { code, reason, then } of closes) {
    await t.test(`${code} ${reason}`, () => assert.equal(afterClose(code, reason), then));
  }
});

function meaningOf(reply) {
  switch (reply.kind) {
    case 'tokens': {
      const { accessToken, askedAt, expiresAt } = reply.token;
      return { kind: 'tokens', access_token: accessToken, refresh_token: reply.refreshToken, expires_in: (expiresAt - askedAt) / 1000 };
    }
    case 'refused': return { kind: 'ended', ...reply.end };
    default: return { kind: 'kept', wait: (reply.after ?? 0) / 1000 };
  }
}
