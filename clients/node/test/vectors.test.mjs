// The vectors: one truth, executed by C# and here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { momentOf } from '../dist/lib/clock.js';
import { readAnswer, readSnapshotLine } from '../dist/lib/feeding/wire.js';
import { encodeEntry, nextChain, startChain } from '../dist/lib/log/codec.js';
import { readIssuerRecord } from '../dist/lib/log/issuer-record.js';
import { readKeySet } from '../dist/lib/keys/issuer-keys.js';
import { OwnKeys } from '../dist/lib/keys/own-keys.js';
import { isUnderstood } from '../dist/lib/log/entry.js';
import { importKey } from '../dist/lib/keys/verification-key.js';
import { readJws } from '../dist/lib/tokens/compact-jws.js';
import { takeFacts } from '../dist/lib/tokens/facts.js';
import { readJsonObject } from '../dist/lib/tokens/json.js';
import { proofOf } from '../dist/lib/replication/freshness-proof.js';
import { SnapshotBuilder } from '../dist/lib/replication/snapshot.js';
import { judge } from '../dist/lib/verdicts/judge.js';
import { ManualClock } from './support/clock.mjs';
import { replicaOf } from './support/replicas.mjs';
import { issuerEntry, readEntry, readRecord, vectors } from './support/vectors.mjs';

/** The facts of a token, or the fault. */
function read(token, record, thumbprint = null) {
  const jws = readJws(token);
  return typeof jws === 'string' ? jws : takeFacts(jws, record, thumbprint);
}

test('tokens.json', async (t) => {
  const { records, jwk, thumbprint, cases } = vectors('tokens');
  const key = importKey(readJsonObject(Buffer.from(JSON.stringify(jwk))));
  assert.equal(key.thumbprint, thumbprint);

  for (const { name, record, token, faults, facts, verifies } of cases) {
    await t.test(name, () => {
      const found = read(token, readRecord(records[record]));
      if (faults.length > 0) {
        assert.ok(faults.includes(found), `${JSON.stringify(found)} is not one of ${faults}`);
        return;
      }
      assert.deepEqual({
        issuer: found.issuer, token_id: found.tokenId, session_id: found.sessionId, subject: found.subject, client_id: found.clientId,
        key_id: found.keyId, expires_at: found.expiresAt, issued_at: found.issuedAt, auth_time: found.authTime,
        log_position: found.logPosition, match: found.match.kind, value: found.match.value, bound: found.isBound,
      }, facts);
      if (verifies) assert.ok(key.verifies(readJws(token)));
    });
  }
});

test('keys.json', async (t) => {
  const { cases, own, own_record: ownRecord } = vectors('keys');
  for (const { name, jwks, token, verifies } of cases) {
    await t.test(name, () => {
      if (verifies === null) {
        assert.throws(() => readKeySet(Buffer.from(jwks), new Map()), TypeError);
        return;
      }
      const jws = readJws(token);
      assert.equal(readKeySet(Buffer.from(jwks), new Map()).get(jws.keyId)?.verifies(jws) ?? false, verifies);
    });
  }
  for (const { name, entries, position, age_ms: ageMs, token, key } of own) {
    await t.test(`own: ${name}`, () => {
      const clock = new ManualClock();
      const replica = replicaOf(clock, [issuerEntry(ownRecord), ...entries.map(readEntry), { kind: 'mark', position }], ageMs);
      const jws = readJws(token);
      const found = new OwnKeys(replica, 5_000).find(jws, takeFacts(jws, replica.own, null));
      assert.equal(typeof found === 'string' ? found : 'found', key);
    });
  }
});

// A record that cannot be read is never only its own issuer's trouble: the whole verifier says unknown, and no issuer becomes a stranger.
test('issuers.json', async (t) => {
  const { token, now, cases } = vectors('issuers');
  for (const { name, record, means } of cases) {
    await t.test(name, () => {
      const expected = means === null ? null : readRecord(means);
      assert.deepEqual(readIssuerRecord(record), expected);

      const known = means ?? cases[0].means;
      const clock = new ManualClock(now);
      const issuer = means === null ? 'https://another.example' : known.issuer;
      const replica = replicaOf(clock, [issuerEntry(known), { kind: 'issuer', position: 2, at: 0, issuer, record }]);
      assert.equal(replica.isTooOld, means === null);
      assert.equal(judge(replica, read(token, readRecord(known)), 5_000, clock).kind, means === null ? 'unknown' : 'valid');
    });
  }
});

test('log.json', async (t) => {
  for (const { name, epoch, start, entries } of vectors('log').cases) {
    await t.test(name, () => {
      assert.equal(startChain(epoch), start);
      let chain = start;
      for (const { entry, bytes, chain: expected } of entries) {
        assert.equal(encodeEntry(readEntry(entry)).toString('hex'), bytes);
        chain = nextChain(chain, readEntry(entry));
        assert.equal(chain, expected);
      }
    });
  }
});

test('verdicts.json', async (t) => {
  const { records, cases } = vectors('verdicts');
  for (const { name, record, token, key_thumbprint, entries, now, age_ms, max_staleness_ms, verdict } of cases) {
    await t.test(name, () => {
      const clock = new ManualClock(now);
      const replica = replicaOf(clock, [issuerEntry(records[record]), ...entries.map(readEntry)], age_ms);
      const facts = read(token, readRecord(records[record]), key_thumbprint);

      const { kind, by, after, until } = judge(replica, facts, max_staleness_ms, clock);

      assert.equal(kind, verdict.kind.toLowerCase());
      assert.equal(by, verdict.by);
      assert.equal(after ?? until, verdict.instant);
    });
  }
});

test('wire.json', async (t) => {
  const { answers, snapshots } = vectors('wire');
  for (const { name, body, body_base64, accepted, too_old, answer } of answers) {
    await t.test(`answer: ${name}`, () => {
      const bytes = body_base64 === undefined ? Buffer.from(body) : Buffer.from(body_base64, 'base64');
      if (!accepted) {
        assert.throws(() => readAnswer(bytes), { code: 'RSC3204' });
        return;
      }
      const read = readAnswer(bytes);
      const { entries, ...header } = read;
      assert.deepEqual(header, {
        epoch: answer.epoch, after: answer.after, head: answer.head, nonce: answer.nonce ?? null, now: answer.now, heldMs: answer.held_ms,
        ageMs: answer.age_ms, paceMs: answer.pace_ms, chain: answer.chain, more: answer.more,
      });
      const known = entries.filter(({ kind, hasUnknownEffect, state }) => kind !== 'unknown' && !(hasUnknownEffect && isEmpty(state)));
      const withoutMark = known.map(({ hasUnknownEffect: _, ...entry }) => entry);
      assert.deepEqual(withoutMark, answer.entries.map(readEntry).map(({ hasUnknownEffect: _, ...entry }) => entry));
      assert.equal(entries.every(isUnderstood), !too_old);
    });
  }
  for (const { name, lines, accepted, too_old, entries } of snapshots) {
    await t.test(`snapshot: ${name}`, () => {
      const builder = new SnapshotBuilder();
      const readAll = () => {
        for (const line of lines) builder.add(readSnapshotLine(Buffer.from(line)));
        if (builder.head === null) throw Object.assign(new Error('without its end'), { code: 'RSC3204' });
      };
      if (!accepted) {
        assert.throws(readAll, { code: 'RSC3204' });
        return;
      }
      readAll();
      assert.equal(lines.length - 2, entries);
      assert.equal(builder.isTooOld, too_old);
    });
  }
});

function isEmpty({ end, renew, reauthenticate, block }) {
  return [end, renew, reauthenticate, block].every((slot) => slot === null);
}

// A verifier forgets by this date. What must hold here is what the date is for: nothing that the act killed is good again after it (G6).
test('retention.json', async (t) => {
  const { records, cases } = vectors('retention');
  const never = Number.MAX_SAFE_INTEGER;
  for (const { name, record: recordName, match, effect, at, second, token_expires, remember_until } of cases) {
    await t.test(name, () => {
      const clock = new ManualClock(Math.min(remember_until, 4_000_000_000));
      const json = recordName === null ? null : records[recordName];
      const tag = match === 'tag' ? 'tenant' : null;
      const state = { end: null, renew: null, reauthenticate: null, block: null, rememberUntil: remember_until };
      const entry = {
        kind: 'state', position: 9, at, issuer: json?.issuer ?? 'https://nobody.example',
        match: { kind: match, name: tag, value: match === 'issuer' ? null : 'x' }, state: { ...state, [effect]: { by: 9, second } },
      };
      const replica = replicaOf(clock, [...(json === null ? [] : [issuerEntry(json)]), entry]);

      replica.purge();
      assert.equal(replica.count, 1, 'it is remembered at its date');
      if (remember_until === never) return;
      clock.pass(1000);
      replica.prove(proofOf(momentOf(clock), 0, 0, clock), clock.second);
      replica.purge();
      assert.equal(replica.count, 0, 'and forgotten after it');

      const { kind } = judge(replica, lastKilled(readRecord(json), { match, effect, at, second, tokenExpires: token_expires }), 5000, clock);
      assert.ok(kind === 'expired' || kind === 'invalid', kind);
    });
  }
});

/** The token of longest life that an act could kill. */
function lastKilled(record, { match, effect, at, second, tokenExpires }) {
  const { clockSkew, maxTokenLifetime, maxSessionLifetime } = record.limits;
  const cutoff = (effect === 'block' ? second : Math.max(at, second)) + clockSkew;
  const isOfALogin = effect === 'reauthenticate' || (match === 'session' && !record.own);
  const issuedAt = isOfALogin ? cutoff + maxSessionLifetime : effect === 'block' ? at + clockSkew : cutoff;
  return {
    issuer: record.issuer, tokenId: 'x', sessionId: 'x', subject: 'x', clientId: 'x', keyId: 'x', audience: [], scope: null, acr: null,
    expiresAt: tokenExpires ?? issuedAt + maxTokenLifetime, issuedAt: record.issuedAtAbsent ? null : issuedAt, authTime: isOfALogin ? cutoff : null,
    notBefore: null, logPosition: 0, match: { kind: 'token', value: 'x' }, keyThumbprint: null, tags: [],
  };
}
