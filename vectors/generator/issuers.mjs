// Records of issuers as texts of the log: what each says, with the defaults of what it leaves out, or that it is of a form that nobody can read.
import { claims, header, token } from './compact.mjs';
import { foreign, never } from './entries.mjs';

const limits = (token, session) => ({ max_token_lifetime: token, max_session_lifetime: session, clock_skew: 5, leeway: 30 });

// Nothing here is what a record that leaves it out has.
const full = {
  issuer: foreign, own: true, limits: limits(3600, 86400), earlier_limits: limits(600, 7200), changed_at: 1767225000, issued_at_absent: true,
  subject_required: true, sends_auth_time: true, types: ['at+jwt', ''], algorithms: ['ES256'],
  claims: { subject: 'oid', session: 'session', token: 'uti', client: 'appid' }, jwks_uri: 'https://login.idp.example/keys',
  logout_audiences: ['rescind'],
};
const defaults = {
  own: false, earlier_limits: null, changed_at: 0, issued_at_absent: false, subject_required: false, sends_auth_time: false,
  claims: { subject: 'sub', session: 'sid', token: 'jti', client: 'client_id' }, jwks_uri: null, logout_audiences: [],
};

const largest = { max_token_lifetime: never, max_session_lifetime: never, clock_skew: never, leeway: never };

const text = JSON.stringify;
const reads = (name, record, means = record) => ({ name, record: typeof record === 'string' ? record : text(record), means });
const refuses = (name, record) => reads(name, record, null);
const changed = (member, value) => ({ ...full, [member]: value });
const inner = (object, member, value) => changed(object, { ...full[object], [member]: value });
const absences = [['no', undefined], ['null as', null]];

/** Each member in turn, absent and null: its default, or a refusal where it has none. */
function leftOut() {
  return absences.flatMap(([how, value]) => [
    ...Object.keys(full).map((member) => member in defaults
      ? reads(`${how} ${member}`, changed(member, value), changed(member, defaults[member]))
      : refuses(`${how} ${member}`, changed(member, value))),
    ...Object.keys(full.claims).map((member) =>
      reads(`${how} claims.${member}`, inner('claims', member, value), inner('claims', member, defaults.claims[member]))),
    // A null lifetime is one that is not declared, which somebody has to say.
    ...['limits', 'earlier_limits'].flatMap((object) => Object.keys(full.limits).map((member) =>
      value === null && member.endsWith('_lifetime')
        ? reads(`${how} ${object}.${member}`, inner(object, member, null))
        : refuses(`${how} ${object}.${member}`, inner(object, member, value)))),
  ]);
}

function wrongTypes() {
  const texts = ['issuer', 'jwks_uri'];
  const flags = ['own', 'issued_at_absent', 'subject_required', 'sends_auth_time'];
  const lists = ['types', 'algorithms', 'logout_audiences'];
  const objects = ['limits', 'earlier_limits', 'claims'];
  const notWhole = [-1, 1.5, 2 ** 53, '7', true, []];
  const wrong = (members, values) => members.flatMap((member) =>
    values.map((value) => refuses(`${member} is ${text(value)}`, changed(member, value))));
  const wrongInner = (object, members, values) => members.flatMap((member) =>
    values.map((value) => refuses(`${object}.${member} is ${text(value)}`, inner(object, member, value))));
  return [
    ...wrong(texts, [7, true, ['x'], {}]), ...wrong(flags, [0, 'true', {}]), ...wrong(lists, ['x', 7, {}, [7], [null]]),
    ...wrong(objects, ['x', 7, []]), ...wrong(['changed_at'], notWhole), ...wrongInner('claims', Object.keys(full.claims), [7, ['sub']]),
    ...['limits', 'earlier_limits'].flatMap((object) => wrongInner(object, Object.keys(full.limits), notWhole)),
  ];
}

function cases() {
  const withText = (member, json) => `${text(full).slice(0, -1)},${text(member)}:${json}}`;
  const nested = (depth) => '['.repeat(depth) + ']'.repeat(depth);
  return [
    reads('whole', full),
    reads('nothing but what is required', { issuer: foreign, limits: full.limits, types: full.types, algorithms: full.algorithms },
      { ...full, ...defaults }),
    reads('claims without members', changed('claims', {}), changed('claims', defaults.claims)),
    reads('empty names of claims', { ...full, own: false, claims: { subject: 'oid', session: '', token: '', client: '' } }),
    reads('the largest numbers', { ...full, limits: largest, earlier_limits: largest, changed_at: never }),
    ...leftOut(),
    ...['7', 'null', '"x"', '{"a":[{}]}', nested(15)].map((json) => reads(`a member that nobody knows: ${json}`, withText('colour', json), full)),
    reads('members of parts that nobody knows', { ...full, limits: { ...full.limits, colour: 7 }, claims: { ...full.claims, colour: {} } }, full),
    reads('a name in capitals is another', { ...full, OWN: 7 }, full),
    ...wrongTypes(),
    ...['', 'null', '7', '"x"', '[]', '{}', '<html>'].map((json) => refuses(`no record: ${json}`, json)),
    refuses('something behind it', `${text(full)}x`), refuses('cut short', text(full).slice(0, -1)),
    refuses('a member twice', withText('own', 'true')),
    refuses('a member that nobody knows twice', withText('colour', '1,"colour":1')),
    refuses('a member of a part twice', text(full).replace('"leeway"', '"leeway":30,"leeway"')),
    refuses('half a surrogate pair', withText('colour', '"\\ud800"')),
    refuses('half a surrogate pair in a claim', text(full).replace('oid', '\\ud800')),
    refuses('half a surrogate pair in a name', `${text(full).slice(0, -1)},"\\udc00":1}`),
    refuses('nested too deeply', withText('colour', nested(16))),
  ];
}

const allNames = { oid: 'u-42', session: 's-7', uti: 't-0001', appid: 'web' };

export function document() {
  return {
    about: 'Records of issuers: what each means, every member written out; null for one that cannot be read, which makes a verifier too old.',
    token: token(header, { ...claims, ...allNames, iss: foreign }),
    now: claims.iat + 1,
    cases: cases(),
  };
}
