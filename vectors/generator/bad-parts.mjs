// Headers and payloads that the strict reader refuses: [name, header, payload, faults].
import { claims, header, raw, without } from './compact.mjs';

export function headerFaults(nested) {
  const bad = (name, part, ...faults) => [`header: ${name}`, part, claims, faults];
  const member = (name, value, ...faults) => bad(`${name} ${JSON.stringify(value)}`, { ...header, [name]: value }, ...faults);
  const text = JSON.stringify(header);
  return [
    bad('an array', [header], 'Json'), bad('a string', '"x"', 'Json'), bad('null', 'null', 'Json'), bad('empty text', ' ', 'Json'),
    bad('no JSON', '{alg:"ES256"}', 'Json'), bad('cut short', text.slice(0, -1), 'Json'), bad('bytes after it', `${text}x`, 'Json'),
    bad('two objects', text + text, 'Json'), bad('a BOM', `\ufeff${text}`, 'Json'),
    bad('bad UTF-8', Buffer.from(text.replace('JoU0', '\xff\xfe'), 'latin1'), 'Json'),
    bad('alg twice (JWS-2)', `{"alg":"none",${text.slice(1)}`, 'Json'),
    bad('kid twice, once escaped', `{"k\\u0069d":"x",${text.slice(1)}`, 'Json'),
    bad('a name twice deeper down', `{"x":{"y":1,"y":2},${text.slice(1)}`, 'Json'),
    bad('seventeen levels', raw(header, 'x', nested(16)), 'TooLarge'),
    bad('no alg', without(header, 'alg'), 'Header'), member('alg', null, 'Header'), member('alg', 256, 'Header'),
    member('alg', ['ES256'], 'Header'),
    member('alg', '', 'Header', 'Algorithm'), member('alg', 'none', 'Algorithm'), member('alg', 'noNE', 'Algorithm'),
    member('alg', 'es256', 'Algorithm'),
    member('alg', 'ES256 ', 'Algorithm'), member('alg', 'HS256', 'Algorithm'), member('alg', 'RS256', 'Algorithm'),
    member('alg', 'ES256K', 'Algorithm'),
    member('crit', ['exp'], 'Header'), member('crit', ['b64'], 'Header'), member('crit', [], 'Header'), member('crit', null, 'Header'),
    member('crit', 'exp', 'Header'),
    member('b64', false, 'Header'),
    member('jku', 'https://evil.example/jwks', 'Header'), member('x5u', 'https://evil.example/x5', 'Header'),
    member('jwk', { kty: 'oct', k: 'AA' }, 'Header'),
    member('x5c', ['AA'], 'Header'), member('jku', null, 'Header'),
    bad('no typ', without(header, 'typ'), 'Type'), member('typ', 'JWT', 'Type'), member('typ', 'at+jwt;v=1', 'Type'),
    member('typ', ' at+jwt', 'Type'),
    member('typ', 'text/at+jwt', 'Type'), member('typ', 'application/application/at+jwt', 'Type'), member('typ', '', 'Type'),
    member('typ', 'logout+jwt', 'Type'),
    member('typ', 'secevent+jwt', 'Type'), member('typ', 'dpop+jwt', 'Type'), member('typ', 7, 'Type', 'Header'),
    member('typ', null, 'Type', 'Header'),
    bad('no kid', without(header, 'kid'), 'KeyId'), member('kid', '', 'KeyId'), member('kid', 7, 'KeyId', 'Header'),
    member('kid', null, 'KeyId', 'Header'),
    bad('kid of 257 characters (T-26)', { ...header, kid: 'k'.repeat(257) }, 'KeyId'),
  ];
}

export function payloadFaults(nested) {
  const bad = (name, part, ...faults) => [`payload: ${name}`, header, part, faults];
  const text = JSON.stringify(claims);
  const around = (values) => Buffer.concat([Buffer.from('{"x":"'), Buffer.from(values), Buffer.from(`",${text.slice(1)}`)]);
  const bytes = (name, ...values) => bad(name, around(values), 'Json');
  const before = (name, json, ...faults) => bad(name, `{${json},${text.slice(1)}`, ...faults);
  const notJson = (json) => before(`x is ${json}`, `"x":${json}`, 'Json');
  return [
    bad('an array', [claims], 'Json'), bad('a string', '"x"', 'Json'), bad('a number', '1', 'Json'), bad('null', 'null', 'Json'),
    bad('nothing but a blank', ' ', 'Json'),
    bad('cut short', text.slice(0, -1), 'Json'), bad('bytes after it', `${text}x`, 'Json'), bad('two objects', text + text, 'Json'),
    bad('a NUL after it', `${text}\0`, 'Json'),
    bad('a comma after it', `${text},`, 'Json'), bad('a BOM (JWT-7)', `\ufeff${text}`, 'Json'),
    bad('UTF-16', Buffer.from(text, 'utf16le'), 'Json'),
    bytes('bad UTF-8: a byte that never is', 0xff), bytes('bad UTF-8: a tail alone', 0x80), bytes('bad UTF-8: cut short', 0xe2, 0x82),
    bytes('bad UTF-8: too long a form', 0xc0, 0xaf), bytes('bad UTF-8: a surrogate', 0xed, 0xa0, 0x80),
    bytes('bad UTF-8: beyond the last', 0xf4, 0x90, 0x80, 0x80),
    bytes('a control character', 0x01), bytes('a line end in a string', 0x0a),
    bad('sub is a lone surrogate', raw(claims, 'sub', '"\\ud800"'), 'Json', 'Claims'),
    bad('sub ends in half a pair', raw(claims, 'sub', '"a\\ud83d"'), 'Json', 'Claims'),
    bad('sub has its pair the wrong way round', raw(claims, 'sub', '"\\udddd\\ud83d"'), 'Json', 'Claims'),
    before('another claim is a lone surrogate', '"tenant":"\\udc00"', 'Json', 'Claims'),
    before('a name is a lone surrogate', '"\\ud800":1', 'Json', 'Claims'),
    before('sub twice (JWT-5)', '"sub":"a"', 'Json'), before('sub twice, once escaped', '"\\u0073ub":"a"', 'Json'),
    before('exp twice, alike', '"exp":1767225900', 'Json'),
    before('a name that nobody reads twice', '"x":1,"x":1', 'Json'),
    before('twice at the second level (T-22)', '"cnf":{"jkt":"a","jkt":"b"}', 'Json'),
    before('twice at the fifth level', '"a":{"b":{"c":{"d":{"e":1,"e":2}}}}', 'Json'),
    before('twice in an object in an array', '"a":[{"e":1,"e":2}]', 'Json'),
    before('empty names twice', '"":1,"":2', 'Json'), before('seventeen levels of arrays', `"x":${nested(16)}`, 'TooLarge'),
    before('seventeen levels of objects', `"x":${'{"a":'.repeat(15)}{}${'}'.repeat(15)}`, 'TooLarge'),
    before('a thousand levels', `"x":${nested(1000)}`, 'TooLarge'),
    ...notValues.map(notJson),
    bad('an empty object', {}, 'Claims'), bad('no iss', without(claims, 'iss'), 'Claims'),
    bad('iss is a number', { ...claims, iss: 7 }, 'Claims'),
    bad('iss is empty', { ...claims, iss: '' }, 'Claims'), bad('no exp (T-7)', without(claims, 'exp'), 'Claims'),
    bad('no iat', without(claims, 'iat'), 'Claims'),
    ...['exp', 'iat', 'nbf', 'auth_time'].flatMap((name) => wrongDates.map((json) =>
      bad(`${name} is ${json} (JWT-8)`, raw(claims, name, json), 'Claims'))),
    ...wrongPositions.map((json) => bad(`lpos is ${json}`, raw(claims, 'lpos', json), 'Claims')),
    ...['jti', 'sid', 'sub', 'client_id'].flatMap((name) => wrongTexts.map((value) =>
      bad(`${name} is ${JSON.stringify(value)} (T-16)`, { ...claims, [name]: value }, 'Claims'))),
    ...['jti', 'sid', 'sub', 'client_id'].map((name) => bad(`${name} of 1025 bytes (T-26)`, { ...claims, [name]: 'x'.repeat(1025) }, 'Claims')),
  ];
}

const notValues = [
  '01', '+1', '.5', '1.', '1e', '0x10', 'NaN', 'Infinity', 'True', "'a'", 'undefined', '[1,]', '{"a":1,}', '/**/1', '"\\x41"', '"\\u12"', '"a',
];
const wrongDates = [
  'null', '"1767225900"', 'true', '[1767225900]', '{}', '-1', '-0.5', '1e400', '-1e400', '253402300800', '9007199254740993', `1${'0'.repeat(400)}`,
];
const wrongPositions = ['null', '"1767225600000000"', '1.5', '-1', '9007199254740992', '1e400', 'true', '[1]'];
export const wrongTexts = [7, true, ['a'], {}, ''];
