// Between browser and app: loses requests and answers, and remembers every refresh. It serves the page of the tests, too.
import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const page = `<!doctype html><meta charset="utf-8"><title>test</title><body>
<script type="importmap">{ "imports": { "@rescind/browser": "/rescind/index.js", "@rescind/browser/socket": "/rescind/socket.js" } }</script>`;

/** What becomes of a request: `loseRequest`, `loseResponse`, or nothing special. */
const fair = () => ({});

/** Starts a proxy before the app at `target`, for as long as the test runs. */
export async function startProxy(test, target) {
  const proxy = { url: '', weather: fair, refreshes: [], logouts: [], mostAtOnce: 0, lifetimeSeconds: null, given: new Map() };
  let atOnce = 0;
  const server = createServer(async (request, response) => {
    if (/^\/page\b/.test(request.url)) {
      response.setHeader('content-type', 'text/html');
      response.end(page);
      return;
    }
    const { loseRequest, loseResponse } = proxy.weather(request.url);
    if (loseRequest) {
      request.socket.destroy();
      return;
    }
    if (isTooOld(request, proxy)) {
      response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"', connection: 'close' }).end();
      return;
    }
    const body = await all(request);
    const isRefresh = request.url === '/auth/browser/refresh' || (request.url === '/auth/token' && `${body}`.includes('rt_'));
    proxy.mostAtOnce = Math.max(proxy.mostAtOnce, atOnce += isRefresh ? 1 : 0);
    // Long enough for a second one to be noticed.
    if (isRefresh) await delay(20);
    const answer = await forward(target, request, body);
    atOnce -= isRefresh ? 1 : 0;
    if (isRefresh) proxy.refreshes.push(refreshOf(request, body, answer));
    if (/\/(logout|revoke)$/.test(request.url)) proxy.logouts.push(answer.status);
    if (loseResponse) {
      request.socket.destroy();
      return;
    }
    const shown = shortened(answer, proxy);
    // Each request on a connection of its own: a browser repeats by itself what is lost on one that was used before.
    response.writeHead(answer.status, { ...answer.headers, connection: 'close' }).end(shown);
  }).listen(0, '127.0.0.1');
  server.on('upgrade', (request, socket, head) => tunnel(target, request, socket, head));
  await once(server, 'listening');
  proxy.url = `http://127.0.0.1:${server.address().port}`;
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return proxy;
}

/** A WebSocket, passed through as it is. */
function tunnel(target, { method, url, rawHeaders }, socket, head) {
  const { hostname, port } = new URL(target);
  const app = connect(Number(port), hostname, () => {
    const headers = Array.from({ length: rawHeaders.length / 2 }, (_, i) => `${rawHeaders[2 * i]}: ${rawHeaders[2 * i + 1]}\r\n`);
    app.write(`${method} ${url} HTTP/1.1\r\n${headers.join('')}\r\n`);
    app.write(head);
    socket.pipe(app).pipe(socket);
  });
  app.on('error', () => socket.destroy());
  socket.on('error', () => app.destroy());
}

async function all(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function forward(target, { method, url, headers }, body) {
  const asking = ask(target + url, { method, headers: { ...headers, connection: 'close' } }).end(body);
  const [answer] = await once(asking, 'response');
  const { 'transfer-encoding': _, ...rest } = answer.headers;
  return { status: answer.statusCode, headers: rest, body: await all(answer) };
}

// The Authority mints nothing that lives for less than 10 s, and APIs have a leeway. Here a token lives as long as its answer says, to the page and
// to the app behind.
function shortened({ headers, body }, { lifetimeSeconds, given }) {
  const [, token] = /"access_token":"([^"]+)"/.exec(body) ?? [];
  if (lifetimeSeconds === null || !token) return body;
  given.set(token, performance.now());
  delete headers['content-length'];
  return `${body}`.replace(/"expires_in":\d+/, `"expires_in":${lifetimeSeconds}`);
}

function isTooOld({ headers }, { lifetimeSeconds, given }) {
  return performance.now() - given.get(headers.authorization?.slice('Bearer '.length)) > lifetimeSeconds * 1000;
}

function refreshOf(request, body, { status, headers, body: answer }) {
  // Exactly that long: an access token, too, may happen to hold the prefix.
  const refreshToken = /(?<![\w-])rt_[\w-]{72}(?![\w-])/;
  const [presented] = refreshToken.exec(request.headers.cookie ?? `${body}`) ?? [null];
  const [given] = refreshToken.exec(`${headers['set-cookie'] ?? ''}${answer}`) ?? [null];
  return { status, presented: generationOf(presented), given: generationOf(given) };
}

/** The generation that a refresh token carries: version, key and session come before it. */
function generationOf(token) {
  return token === null ? null : Buffer.from(token.slice(3), 'base64url').readUInt32BE(18);
}
