// The issuer records under which the tokens of the vectors are read, as they travel in the log.
import { foreign, own } from './entries.mjs';

const limits = (token, session, skew) => ({ max_token_lifetime: token, max_session_lifetime: session, clock_skew: skew, leeway: 30 });
const standard = { subject: 'sub', session: 'sid', token: 'jti', client: 'client_id' };

const record = (issuer, changes) => ({
  issuer, own: false, limits: limits(3600, 86400, 5), changed_at: 0, issued_at_absent: false, sends_auth_time: true,
  types: ['at+jwt', 'JWT'], algorithms: ['RS256', 'ES256'], claims: standard, ...changes,
});

const ownRecord = (changes) =>
  record(own, { own: true, limits: limits(300, 7776000, 0), types: ['at+jwt'], algorithms: ['ES256'], ...changes });

export const records = {
  own: ownRecord({}),
  own_long: ownRecord({ limits: limits(4102444800, 4102444800, 0) }),
  foreign: record(foreign, {}),
  foreign_undeclared: record(foreign, { limits: limits(null, null, 5) }),
  foreign_raised: record(foreign, { limits: limits(3600, 86400, 5), earlier_limits: limits(600, 7200, 5), changed_at: 1767225600 }),
  other_names: record(foreign, { claims: { subject: 'oid', session: 'sid', token: 'uti', client: 'appid' } }),
  subject_required: record(foreign, { subject_required: true }),
  no_iat: record(foreign, { issued_at_absent: true }),
};
