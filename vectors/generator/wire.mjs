// Feed answers and snapshots as text: what a follower reads and what it refuses.
import { blocked, chainOf, cutoff, issuerEntry, keyEntry, mark, never, own, state } from './entries.mjs';
import { records } from './records.mjs';

const at = 1767225600;
const first = 1767225600000000;
const entries = [
  issuerEntry(first, at, own, JSON.stringify(records.own)),
  keyEntry(first + 1, at, own, 'k-1', '{"kty":"EC"}'),
  state(first + 2, at, own, 'subject', null, 'u-42', { end: cutoff(first + 2, at) }, at + 450),
  state(first + 3, at, own, 'tag', 'tenant', 'acme', { block: blocked(first + 3, at + 60), renew: cutoff(first + 1, at) }, at + 500),
  state(first + 4, at + 1, own, 'issuer', null, null, {}, never),
  mark(first + 5, at + 1, own),
];
const answer = {
  epoch: 'e-1', after: first - 1, head: first + 5, nonce: 'n-1', now: at + 2, held_ms: 998, age_ms: 0, pace_ms: 5,
  chain: chainOf('e-1', entries), seal: null, entries, more: false,
};
const idle = { ...answer, after: answer.head, entries: [] };
const text = JSON.stringify;

const takes = (name, body, expected = body) =>
  ({ name, body: typeof body === 'string' ? body : text(body), accepted: true, too_old: false, answer: expected });
const refuses = (name, body) => ({ name, body: typeof body === 'string' ? body : text(body), accepted: false });
const member = (name, json) => refuses(`${name} is ${json}`, text({ ...idle, [name]: '\u0001' }).replace('"\\u0001"', json));
const withEntry = (name, entry) => refuses(name, { ...answer, entries: [entry] });
const changed = (name, index, change) => withEntry(name, { ...entries[index], ...change });

// Exact as a number in a text, not as one in JavaScript.
const tooLarge = '9007199254740992';

function answers() {
  return [
    takes('entries of every kind', answer), takes('nothing new', idle), takes('more to come', { ...answer, more: true }),
    takes('an empty log', { ...idle, after: 0, head: 0, chain: chainOf('e-1', []) }),
    takes('unknown members are ignored', { ...idle, colour: 'blue', nested: { a: [1] } }, idle),
    takes('unknown members of an entry are ignored',
      { ...answer, entries: [{ ...entries[2], colour: 'blue', sizes: [{ a: 1 }], n: 7, is: true }] }, { ...answer, entries: [entries[2]] }),
    takes('white space and order do not count', text(Object.fromEntries(Object.entries(idle).reverse()), null, '\t'), idle),
    ...unknowns().map(([name, entry, known]) => ({
      ...takes(`${name} (the verifier is too old)`, { ...answer, entries: [entries[3], entry, entries[4]] }), too_old: true,
      answer: { ...answer, entries: [entries[3], ...known, entries[4]] },
    })),
    takes('an effect that is not laid is nothing', { ...answer, entries: [{ ...entries[2], quarantine: null }] }, { ...answer, entries: [entries[2]] }),
    takes('an unknown member of a record is no effect',
      { ...answer, entries: [{ ...entries[0], quarantine: { by: first } }] }, { ...answer, entries: [entries[0]] }),
    takes('a removed record and key', { ...answer, entries: [issuerEntry(first, at, own, null), keyEntry(first + 1, at, own, 'k-1', null)] }),
    refuses('nothing', ''), refuses('an array', [idle]), refuses('null', 'null'), refuses('a string', '"x"'),
    refuses('cut short', text(answer).slice(0, -1)),
    refuses('bytes after it', `${text(idle)}x`), refuses('two objects', text(idle) + text(idle)), refuses('no JSON', '<html>502</html>'),
    { name: 'bad UTF-8', body_base64: Buffer.from(text(idle).replace('e-1', '\xff'), 'latin1').toString('base64'), accepted: false },
    refuses('a name twice', text(idle).replace('{', '{"head":1,')),
    refuses('a name of an entry twice', text(answer).replace('"kind"', '"at":1,"kind"')),
    refuses('a name of a slot twice', text(answer).replace('"before"', '"by":1,"before"')),
    ...leftOut(),
    ...['null', '""', '7'].map((json) => member('epoch', json)),
    ...['after', 'head'].flatMap((name) => ['null', '"1"', '-1', '1.5', '1e400', tooLarge].map((json) => member(name, json))),
    ...['now', 'held_ms', 'age_ms'].flatMap((name) => ['null', '"1"', '-1', '1e400'].map((json) => member(name, json))),
    ...['null', '""', '7', ...[idle.chain.slice(1), `${idle.chain}=`, `${idle.chain.slice(0, -1)}!`].map((chain) => text(chain))]
      .map((json) => member('chain', json)),
    ...['null', '{}', '[null]', '[1]', '[[]]', '[{}]'].map((json) => member('entries', json)),
    ...['null', '"false"', '0'].map((json) => member('more', json)),
    member('nonce', '7'),
    // Whatever is longer than a year is a year: nothing that is added to it overflows.
    ...['held_ms', 'age_ms'].flatMap((name) => [31536000001, 922337203685477, never].map((time) =>
      takes(`${name} is ${time}`, { ...idle, [name]: time }, { ...idle, [name]: 31536000000 }))),
    ...entryFaults(),
  ];
}

// Each member in turn, absent and null: an answer without it, or with nothing in its place.
const absences = [['no', undefined], ['null as', null]];
const optional = {
  answer: ['nonce', 'seal'],
  issuer: ['match', 'name', 'value', 'end', 'renew', 'reauthenticate', 'block', 'remember_until'],
  key: ['match', 'value', 'end', 'renew', 'reauthenticate', 'block', 'remember_until'],
  state: ['end', 'renew', 'reauthenticate', 'block'],
  mark: ['match', 'name', 'value', 'end', 'renew', 'reauthenticate', 'block', 'remember_until'],
};

// A part of a match that is null already may be left out.
const mayGo = (entry, member) => optional[entry.kind].includes(member) || entry[member] === null;

function leftOut() {
  return absences.flatMap(([how, value]) => [
    ...Object.keys(idle).map((member) => optional.answer.includes(member)
      ? takes(`${how} ${member}`, { ...idle, [member]: value }, { ...idle, [member]: null })
      : refuses(`${how} ${member}`, { ...idle, [member]: value })),
    ...entries.flatMap((entry) => Object.keys(entry).map((member) => {
      const [name, body] = [`${how} ${member} of ${titleOf(entry)}`, { ...answer, entries: [{ ...entry, [member]: value }] }];
      // An issuer and a key say by their kind what they match.
      const means = member === 'match' ? entry : { ...entry, [member]: null };
      return mayGo(entry, member) ? takes(name, body, { ...answer, entries: [means] }) : refuses(name, body);
    })),
    ...[['end', entries[2]], ['renew', entries[3]], ['block', entries[3]]].flatMap(([slot, entry]) => Object.keys(entry[slot]).map((member) =>
      withEntry(`${how} ${member} of a slot ${slot}`, { ...entry, [slot]: { ...entry[slot], [member]: value } }))),
  ]);
}

const titleOf = ({ kind, match }) => (kind === 'state' ? `a state of ${match}` : kind);

// What a newer Authority may send: the entry, and what of it is known.
function unknowns() {
  const place = ({ position, at }) => ({ position, at });
  const quarantine = { by: first + 2, until: at + 60 };
  return [
    ['an unknown kind', { ...entries[2], kind: 'prophecy' }, []],
    ['an unknown kind of which only the place is known', { kind: 'prophecy', ...place(entries[2]) }, []],
    ['an unknown kind with members of other types', { kind: 'prophecy', ...place(entries[2]), match: { a: 1 }, name: 7, end: 'soon' }, []],
    ['an unknown kind of match', { ...entries[2], match: 'planet' }, []],
    ['an unknown kind of match with other parts', { ...entries[2], match: 'orbit', name: 'planet', value: null, issuer: null }, []],
    ['a kind of match in capitals', { ...entries[2], match: 'Subject' }, []],
    ['an unknown effect beside a known one', { ...entries[2], quarantine }, [entries[2]]],
    ['an unknown effect alone', { ...entries[4], quarantine }, []],
    ['an unknown effect of another form', { ...entries[2], quarantine: {} }, [entries[2]]],
  ];
}

function entryFaults() {
  return [
    changed('a kind that is a number', 2, { kind: 1 }), changed('no kind', 2, { kind: undefined }),
    changed('no position', 2, { position: undefined }),
    changed('a position of zero', 2, { position: 0 }), changed('a position that is a text', 2, { position: '1' }),
    changed('a negative position', 2, { position: -1 }),
    changed('no at', 2, { at: undefined }), changed('a negative at', 2, { at: -1 }), changed('no issuer', 2, { issuer: null }),
    changed('no match', 2, { match: null }), changed('a match that is a number', 2, { match: 7 }),
    changed('an unknown match without position', 2, { match: 'planet', position: undefined }),
    changed('a subject without value', 2, { value: null }), changed('an empty subject', 2, { value: '' }),
    changed('a subject of 1025 bytes', 2, { value: 'x'.repeat(1025) }),
    changed('a subject with a name', 2, { name: 'x' }), changed('a tag without name', 3, { name: null }),
    changed('an issuer with a value', 4, { value: 'x' }),
    changed('a slot that is a number', 2, { end: 7 }), changed('a slot without by', 2, { end: { before: at } }),
    changed('a slot without its second', 2, { end: { by: first } }),
    changed('a slot by zero', 2, { end: cutoff(0, at) }), changed('a block with before', 3, { block: cutoff(first, at) }),
    changed('a state without remember_until', 2, { remember_until: null }), changed('a negative remember_until', 2, { remember_until: -1 }),
    changed('a key without its id', 1, { name: null }), changed('a key with an empty id', 1, { name: '' }),
    changed('a key with an id of 1025 bytes', 1, { name: 'x'.repeat(1025) }),
    ...['name', 'value'].flatMap((member) => [7, true, ['x'], { kty: 'EC' }].flatMap((value) => [0, 1, 2, 5].map((index) =>
      changed(`${titleOf(entries[index])} whose ${member} is ${text(value)}`, index, { [member]: value })))),
  ];
}

function snapshots() {
  const { entries: _, more, after, ...header } = answer;
  const lines = [text(header), ...entries.map((entry) => text(entry)), text({ end: true, entries: entries.length })];
  const takes = (name, given, count, isTooOld = false) => ({ name, lines: given, accepted: true, too_old: isTooOld, entries: count });
  const refuses = (name, given) => ({ name, lines: given, accepted: false });
  return [
    takes('whole', lines, entries.length), takes('of an empty log', [text(header), text({ end: true, entries: 0 })], 0),
    ...unknowns().map(([name, entry]) =>
      takes(`with ${name} (the verifier is too old)`, lines.with(4, text(entry)), entries.length, true)),
    refuses('without its last line', lines.slice(0, -1)),
    refuses('with a wrong count', [...lines.slice(0, -1), text({ end: true, entries: 5 })]),
    refuses('with an entry missing', lines.filter((_, i) => i !== 3)), refuses('without its header', lines.slice(1)),
    refuses('with its header twice', [lines[0], ...lines]),
    refuses('with a line after its last', [...lines, lines[1]]), refuses('with an empty line', [lines[0], '', ...lines.slice(1)]),
    refuses('with a line cut short', [lines[0], lines[1].slice(0, -1), ...lines.slice(2)]),
    refuses('whose end is not true', [...lines.slice(0, -1), text({ end: false, entries: entries.length })]),
    ...absences.flatMap(([how, value]) => [
      ...Object.keys(header).map((member) => {
        const given = [text({ ...header, [member]: value }), text({ end: true, entries: 0 })];
        return optional.answer.includes(member) ? takes(`with ${how} ${member}`, given, 0) : refuses(`with ${how} ${member}`, given);
      }),
      ...entries.flatMap((entry) => Object.keys(entry).map((member) => {
        const given = [lines[0], text({ ...entry, [member]: value }), text({ end: true, entries: 1 })];
        const name = `with ${how} ${member} of ${titleOf(entry)}`;
        return mayGo(entry, member) ? takes(name, given, 1) : refuses(name, given);
      })),
      ...['end', 'entries'].map((member) =>
        refuses(`with ${how} ${member} in its last line`, [lines[0], text({ end: true, entries: 0, [member]: value })])),
    ]),
    refuses('whose count is a text', [...lines.slice(0, -1), text({ end: true, entries: '6' })]), refuses('nothing', []),
  ];
}

export function document() {
  return { about: 'Bodies of feed answers and lines of snapshots: read, or refused.', answers: answers(), snapshots: snapshots() };
}
