// WebSockets under everything at once, by random: renewals, wrong tokens, revocations, an Authority that is away, slow clients, compression, closes
// from either end. Whatever happens, what arrives has no gap, and what goes on has lost nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { randomOf, tries } from './support/random.mjs';
import { LocalAuthority, until } from './support/verifiers.mjs';
import { join, startServer } from './support/web-sockets.mjs';

const renewal = { ask: 'renew', tokenOf: (data) => (String(data).startsWith('token:') ? String(data).slice(6) : null), margin: 1 };

/** The number that a message begins with; the rest makes it long. */
const numbers = (messages) => messages.map((message) => Number.parseInt(message, 10)).filter((number) => !Number.isNaN(number));
const upTo = (count) => Array.from({ length: count }, (_, i) => i + 1);

const ends = { over: 0, whole: 0 };

for (let seed = 1; seed <= tries(3, 100); seed++) {
  test(`seed ${seed}`, async (t) => {
    const random = randomOf(seed);
    const authority = new LocalAuthority();
    const verifier = await authority.verifier(t, { maxStaleness: 1.5, closeSpread: 0.5 });
    const server = random.chance(0.5) ? { perMessageDeflate: { threshold: 100 } } : {};
    const { url, sockets } = await startServer(t, verifier, { renewal, server });
    const people = [];
    for (let i = 0; i < 12; i++) {
      const claims = { sub: `p-${i}`, sid: `s-${i}`, jti: `t-${i}` };
      const client = await join(url, authority.token(claims));
      const person = { i, claims, client, ws: [...sockets.clients].at(-1), down: 0, up: 0, received: [] };
      person.ws.on('message', (data) => person.received.push(String(data)));
      client.ws.on('message', (data) => {
        if (String(data) !== 'renew' || random.chance(0.1)) return;
        const wrong = random.chance(0.2);
        setTimeout(() => client.ws.send(`token:${authority.token({ ...claims, ...(wrong ? { sid: 'other' } : {}) })}`), random.below(100));
      });
      people.push(person);
    }

    const long = () => ' x'.repeat(random.below(random.chance(0.1) ? 40_000 : 50));
    const events = [
      [30, ({ ws, ...person }, own) => ws.send(`${++own.down}${long()}`)],
      [30, ({ client }, own) => client.ws.send(`${++own.up}${long()}`)],
      [6, ({ ws }, own) => {
        ws.send(`${++own.down} `, { fin: false });
        ws.send(long(), { fin: true });
      }],
      [4, ({ claims }) => authority.revoke('subject', claims.sub, 'renew')],
      [2, ({ client }) => {
        client.ws.pause();
        setTimeout(() => client.ws.resume(), random.below(300));
      }],
      [0.3, ({ claims }) => authority.revoke('session', claims.sid)],
      [0.3, ({ ws }) => ws.close(1000)],
      [0.3, ({ client }) => client.ws.close(1000)],
      [0.2, () => {
        authority.isAway = true;
        setTimeout(() => { authority.isAway = false; }, random.below(2_500));
      }],
    ];
    const bag = events.flatMap(([weight, event]) => Array(weight * 10).fill(event));
    for (let i = 0; i < 1_500; i++) {
      const person = random.pick(people);
      if (person.client.closed === null && person.ws.readyState === person.ws.OPEN) random.pick(bag)(person, person);
      if (i % 5 === 0) await delay(1);
    }
    authority.isAway = false;
    const isOver = ({ client }) => client.closed !== null;
    const isWhole = ({ client, received, down, up }) => numbers(client.told).length === down && numbers(received).length === up;
    await until(() => people.every((person) => isOver(person) || isWhole(person)), `${seed}: all is delivered, or over`);

    for (const { client, received, i } of people) {
      const [told, taken] = [numbers(client.told), numbers(received)];
      assert.deepEqual([told, taken], [upTo(told.length), upTo(taken.length)], `no gap for ${i}, ${client.closed}`);
      const [code] = client.closed ?? [0];
      assert.ok([0, 1000, 4401, 4419, 1013].includes(code), `${i}: ${client.closed}`);
    }
    for (const person of people) ends[isOver(person) ? 'over' : 'whole']++;
  });
}

test('some of them ended, and some went on', () => assert.ok(ends.over > 0 && ends.whole > 0, JSON.stringify(ends)));
