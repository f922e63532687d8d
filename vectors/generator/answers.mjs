// What clients make of answers: of the Authority's to a refresh, of an API's challenge, and of the code with which a connection was closed.
const part = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
const accessToken = `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'JoU0DWvG' })}.${part({ sub: 'u-42', sid: 's-7' })}.c2ln`;
const tokens = { access_token: accessToken, token_type: 'Bearer', expires_in: 300, refresh_token: 'rt_AQ' };
const json = 'application/json';

function refresh(name, status, body, outcome, { type = json, retryAfter } = {}) {
  const headers = { ...(type === null ? {} : { 'content-type': type }), ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }) };
  return { name, status, headers, body: typeof body === 'string' ? body : JSON.stringify(body), outcome };
}

const good = (name, body, changes = {}) => refresh(name, 200, body, { kind: 'tokens', access_token: tokens.access_token,
  refresh_token: tokens.refresh_token, expires_in: 300, ...changes });
const kept = (name, status, body, more = {}, wait = 0) => refresh(name, status, body, { kind: 'kept', wait }, more);
const ended = (name, body, reason, explanation) => refresh(name, 400, body, { kind: 'ended', reason, explanation });
const changed = (changes) => ({ ...tokens, ...changes });

const refreshes = [
  good('tokens', tokens),
  good('a type in small letters', changed({ token_type: 'bearer' })),
  good('members that nobody knows yet', changed({ scope: 'orders.read', later: { a: [1] } })),
  refresh('a media type with a parameter', 200, tokens, { kind: 'tokens', access_token: tokens.access_token, refresh_token: tokens.refresh_token,
    expires_in: 300 }, { type: 'application/json; charset=utf-8' }),
  good('without another refresh token the present one goes on', changed({ refresh_token: undefined }), { refresh_token: null }),
  good('nothing for the present one to be replaced by', changed({ refresh_token: null }), { refresh_token: null }),
  good('members without a value', changed({ scope: null, session_id: null, refresh_expires_at: null })),
  kept('no access token', 200, changed({ access_token: undefined })),
  kept('an access token without a value', 200, changed({ access_token: null })),
  kept('an access token that is a number', 200, changed({ access_token: 7 })),
  kept('an access token that is none', 200, changed({ access_token: 'a b' })),
  kept('an empty access token', 200, changed({ access_token: '' })),
  kept('another type of token', 200, changed({ token_type: 'DPoP' })),
  kept('no type of token', 200, changed({ token_type: undefined })),
  kept('a type without a value', 200, changed({ token_type: null })),
  kept('a type that is a number', 200, changed({ token_type: 7 })),
  kept('a life of nothing', 200, changed({ expires_in: 0 })),
  kept('a life that is text', 200, changed({ expires_in: '300' })),
  kept('no life', 200, changed({ expires_in: undefined })),
  kept('a life without a value', 200, changed({ expires_in: null })),
  kept('a refresh token that is a number', 200, changed({ refresh_token: 7 })),
  kept('a list', 200, '[]'),
  kept('half of it', 200, JSON.stringify(tokens).slice(0, -1)),
  kept('nothing', 200, ''),
  kept('the page of a hotel', 200, '<html>Log in to the network</html>', { type: 'text/html' }),
  kept('tokens that are not declared as JSON', 200, tokens, { type: 'text/plain' }),
  kept('tokens with another status', 201, tokens),
  ended('an end and its reason', { error: 'invalid_grant', reason: 'ended', explanation: 'rv_1767225601234567' }, 'ended', 'rv_1767225601234567'),
  ended('an end without a reason', { error: 'invalid_grant' }, null, null),
  ended('an end whose reason is no name', { error: 'invalid_grant', reason: '<b>you</b>', explanation: 'a b' }, null, null),
  ended('an end whose reason has no value', { error: 'invalid_grant', reason: null, explanation: null }, null, null),
  ended('an end whose reason is no text', { error: 'invalid_grant', reason: 7, explanation: { a: ['b'] } }, null, null),
  kept('an end that is not declared as JSON', 400, { error: 'invalid_grant' }, { type: 'text/html' }),
  kept('an end with another status', 401, { error: 'invalid_grant' }),
  kept('an end from an overloaded server', 503, { error: 'invalid_grant' }),
  kept('another error', 400, { error: 'invalid_request' }),
  kept('a client that is refused', 401, { error: 'invalid_client' }),
  kept('an error without a value', 400, { error: null, reason: 'ended' }),
  kept('an error that is a number', 400, { error: 7, reason: 'ended' }),
  kept('a broken 400', 400, '{"error":"invalid_gr'),
  kept('nobody there', 404, ''),
  kept('come again in seven seconds', 503, { error: 'temporarily_unavailable' }, { retryAfter: '7' }, 7),
  kept('too many', 429, '', { retryAfter: '3' }, 3),
  kept('come again at some time', 503, '', { retryAfter: 'soon' }),
  kept('come again in the past', 503, '', { retryAfter: '-5' }),
];

const challenge = (name, header, isInvalidToken) => ({ name, header, invalid_token: isInvalidToken });

const challenges = [
  challenge('invalid_token', 'Bearer error="invalid_token"', true),
  challenge('with a realm and words', 'Bearer realm="orders", error="invalid_token", error_description="It has expired."', true),
  challenge('without quotes', 'Bearer error=invalid_token', true),
  challenge('in other letters', 'bearer ERROR="invalid_token"', true),
  challenge('the second of two', 'Basic realm="x", Bearer error="invalid_token"', true),
  challenge('the first of two', 'Bearer error="invalid_token", Basic realm="x"', true),
  challenge('spaces around the equals sign', 'Bearer error = "invalid_token"', true),
  challenge('another error', 'Bearer error="insufficient_scope", scope="orders.write"', false),
  challenge('a login is asked for', 'Bearer error="insufficient_user_authentication", max_age="300"', false),
  challenge('no error', 'Bearer', false),
  challenge('of another scheme', 'DPoP error="invalid_token"', false),
  challenge('in the words', 'Bearer error="x", error_description="error=\\"invalid_token\\""', false),
  challenge('a name that ends alike', 'Bearer my-error="invalid_token"', false),
];

const close = (code, reason, then) => ({ code, reason, then });

// stop: nothing comes of another connection. renew: refresh, which says whether there is a session still, then connect. later: with patience.
const closes = [
  close(4401, 'session_revoked', 'renew'), close(4401, 'invalid_token', 'renew'), close(4401, 'insufficient_user_authentication', 'stop'),
  close(4403, 'not_allowed', 'stop'), close(4408, 'no_credentials', 'later'), close(4419, 'token_expired', 'renew'),
  close(1013, 'try_again_later', 'later'), close(1000, '', 'stop'), close(1001, '', 'later'), close(1006, '', 'later'), close(1008, '', 'stop'),
  close(1009, '', 'stop'), close(1011, '', 'later'), close(1012, 'service_restart', 'later'),
];

export const document = () => ({
  about: 'What clients make of answers: to a refresh, of the challenge of a 401, and of the code of a closed connection.',
  refreshes, challenges, closes,
});
