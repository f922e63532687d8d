// Sessions judged by acts: ended by rule, not by row.
const started = 1767225600000000;
const now = 1767225700;
const session = {
  id: 's-7', subject: 'u-42', client_id: 'web', started,
  tags: [{ name: 'tenant', value: 'acme', since: started }, { name: 'role', value: 'clerk', since: started + 500 }],
};

const act = (position, match, name, value, effect, second = now - 60) => ({ position, match, name, value, effect, second, lifted_by: null });
const lifted = (taken) => ({ ...taken, lifted_by: taken.position + 1000 });
const live = { kind: 'Live' };
const ended = (by) => ({ kind: 'Ended', by });
const onSubject = (position, effect, second) => act(position, 'subject', null, 'u-42', effect, second);

export function sessionCases() {
  const judged = (name, verdict, ...acts) => ({ name, session, acts, now, verdict });
  const cutoffs = [['subject', null, 'u-42'], ['client', null, 'web'], ['tag', 'tenant', 'acme'], ['issuer', null, null]];
  return [
    judged('nothing happened', live),
    judged('its own end', ended(started + 1), act(started + 1, 'session', null, 's-7', 'end')),
    judged('its own end, lifted', live, lifted(act(started + 1, 'session', null, 's-7', 'end'))),
    ...cutoffs.flatMap(([match, name, value]) => [
      judged(`end of ${match} a position after its start`, ended(started + 1), act(started + 1, match, name, value, 'end')),
      judged(`end of ${match} at its start`, live, act(started, match, name, value, 'end')),
      judged(`end of ${match} lifted`, live, lifted(act(started + 1, match, name, value, 'end'))),
      judged(`renew of ${match}`, live, act(started + 1, match, name, value, 'renew')),
      judged(`reauthenticate of ${match}`, live, act(started + 1, match, name, value, 'reauthenticate')),
    ]),
    judged('end of a tag before the session had it', live, act(started + 500, 'tag', 'role', 'clerk', 'end')),
    judged('end of a tag since the session had it', ended(started + 501), act(started + 501, 'tag', 'role', 'clerk', 'end')),
    judged('a block that holds', { kind: 'Blocked', by: started - 9 }, onSubject(started - 9, 'block', now + 1)),
    judged('a block at its end', live, onSubject(started + 9, 'block', now)),
    judged('a block, lifted', live, lifted(onSubject(started + 9, 'block', now + 60))),
    judged('one end lifted, another not', ended(started + 2), lifted(onSubject(started + 1, 'end')), onSubject(started + 2, 'end')),
    judged('a lifted end does not hide an older one', ended(started + 1), onSubject(started + 1, 'end'), lifted(onSubject(started + 2, 'end'))),
  ];
}
