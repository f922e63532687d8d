// The fetch wrapper against a real HTTP server.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { SessionError } from '../dist/index.js';
import { createFetch } from '../dist/lib/call.js';
import { readSettings } from '../dist/lib/settings.js';

const invalid = 'Bearer realm="x", error="invalid_token", error_description="The access token is not valid"';
let api;
let url;
let requests;
let answers;
let tokens;
let call;

before(async () => {
  api = createServer(async (request, response) => {
    const body = [];
    for await (const chunk of request) body.push(chunk);
    requests.push({ method: request.method, token: request.headers.authorization, body: `${Buffer.concat(body)}` });
    const [status, headers] = answers.shift() ?? [200, {}];
    response.writeHead(status, headers).end('body');
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
  url = `http://127.0.0.1:${api.address().port}`;
});

after(() => api.close());

beforeEach(() => {
  [requests, answers, tokens] = [[], [], ['one', 'two', 'three']];
  const core = {
    take: async () => {
      if (tokens[0] instanceof Error) throw tokens[0];
      return { accessToken: tokens[0] };
    },
    state: {
      reject: (accessToken) => {
        if (tokens[0] === accessToken) tokens.shift();
      },
    },
  };
  const settings = readSettings({ authority: 'https://auth.example', mode: 'bearer', origins: [url], unavailableLimit: 5_000 }, `${url}/`);
  call = createFetch(core, settings);
});

const sent = () => requests.map(({ token }) => token);

test('the token goes to the origins that are listed', async () => {
  assert.equal((await call(url)).status, 200);

  assert.deepEqual(sent(), ['Bearer one']);
});

test('the token goes nowhere else', async () => {
  await call(url.replace('127.0.0.1', 'localhost'), { headers: { authorization: 'Basic mine' } }).catch(() => null);
  await call(new URL(url.replace('127.0.0.1', '127.0.0.2'))).catch(() => null);

  assert.ok(!sent().includes('Bearer one'));
});

test('invalid_token is answered by one repeat with another token and the same body', async () => {
  answers = [[401, { 'www-authenticate': invalid }]];

  const answer = await call(url, { method: 'POST', body: 'order' });

  assert.equal(answer.status, 200);
  assert.deepEqual(requests, [
    { method: 'POST', token: 'Bearer one', body: 'order' }, { method: 'POST', token: 'Bearer two', body: 'order' },
  ]);
});

test('a second invalid_token is handed on: there is no loop', async () => {
  answers = [[401, { 'www-authenticate': invalid }], [401, { 'www-authenticate': invalid }]];

  assert.equal((await call(url)).status, 401);
  assert.deepEqual(sent(), ['Bearer one', 'Bearer two']);
});

for (const challenge of [
  'Bearer realm="x"', 'Bearer error="insufficient_user_authentication", max_age="300"', 'Basic realm="invalid_token"',
  'Bearer realm="error=invalid_token"', 'Digest error="invalid_token"', 'Bearer error_description="invalid_token", xerror="invalid_token"',
  'Bearer realm="a \\" , error=\\"invalid_token\\""',
]) {
  test(`401 with ${challenge} is handed on`, async () => {
    answers = [[401, { 'www-authenticate': challenge }]];

    assert.equal((await call(url)).status, 401);
    assert.deepEqual(sent(), ['Bearer one']);
  });
}

for (const challenge of [
  undefined, 'bearer Error=invalid_token', 'Basic realm="a", Bearer error="invalid_token"', 'Bearer error = "invalid_token"',
]) {
  test(`401 with ${challenge ?? 'a challenge that cannot be read'} is repeated`, async () => {
    answers = [[401, challenge ? { 'www-authenticate': challenge } : {}]];

    assert.equal((await call(url)).status, 200);
  });
}

test('a call learns that the session has ended', async () => {
  answers = [[401, { 'www-authenticate': invalid }]];
  tokens[1] = new SessionError('RSC5102', { end: { reason: 'ended', explanation: 'rv_1' } });

  await assert.rejects(call(url), { code: 'RSC5102' });
});

test('what the API said stands while nothing is known of the session', async () => {
  answers = [[401, { 'www-authenticate': invalid }]];
  tokens[1] = new SessionError('RSC5103');

  assert.equal((await call(url)).status, 401);
});

test('an API that cannot decide is asked again when it says', async () => {
  answers = [[503, { 'retry-after': '1' }]];
  const began = Date.now();

  assert.equal((await call(url)).status, 200);
  assert.ok(Date.now() - began >= 1_000);
});

test('a POST is not sent twice on its own, and an answer that asks for too much time is handed on', async () => {
  answers = [[503, { 'retry-after': '1' }], [503, { 'retry-after': '60' }], [503, {}]];

  assert.equal((await call(url, { method: 'POST', body: 'x' })).status, 503);
  assert.equal((await call(url)).status, 503);
  assert.equal((await call(url)).status, 503);
  assert.equal(requests.length, 3);
});

test('a call that is given up stops waiting', async () => {
  answers = [[503, { 'retry-after': '3' }]];
  const giveUp = new AbortController();
  const calling = call(url, { signal: giveUp.signal });
  setTimeout(() => giveUp.abort(), 200);

  await assert.rejects(calling, { name: 'AbortError' });
  assert.equal(requests.length, 1);
});
