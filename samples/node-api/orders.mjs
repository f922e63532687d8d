import express from 'express';
import { createVerifier } from '@rescind/node';
import { protect, verdictOf } from '@rescind/node/express';

const { env } = process;
const verifier = await createVerifier({
  authority: env.Rescind__Authority, audience: env.Rescind__Audience ?? 'orders',
  clientId: env.Rescind__ClientId, clientSecret: env.Rescind__ClientSecret,
  allowInsecureLoopback: env.NODE_ENV === 'development',
});

const app = express();
app.get('/orders', protect(verifier), (request, response) => {
  response.json([{ id: 1, item: 'a book', subject: verdictOf(request).token.subject }]);
});
app.post('/transfers', protect(verifier, { maxStaleness: 2, maxAge: 300 }), (_, response) => {
  response.sendStatus(202);
});
app.get('/health/ready', (_, response) => {
  response.status(verifier.health.isFresh ? 200 : 503).send(verifier.health.status);
});

const port = Number(env.PORT ?? 5080);
app.listen(port, '127.0.0.1', () => console.log(`Listening at http://127.0.0.1:${port}`));
