// What one part of a session works with: a clock that the test moves, storage in memory, and a record of what the part did.
import { readSettings } from '../dist/lib/settings.js';
import { createShared } from '../dist/lib/shared.js';
import { jwt } from './world.mjs';

export const minute = 60_000;

/** `answers` are what the endpoint says, one after the other: an answer, or what makes one. */
export function openContext(answers = []) {
  const stored = new Map();
  const settings = readSettings({ authority: 'https://auth.example', mode: 'bearer' }, 'https://app.example/');
  const write = (key, value) => stored.set(key, value);
  const answer = async (kind, refreshToken) => {
    context.did.push([kind, refreshToken]);
    const given = answers.shift();
    return typeof given === 'function' ? given() : given;
  };
  const context = {
    settings,
    endpoint: { refresh: (refreshToken) => answer('refresh', refreshToken), logout: (refreshToken) => answer('logout', refreshToken) },
    shared: createShared({ read: (key) => stored.get(key) ?? null, write }, settings.isCookie),
    write,
    did: [],
    wall: Date.UTC(2026, 0, 1),
    time: 0,
    pass(ms) {
      context.wall += ms;
      context.time += ms;
    },
    now: () => context.wall,
    elapsed: () => context.time,
    random: () => 0.5,
    pause: async (ms) => context.pass(ms),
    lock: (work) => work(),
    post: ({ kind }) => context.did.push(['post', kind]),
    clear: (where) => context.did.push(['clear', where]),
    changed: (state, end) => context.did.push(['changed', end?.reason ?? state]),
  };
  return context;
}

/** The n-th access token of a session; it lives a minute from now. */
export function tokenOf(context, session = 'one', n = 1) {
  return { session, accessToken: jwt({ sid: session, n }), askedAt: context.now(), expiresAt: context.now() + minute };
}
