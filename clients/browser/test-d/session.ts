// Compiled, never run: what the types promise, and what they refuse.
import {
  openSession, type Session, type SessionEnd, SessionError, type SessionErrorCode, type SessionState, type SessionTokens,
} from '@rescind/browser';
import { openSocket, type Socket, type SocketEnd, type SocketState } from '@rescind/browser/socket';

const session: Session = openSession({ authority: '/auth' });
openSession({ authority: 'https://auth.example', mode: 'bearer', clientId: 'web', origins: ['https://api.example'], clears: 'own' });

// @ts-expect-error The Authority is required.
openSession({});
// @ts-expect-error There are two modes.
openSession({ authority: '/auth', mode: 'memory' });
// @ts-expect-error The state is read alone.
session.state = 'live';

const state: SessionState = session.state;
// @ts-expect-error It is one of four words.
state === 'logged in';

const end: SessionEnd | null = session.end;
const reason: string | null | undefined = end?.reason;
const isLive: boolean = await session.resume();
const isTold: boolean = await session.logout();
const answer: Response = await session.fetch('/orders', { method: 'POST', body: 'x' });
const factory: () => Promise<string> = session.accessToken;
const stop: () => void = session.onChange((next: SessionState, why: SessionEnd | null) => void [next, why]);

const tokens: SessionTokens = { access_token: 'a', expires_in: 300 };
await session.start(tokens);
await session.start(async () => tokens);
// @ts-expect-error A login gives tokens.
await session.start({ access_token: 'a' });

await session.accessToken('not this one');
const socket: Socket = openSocket(session, '/ticker', { onMessage: (data: string | ArrayBuffer) => void data });
const socketState: SocketState = socket.state;
const why: number | null | undefined = socket.end?.code;
const isSent: boolean = socket.send(new Uint8Array(1));
// @ts-expect-error Text or bytes.
socket.send({});
openSocket(session, 'wss://api.example/ticker', {
  tickets: '/tickets', onChange: (next: SocketState, closed: SocketEnd | null) => void [next, closed],
});

const code: SessionErrorCode = new SessionError('RSC5101').code;
// @ts-expect-error Codes are known.
new SessionError('nonsense');
void [reason, isLive, isTold, answer, factory, stop, socketState, why, isSent, code];
