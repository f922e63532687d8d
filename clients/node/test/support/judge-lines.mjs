// Reads the lines of vectors/hostile.mjs and writes a line for each token: what it says and the verdict, or {} if it is not read.
import { createInterface } from 'node:readline';
import { readJws } from '../../dist/lib/tokens/compact-jws.js';
import { takeFacts } from '../../dist/lib/tokens/facts.js';
import { judge } from '../../dist/lib/verdicts/judge.js';
import { ManualClock } from './clock.mjs';
import { replicaOf } from './replicas.mjs';
import { issuerEntry, readEntry, readRecord } from './vectors.mjs';

const freshnessMs = 5000;

function worldsOf({ now, records, entries }) {
  const clock = new ManualClock(now);
  const worldOf = (json) => ({ clock, record: readRecord(json), replica: replicaOf(clock, [issuerEntry(json), ...entries.map(readEntry)]) });
  return Object.fromEntries(Object.entries(records).map(([name, json]) => [name, worldOf(json)]));
}

function say({ clock, record, replica }, { token, thumbprint }) {
  const jws = readJws(token);
  const facts = typeof jws === 'string' ? jws : takeFacts(jws, record, thumbprint);
  if (typeof facts === 'string') return {};
  const { kind, by, after, until } = judge(replica, facts, freshnessMs, clock);
  return {
    verdict: kind,
    by: by ?? 0,
    instant: after ?? until ?? 0,
    facts: [
      facts.issuer, facts.tokenId, facts.sessionId, facts.subject, facts.clientId, facts.keyId, facts.expiresAt, facts.issuedAt, facts.authTime,
      facts.logPosition, facts.match.kind, facts.match.value,
    ],
  };
}

let worlds;
for await (const line of createInterface({ input: process.stdin })) {
  const json = JSON.parse(line);
  if (worlds === undefined) worlds = worldsOf(json);
  else process.stdout.write(`${JSON.stringify(say(worlds[json.record], json))}\n`);
}
