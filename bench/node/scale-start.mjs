// node --expose-gc bench/node/scale-start.mjs URL ID SECRET: a verifier until it is ready. Says how long that took, and what memory (Linux only).
import { readFileSync, writeFileSync } from 'node:fs';
import { createVerifier } from '../../clients/node/dist/index.js';

const [authority, clientId, clientSecret] = process.argv.slice(2);
const read = (name) => 1024 * Number(readFileSync('/proc/self/status', 'utf8').match(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm'))[1]);

gc();
// Sets the peak back to what is resident now.
writeFileSync('/proc/self/clear_refs', '5');
const before = { resident: read('VmRSS'), heap: process.memoryUsage().heapUsed };
const started = performance.now();
const verifier = await createVerifier({ authority, clientId, clientSecret, audience: 'bench', maxStaleness: 60, allowInsecureLoopback: true, log: () => {} });
await verifier.ready;
const seconds = (performance.now() - started) / 1000;
const Peak = read('VmHWM') - before.resident;
gc();
console.log(JSON.stringify({ seconds, Peak, Live: process.memoryUsage().heapUsed - before.heap }));
await verifier.close();
process.exit();
