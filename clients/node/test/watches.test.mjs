// Which token may take the place of another on a connection, and what a watch says of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startForeignIssuer } from './support/foreign-issuer.mjs';
import { LocalAuthority, until } from './support/verifiers.mjs';

test('another session of the same person is no renewal: it opens a connection of its own', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const told = [];
  const watch = verifier.watch(authority.token({ sid: 's-1' }), ({ kind }) => told.push(kind));

  assert.equal(watch.renew(authority.token({ sid: 's-2', jti: 't-2' })).kind, 'invalid');
  assert.equal(watch.renew(authority.token({ sid: undefined, jti: 't-3' })).kind, 'invalid');
  assert.equal(watch.check().token.sessionId, 's-1');
  authority.revoke('session', 's-1');
  await until(() => told.length > 0);
  assert.deepEqual(told, ['revoked'], 'the connection ends with the session that opened it');
});

test('two tokens that name neither person nor session are nobody\'s successors', async (t) => {
  const authority = new LocalAuthority();
  const issuer = await startForeignIssuer(t, authority);
  const verifier = await authority.verifier(t, issuer.options);
  await until(() => verifier.check(issuer.token({ client_id: 'a' })).valid);
  const watch = (claims) => verifier.watch(issuer.token(claims), () => {});

  assert.equal(watch({ client_id: 'a' }).renew(issuer.token({ client_id: 'b', jti: 'f-2' })).kind, 'invalid');
  assert.equal(watch({ client_id: 'a' }).renew(issuer.token({ client_id: 'a', jti: 'f-2' })).kind, 'invalid');
  assert.equal(watch({ client_id: 'a', sid: 's-1' }).renew(issuer.token({ client_id: 'a', sid: 's-1', jti: 'f-2' })).kind, 'valid');
  assert.equal(watch({ sub: 'bob' }).renew(issuer.token({ sub: 'bob', jti: 'f-2' })).kind, 'valid');
  assert.equal(watch({ sub: 'bob' }).renew(authority.token({ sub: 'bob', sid: undefined })).kind, 'invalid', 'nor is one of another issuer');
});

test('a watch that has ended is not begun again by a renewal that was under way, and tells nothing more', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const told = [];
  const watch = verifier.watch(authority.token(), ({ kind }) => told.push(kind));
  verifier.watch(authority.token({ sid: 's-2', jti: 't-9' }), ({ kind }) => told.push(`other ${kind}`));
  watch.end();

  watch.renew(authority.token({ jti: 't-2' }));
  authority.revoke('subject', 'alice');
  await until(() => told.length > 0);
  assert.equal(watch.check().kind, 'revoked');
  assert.deepEqual(told, ['other revoked']);
  await until(() => authority.connections?.live === 1);
});

test('what a look finds before the watch does is told too, and told again when it is over', async (t) => {
  const authority = new LocalAuthority();
  const verifier = await authority.verifier(t);
  const told = [];
  const watch = verifier.watch(authority.token(), ({ kind }) => told.push(kind));
  authority.leave();
  await until(() => verifier.check(authority.token()).kind === 'unknown');
  const found = watch.check().kind;
  assert.deepEqual([found, told], ['unknown', ['unknown']]);
  authority.isAway = false;
  await until(() => told.at(-1) === 'valid');
  assert.deepEqual(told, ['unknown', 'valid']);
});
