/** What is wrong and what to do, by number; every number has a page under docs/errors. */
const errors = {
  RSC3001: ['The Authority is not named.', 'Give createVerifier the option authority: the URL of the Authority.'],
  RSC3002: ['authority is not an absolute https URL without user, query and fragment.', 'Set it to the one of the Authority.'],
  RSC3003: ['authority is plain http.', 'Use https. Plain http is for loopback alone, with allowInsecureLoopback: true.'],
  RSC3004: ['audience is not set.', 'Set it to the name of this API in the aud of its tokens.'],
  RSC3005: ['The credentials for the feed are incomplete.', 'Run `rescind clients add NAME --scope feed`, which prints what clientId and clientSecret are.'],
  RSC3006: ['maxStaleness must be above 0.001 and at most 60 seconds.', 'Set it within that range; the default is 5.'],
  RSC3009: ['A route demands a freshness that is out of range.', 'Demand more than 0.001 seconds and at most the maxStaleness of the verifier.'],
  RSC3201: ['The replica is older than its bound.', 'Until it is current tokens are unknown (503). Check the Authority and the way to it.'],
  RSC3202: ['The Authority refuses the credentials of this verifier.', 'Check clientId and clientSecret, and that the client holds the scope feed.'],
  RSC3203: ['The Authority cannot be reached.', 'Check that it runs, the option authority, and the network between.'],
  RSC3204: ['The answer of the Authority is not one of this protocol.', 'Check authority, the proxies between, and both versions.'],
  RSC3205: ['The log holds an entry that this version does not know.', 'Tokens are unknown (503) until this package is updated.'],
  RSC3206: ['The log of the Authority does not continue the one known here.', 'What the old one had revoked stays revoked. Find out why.'],
  RSC3207: ['Following the feed failed in an unforeseen way.', 'It is tried again. Report it with this line.'],
  RSC3209: ['The clock of this machine is more than a day behind the one of the Authority.',
    'Set it right. Until then tokens are unknown (503): what would refuse those of then is forgotten.'],
  RSC3301: ['The keys of an issuer could not be fetched.', 'Its tokens are unknown (503) until they are. Check its jwksUri and the way to it.'],
  RSC3302: ['A token names an issuer that is not registered.', 'Register it at the Authority; until then its tokens are unknown (503).'],
  RSC7001: ['An option of the verifier is not what it should be.', 'Correct the option that is named.'],
  RSC7002: ['Whether the token was taken back cannot be determined.', 'Answer 503 with Retry-After, never 401; Express does so with this error.'],
  RSC7003: ['The token of this request was not judged.', 'Put protect before whatever asks for the verdict.'],
  RSC7004: ['A message was not delivered: the token of its connection is not valid now.', 'Nothing; the connection is being closed.'],
} as const satisfies Record<string, readonly [title: string, nextStep: string]>;

/** A stable error number: programs switch on it, people read the message. */
export type ErrorCode = keyof typeof errors;

/** A failure with a number, a sentence and the next step. Never holds a token or a secret. */
export class RescindError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, particulars?: string, options?: ErrorOptions) {
    super(sentence(code, particulars), options);
    this.name = 'RescindError';
    this.code = code;
  }
}

/** Number, what is wrong, the particulars, what to do, where to read on. */
export function sentence(code: ErrorCode, particulars?: string): string {
  const [title, nextStep] = errors[code];
  return [code, title, particulars, nextStep, `See docs/errors/${code}.md.`].filter(Boolean).join(' ');
}
