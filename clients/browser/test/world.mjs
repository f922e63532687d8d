// A browser and an Authority in one process, on a clock and a network that the seed moves: what the core cannot tell from the real ones.
import { setMaxListeners } from 'node:events';
import { createCore } from '../dist/lib/core.js';
import { createEndpoint } from '../dist/lib/endpoint.js';
import { readSettings } from '../dist/lib/settings.js';
import { createShared } from '../dist/lib/shared.js';
import { leaseLock } from '../dist/lib/lock.js';

const page = 'https://app.example/';

// Hundreds of calls may wait for one piece of news.
setMaxListeners(0);

const never = () => new Promise(() => {});

/** A small generator with a good spread (mulberry32): one seed, one world. */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const jwt = (claims) => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;

/** The Authority's rules of rotation, as the design has them. */
export class Authority {
  lifetimeSeconds = 60;
  sessions = new Map();
  minted = 0;

  logIn(session, isCookie) {
    this.sessions.set(session, { generation: 1, ended: null });
    return this.#tokens(session, isCookie);
  }

  end(session, reason = 'ended', explanation = 'rv_1') {
    this.sessions.get(session).ended ??= { reason, explanation };
  }

  /** What `/token` answers, `[status, body]`. */
  refresh(token) {
    const [, session, generation] = token.split('_');
    const found = this.sessions.get(session);
    if (!found) return [400, { error: 'invalid_grant' }];
    if (found.ended) return [400, { error: 'invalid_grant', ...found.ended }];
    if (Number(generation) === found.generation) found.generation += 1;
    else if (Number(generation) !== found.generation - 1) {
      this.end(session, 'reused');
      return [400, { error: 'invalid_grant', ...found.ended }];
    }
    return [200, this.#tokens(session, false)];
  }

  revoke(token) {
    const session = token.split('_')[1];
    if (this.sessions.has(session)) this.end(session);
    return [200, null];
  }

  #tokens(session, isCookie) {
    this.minted += 1;
    const access_token = jwt({ sid: session, n: this.minted });
    const refresh_token = `rt_${session}_${this.sessions.get(session).generation}`;
    return { access_token, token_type: 'Bearer', expires_in: this.lifetimeSeconds, ...(isCookie ? {} : { refresh_token }) };
  }
}

export class World {
  authority = new Authority();
  random;
  cookie = null;
  elapsed = 0;
  offset = Date.UTC(2026, 0, 1);
  tabs = [];
  requests = [];
  inFlight = 0;
  mostInFlight = 0;

  /** What becomes of a request: `{ delay, loseRequest, loseResponse, answer }`. */
  weather = () => ({ delay: 20 });
  newsDelay = () => 1;
  storeDelay = () => 1;
  #events = [];
  #order = 0;
  #stored = new Map();
  #holder = null;
  #queue = [];

  constructor(seed = 1, hasLocks = true) {
    this.random = chance(seed);
    this.hasLocks = hasLocks;
  }

  now = () => this.offset + this.elapsed;

  at(delay, act) {
    const event = { time: this.elapsed + Math.max(0, delay), order: this.#order++, act };
    this.#events.push(event);
    return event;
  }

  cancel(event) {
    this.#events = this.#events.filter((other) => other !== event);
  }

  /** Lets time pass, and everything happen that falls into it. */
  async pass(ms) {
    const until = this.elapsed + ms;
    for (;;) {
      await new Promise(setImmediate);
      this.#events.sort((a, b) => a.time - b.time || a.order - b.order);
      if (this.#events.length === 0 || this.#events[0].time > until) break;
      const next = this.#events.shift();
      this.elapsed = next.time;
      next.act();
    }
    this.elapsed = until;
  }

  /** The result of a promise, time passing until it is there; throws if that takes longer than `limit`. */
  async settle(promise, limit = 600_000) {
    let outcome = null;
    promise.then((value) => { outcome = { value }; }, (failure) => { outcome = { failure }; });
    for (let passed = 0; outcome === null; passed += 10) {
      if (passed > limit) throw new Error(`nothing came of it in ${limit} ms`);
      await this.pass(10);
    }
    if (outcome.failure) throw outcome.failure;
    return outcome.value;
  }

  /** Everything that lies in storage, as text. */
  get stored() {
    return [...this.#stored.values()].map((entry) => entry.value).join('\n');
  }

  openTab(options = {}) {
    const tab = new Tab(this, options);
    this.tabs.push(tab);
    return tab;
  }

  /** The process of a tab is gone: whatever it waited for never comes, and the browser gives its lock on. */
  crash(tab) {
    tab.isAlive = false;
    this.tabs = this.tabs.filter((other) => other !== tab);
    this.#queue = this.#queue.filter((waiting) => waiting.tab !== tab);
    if (this.#holder === tab) this.#release();
  }

  // Web Locks: one at a time, in order.
  async lock(tab, work) {
    if (!tab.isAlive) return never();
    await new Promise((resolve) => {
      this.#queue.push({ tab, resolve });
      this.#grant();
    });
    try {
      return await work();
    } finally {
      if (this.#holder === tab) this.#release();
    }
  }

  #release() {
    this.#holder = null;
    this.at(1, () => this.#grant());
  }

  #grant() {
    if (this.#holder !== null || this.#queue.length === 0) return;
    const { tab, resolve } = this.#queue.shift();
    this.#holder = tab;
    resolve();
  }

  // A tab reads what it wrote at once, and what others wrote a moment later.
  read(tab, key) {
    const entry = this.#stored.get(key);
    if (!entry) return null;
    return entry.by === tab || entry.visible.has(tab) || !tab.seen.has(key) ? entry.value : tab.seen.get(key);
  }

  write(tab, key, value) {
    if (!tab.isAlive) return;
    for (const other of this.tabs) other.seen.set(key, other === tab ? value : this.read(other, key));
    const entry = { value, by: tab, visible: new Set() };
    this.#stored.set(key, entry);
    for (const other of this.tabs.filter((one) => one !== tab)) {
      this.at(this.storeDelay(), () => {
        entry.visible.add(other);
        if (other.isAlive && !other.isFrozen) other.core.checkStorage();
      });
    }
  }

  tell(tab, news) {
    for (const other of this.tabs.filter((one) => one !== tab)) {
      this.at(this.newsDelay(), () => other.isAlive && !other.isFrozen && other.core.receive(structuredClone(news)));
    }
  }

  send(tab, url, init, signal) {
    if (!tab.isAlive) return never();
    const request = { path: new URL(url).pathname, form: Object.fromEntries(init.body ?? []), at: this.elapsed };
    const { delay, loseRequest, loseResponse, answer } = this.weather(request);
    this.requests.push(request);
    const isRefresh = request.path === '/token';
    return new Promise((resolve, reject) => {
      const fail = () => reject(new TypeError('fetch failed'));
      const given = this.at(tab.settings.requestTimeout, fail);
      signal.addEventListener('abort', fail);
      if (loseRequest) return;
      this.at(delay / 2, () => {
        this.inFlight += isRefresh ? 1 : 0;
        this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
        const [status, body, headers] = answer ?? this.#serve(request);
        request.status = status;
        this.at(delay / 2, () => {
          this.inFlight -= isRefresh ? 1 : 0;
          if (loseResponse || !tab.isAlive) return;
          this.cancel(given);
          resolve(answerOf(status, body, headers));
        });
      });
    });
  }

  #serve({ path, form }) {
    if (path.endsWith('/token')) return this.authority.refresh(form.refresh_token);
    if (path === '/revoke') return this.authority.revoke(form.token);
    if (path.endsWith('/browser/logout')) {
      if (this.cookie !== null) this.authority.revoke(this.cookie);
      this.cookie = null;
      return [204, null];
    }
    if (path.endsWith('/browser/refresh')) return this.#refreshByCookie();
    throw new Error(`nobody serves ${path}`);
  }

  #refreshByCookie() {
    if (this.cookie === null) return [400, { code: 'RSC1207' }];
    const [status, body] = this.authority.refresh(this.cookie);
    if (status !== 200) return [400, { code: 'RSC1208', reason: body.reason, explanation: body.explanation }];
    const { refresh_token, ...shown } = body;
    this.cookie = refresh_token;
    return [200, shown];
  }
}

export function answerOf(status, body, headers = {}) {
  return {
    status, ok: status < 300, headers: new Headers({ 'content-type': 'application/json', ...headers }),
    json: async () => (typeof body === 'string' ? JSON.parse(body) : body), text: async () => (body === null ? '' : JSON.stringify(body)),
  };
}

class Tab {
  isAlive = true;
  isFrozen = false;
  seen = new Map();
  changes = [];
  cleared = [];

  constructor(world, options) {
    this.settings = readSettings({ authority: 'https://auth.example', mode: 'bearer', ...options }, page);
    const store = { read: (key) => world.read(this, key), write: (key, value) => world.write(this, key, value) };
    this.shared = createShared(store, this.settings.isCookie);
    const context = {
      settings: this.settings,
      endpoint: createEndpoint(this.settings, (...call) => world.send(this, ...call), world.now),
      shared: this.shared,
      now: world.now,
      elapsed: () => world.elapsed,
      random: world.random,
      pause: (ms, signal) => new Promise((resolve) => {
        const timer = world.at(ms, () => this.isAlive && resolve());
        signal?.addEventListener('abort', () => {
          world.cancel(timer);
          resolve();
        });
      }),
      lock: world.hasLocks ? (work) => world.lock(this, work) : leaseLock(store, world.now, world.random, (ms) => context.pause(ms)),
      post: (news) => this.isAlive && world.tell(this, news),
      clear: (where) => this.cleared.push(where),
      changed: (state, end) => this.changes.push([state, end?.reason ?? null]),
    };
    this.core = createCore(context);
    void this.core.sendLogouts();
  }
}
