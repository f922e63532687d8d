// What a consumer's compiler must say. Compiled in ./check, never run.
import { createVerifier, RescindError, type ErrorCode, type Verdict, type Verifier } from '@rescind/node';

const verifier: Verifier = await createVerifier({
  authority: 'https://auth.example.com', audience: ['orders', 'billing'], clientId: 'orders', clientSecret: 'secret', maxStaleness: 5,
  issuers: [{ issuer: 'https://idp.example', audience: 'api://orders', jwksUri: 'https://idp.example/keys' }],
});
const verdict: Verdict = verifier.check('token', { maxStaleness: 2, maxAge: 300, acr: ['mfa'] });

// Only a valid verdict has claims, so nobody reads those of a token that was refused.
if (verdict.valid) {
  const subject: string | null = verdict.token.subject;
  const role: unknown = verdict.claims.role;
  void [subject, role];
} else {
  // @ts-expect-error: a refused token has no claims
  void verdict.claims;
  const revocation: string | null = verdict.revocationId;
  void revocation;
}

switch (verdict.kind) {
  case 'valid': case 'revoked': case 'renew': case 'expired': case 'invalid': break;
  case 'reauthenticate': void (verdict.maxAge satisfies number | null); break;
  case 'unknown': void (verdict.ageMs satisfies number); break;
  default: verdict satisfies never;
}

// @ts-expect-error: an audience is required
void createVerifier({ authority: 'https://auth.example.com', clientId: 'orders', clientSecret: 'secret' });
// @ts-expect-error: a verdict cannot be changed
verdict.kind = 'valid';
// @ts-expect-error: nor can health
verifier.health.isFresh = true;

try {
  await verifier.ready;
} catch (error) {
  if (error instanceof RescindError) void (error.code satisfies ErrorCode);
}

const watch = verifier.watch('token', ({ kind }) => { void kind; });
void [watch.check(), watch.renew('token'), watch.closeDelayMs() satisfies number, watch.end()];
