/** One connection, from its handshake to its close. */
export type Connection = ReturnType<typeof connect>;

export interface ConnectionOptions {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly token: string;

  /** Whether the token goes first; otherwise the URL carries a ticket for it. */
  readonly tokenFirst: boolean;

  /** Another token than this one. */
  renew(token: string): Promise<string>;
  opened(): void;
  received(data: string | ArrayBuffer): void;
  dropped(count: number): void;
}

const prefix = 'rescind:';
const handshakeMs = 15_000;

// What is sent while a new token is under way; more is refused.
const mostHeld = 100;

/** Opens one. Text messages that begin with `rescind:` are between client and verifier: a new token is asked for and given. */
export function connect(options: ConnectionOptions) {
  const socket = new WebSocket(options.url, [...options.protocols]);
  socket.binaryType = 'arraybuffer';
  let { token } = options;
  let openedAt: number | null = null;
  let [isRenewing, refusals] = [false, 0];
  const held: (string | Blob | BufferSource)[] = [];
  const handshake = setTimeout(() => socket.close(), handshakeMs);

  function open() {
    clearTimeout(handshake);
    openedAt ??= performance.now();
    options.opened();
  }

  function offer() {
    if (socket.readyState === WebSocket.OPEN) socket.send(`${prefix}token ${token}`);
  }

  // If there is no other token now, the verifier closes in time, and the next connection waits for one.
  function renew() {
    isRenewing = true;
    options.renew(token).then((next) => {
      token = next;
      offer();
    }, release);
  }

  function release() {
    isRenewing = false;
    for (const data of held.splice(0)) socket.send(data as string);
  }

  function control(word: string | undefined, count: number) {
    if (word === 'renew' || (word === 'refused' && refusals++ === 0)) renew();
    else if (word === 'refused') release();
    else if (word === 'renewed') {
      refusals = 0;
      if (openedAt === null) open();
      release();
      if (count > 0) options.dropped(count);
    }
  }

  socket.onopen = () => (options.tokenFirst ? offer() : open());
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (typeof data === 'string' && data.startsWith(prefix)) {
      const [word, count] = data.slice(prefix.length).split(' ');
      control(word, Number(count ?? 0));
    } else if (openedAt !== null) options.received(data);
  };
  return {
    /** False if it cannot be taken now. */
    send(data: string | Blob | BufferSource) {
      if (openedAt === null || socket.readyState !== WebSocket.OPEN || held.length >= mostHeld) return false;
      if (isRenewing) held.push(data);
      else socket.send(data as string);
      return true;
    },
    close: () => socket.close(),
    /** Comes once, whatever happens. `openMs` is for how long the app had the connection. */
    closed: new Promise<{ code: number; reason: string; openMs: number; token: string }>((resolve) => {
      socket.onclose = ({ code, reason }) => {
        clearTimeout(handshake);
        if (held.length > 0) options.dropped(held.length);
        resolve({ code, reason, openMs: openedAt === null ? 0 : performance.now() - openedAt, token });
      };
    }),
  };
}
