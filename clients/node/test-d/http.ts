// The adapters fit the types of the frameworks, which they do not import.
import express from 'express';
import { expressjwt } from 'express-jwt';
import Fastify from 'fastify';
import { createServer } from 'node:http';
import type { ValidVerdict, Verifier } from '@rescind/node';
import { isRevoked } from '@rescind/node/express-jwt';
import * as forExpress from '@rescind/node/express';
import * as forFastify from '@rescind/node/fastify';

declare const verifier: Verifier;

const app = express();
app.use(forExpress.protect(verifier, { maxStaleness: 2 }));
app.get('/orders', forExpress.protect(verifier, { maxAge: 300 }), (request, response) => {
  const verdict: ValidVerdict = forExpress.verdictOf(request);
  response.send(verdict.token.subject);
});
app.use(expressjwt({ secret: 'secret', algorithms: ['ES256'], isRevoked: isRevoked(verifier) }));

const fastify = Fastify();
await fastify.register(forFastify.rescind, { verifier, maxStaleness: 2 });
fastify.get('/orders', { onRequest: forFastify.protect(verifier, { acr: ['mfa'] }) }, async (request) => forFastify.verdictOf(request).claims);
// @ts-expect-error: the plugin needs the verifier
await fastify.register(forFastify.rescind, {});

createServer((request, response) => forExpress.protect(verifier)(request, response, () => response.end()));
// @ts-expect-error: a demand has names
forExpress.protect(verifier, { maxStale: 2 });
