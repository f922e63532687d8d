// What a route with CloseOnRevocation and TakeTokenFromFirstMessage says on a WebSocket, and nothing more: a test plays the verifier.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

/** Starts one that takes every token. `connections` are in the order of their handshakes: `tokens`, `messages`, `ticket`, `socket`. */
export async function startVerifier(test) {
  const verifier = { url: '', connections: [], tickets: [], greet: accept, renew: accept };
  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'authorization');
    if (request.method !== 'POST') {
      response.writeHead(204).end();
      return;
    }
    verifier.tickets.push(request.headers.authorization);
    response.end(JSON.stringify({ ticket: `ticket-${verifier.tickets.length}`, expires_in: 30 }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  new WebSocketServer({ server }).on('connection', (socket, request) => {
    const connection = { socket, tokens: [], messages: [], ticket: new URL(request.url, 'ws://x').searchParams.get('ticket') };
    verifier.connections.push(connection);
    socket.on('message', (data) => {
      const [, token] = /^rescind:token (.*)$/.exec(`${data}`) ?? [];
      if (token === undefined) connection.messages.push(`${data}`);
      else if (connection.tokens.push(token) === 1) verifier.greet(connection);
      else verifier.renew(connection);
    });
  });
  verifier.url = `http://127.0.0.1:${server.address().port}`;
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return verifier;
}

export const accept = ({ socket }) => socket.send('rescind:renewed 0');
