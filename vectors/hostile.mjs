#!/usr/bin/env node
// usage: node vectors/hostile.mjs [COUNT] [SEED]
// Writes the world of the hostile tokens on one line, and then so many tokens, each on its own. Shares no code with the product.
import { hostileTokens, world } from './generator/hostile.mjs';

const [count = '1000', seed = '1'] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(world)}\n`);
for (const token of hostileTokens(Number(count), Number(seed))) process.stdout.write(`${JSON.stringify(token)}\n`);
