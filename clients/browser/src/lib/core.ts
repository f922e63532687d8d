import type { Context } from './context.js';
import { createLogout } from './logout.js';
import { readNews } from './news.js';
import { createRefresh } from './refresh.js';
import { createState } from './state.js';

export type Core = ReturnType<typeof createCore>;

/** A session: what this page knows of it, what refreshes it, and what ends it. */
export function createCore(context: Context) {
  const state = createState(context);
  const logout = createLogout(context, state);

  /** A message of another tab; ignored if it is not news. */
  function receive(message: unknown) {
    const news = readNews(message);
    if (news?.kind === 'tokens') {
      if (context.shared.owed().length === 0) state.accept(news.holding);
    } else if (news && state.status === 'live' && (news.session ?? state.session) === state.session) {
      state.finish(news.end);
    }
  }

  return { state, ...createRefresh(context, state, logout), ...logout, receive };
}
