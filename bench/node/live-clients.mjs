// Open connections of both kinds: `heard` is the moment when a word, or the end, arrives.
import { once } from 'node:events';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../clients/node/package.json', import.meta.url));
const { io } = require('socket.io-client');
const { WebSocket } = require('ws');

/** Opens one to the server at a port, `watched` or `plain`. */
export const kinds = {
  async ws(port, way, subject, token) {
    const ws = new WebSocket(`ws://127.0.0.1:${port}/${way}/${subject}`, { headers: { authorization: `Bearer ${token}` } });
    const client = listen(ws, 'message', 'close', () => ws.terminate());
    await once(ws, 'open');
    return client;
  },
  async 'Socket.IO'(port, way, subject, token) {
    const alone = { transports: ['websocket'], forceNew: true, reconnection: false };
    const socket = io(`http://127.0.0.1:${port}/${way}`, { auth: { subject, token }, ...alone });
    const client = listen(socket, 'word', 'disconnect', () => socket.disconnect());
    await new Promise((resolve, reject) => { socket.once('connect', resolve).once('connect_error', reject); });
    return client;
  },
};

function listen(connection, word, end, close) {
  const client = { isOver: false, close };
  client.heard = new Promise((resolve) => {
    connection.once(word, () => resolve(performance.now()));
    connection.once(end, () => {
      client.isOver = true;
      resolve(performance.now());
    });
  });
  return client;
}
