// One server of node:http that lets valid tokens through; `argv[2]` says how it looks. Told `tokens` it sends them, told `cpu` its CPU time.
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createVerifier } from 'fast-jwt';
import { protect } from '../../clients/node/dist/express.js';
import { startChain } from '../../clients/node/dist/lib/log/codec.js';
import { LocalAuthority } from '../../clients/node/test/support/verifiers.mjs';

const liveEntries = 1_000_000;
const tokenCount = 256;

const authority = new LocalAuthority();
const tokens = Array.from({ length: tokenCount }, (_, i) => authority.token({ jti: `t-${i}`, role: 'buyer', tenant: 'acme', scope: 'orders.read' }));
const key = authority.issuer.pair.publicKey.export({ type: 'spki', format: 'pem' });

const looks = {
  none: async () => () => true,
  'fast-jwt': async () => byVerifier(createVerifier({ key, algorithms: ['ES256'], allowedAud: 'orders' })),
  'fast-jwt-cache': async () => byVerifier(createVerifier({ key, algorithms: ['ES256'], allowedAud: 'orders', cache: tokenCount * 4 })),
  rescind: async () => {
    const middleware = protect(await authority.verifier({ after() {} }, {}, { feed: quietFeed() }));
    return (request, response) => {
      let passed = false;
      middleware(request, response, () => { passed = true; });
      return passed;
    };
  },
};

function byVerifier(verify) {
  return (request) => verify(request.headers.authorization.slice('Bearer '.length)).sub === 'alice';
}

/** A log of a million live entries of every kind, none of which names a token here; after its snapshot it stays as it is. */
function quietFeed() {
  const kinds = ['token', 'token', 'token', 'token', 'token', 'session', 'session', 'subject', 'client', 'tag'];
  const { issuer, entries } = authority.log;
  const head = { epoch: 'e-1', head: 2 ** 51, chain: startChain('e-1'), nonce: null, now: 0, heldMs: 0, ageMs: 0, paceMs: 5 };
  return {
    async snapshot(builder) {
      builder.add({ header: head });
      for (const entry of entries) builder.add({ entry });
      for (let i = 0; i < liveEntries; i++) {
        const kind = kinds[i % kinds.length];
        const match = { kind, name: kind === 'tag' ? 'tenant' : null, value: `another-${i}` };
        const state = { end: { by: i + 1, second: 0 }, renew: null, reauthenticate: null, block: null, rememberUntil: Number.MAX_SAFE_INTEGER };
        builder.add({ entry: { kind: 'state', position: i + 1, at: 0, issuer, match, state } });
      }
      builder.add({ end: entries.length + liveEntries });
    },
    async poll({ after, nonce, waitMs }) {
      await delay(waitMs);
      return { ...head, after, nonce, heldMs: waitMs, entries: [], more: false };
    },
  };
}

const passes = await looks[process.argv[2]]();
const server = createServer((request, response) => {
  if (passes(request, response)) response.end('ok');
}).listen(0, '127.0.0.1', () => process.send({ port: server.address().port, tokens }));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpuMicroseconds: user + system });
});
