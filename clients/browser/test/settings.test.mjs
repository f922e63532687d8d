import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionError } from '../dist/index.js';
import { readSettings } from '../dist/lib/settings.js';

const page = 'https://app.example/shop?x=1#y';

for (const [code, options] of Object.entries({
  'RSC5001 nothing': { authority: '', mode: 'bearer' },
  'RSC5001 a path in bearer mode': { authority: '/auth', mode: 'bearer' },
  'RSC5001 plain http': { authority: 'http://auth.example', mode: 'bearer' },
  'RSC5001 a host that looks like this machine': { authority: 'http://localhost.evil.example', mode: 'bearer' },
  'RSC5001 a query': { authority: 'https://auth.example?x', mode: 'bearer' },
  'RSC5001 a user': { authority: 'https://a@auth.example', mode: 'bearer' },
  'RSC5001 another origin in cookie mode': { authority: 'https://auth.example' },
  'RSC5001 a page on plain http': [{ authority: '/auth' }, 'http://app.example/'],
  'RSC5002 no client': { authority: '/auth', clientId: '' },
  'RSC5003 no origin': { authority: '/auth', origins: [] },
  'RSC5003 an origin with a path': { authority: '/auth', origins: ['https://api.example/'] },
  'RSC5003 an origin on plain http': { authority: '/auth', origins: ['http://api.example'] },
  'RSC5003 no URL': { authority: '/auth', origins: ['*'] },
  'RSC5004 too early': { authority: '/auth', refreshAt: 0.05 },
  'RSC5004 no number': { authority: '/auth', refreshLimit: Number.NaN },
  'RSC5004 no time at all': { authority: '/auth', requestTimeout: 0 },
  'RSC5004 for ever': { authority: '/auth', unavailableLimit: Infinity },
})) {
  test(`refused: ${code}`, () => {
    const [given, at] = Array.isArray(options) ? options : [options, page];

    assert.throws(() => readSettings(given, at), (failure) => failure instanceof SessionError && failure.code === code.slice(0, 7)
      && failure.message.includes(`docs/errors/${failure.code}.md`));
  });
}

test('the defaults are cookie mode, for the page itself', () => {
  assert.deepEqual(readSettings({ authority: '/auth/' }, page), {
    authority: 'https://app.example/auth', isCookie: true, clientId: 'web', origins: ['https://app.example'], refreshAt: 0.8,
    requestTimeout: 10_000, refreshLimit: 30_000, unavailableLimit: 30_000, clearsSite: true,
  });
});

test('this machine needs no TLS', () => {
  for (const authority of ['http://localhost:7070', 'http://127.0.0.1:7070', 'http://[::1]:7070']) {
    assert.equal(readSettings({ authority, mode: 'bearer' }, page).authority, authority);
  }
});
