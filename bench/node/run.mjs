// node bench/node/run.mjs: all ways interleaved in each round, ratios inside each round, CPU time of the server process.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { fileURLToPath } from 'node:url';

const rounds = 9;
const windowMs = 2_000;
const callers = 32;
const ways = ['none', 'none again', 'fast-jwt', 'fast-jwt-cache', 'rescind'];
// A ratio is to be at most the goal; where the same stands beside itself, within 7 % of 1, or the run does not count.
const pairs = [['none again', 'none', 1.07], ['rescind', 'fast-jwt-cache', 1.25], ['rescind', 'fast-jwt', 0.4]];

async function start(way) {
  const process_ = fork(fileURLToPath(new URL('server.mjs', import.meta.url)), [way.split(' ')[0]], { execArgv: ['--max-old-space-size=8192'] });
  const [{ port, tokens }] = await once(process_, 'message');
  const cpu = async () => {
    process_.send('cpu');
    const [{ cpuMicroseconds }] = await once(process_, 'message');
    return cpuMicroseconds;
  };
  return { port, tokens, cpu, agent: new Agent({ keepAlive: true, maxSockets: callers }), stop: () => process_.kill() };
}

function call({ port, agent }, token) {
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.resume().once('end', resolve);
    }).once('error', reject);
  });
}

/** CPU microseconds of the server for one request. */
async function measure(server) {
  const before = await server.cpu();
  const until = performance.now() + windowMs;
  let calls = 0;
  await Promise.all(Array.from({ length: callers }, async () => {
    while (performance.now() < until) await call(server, server.tokens[calls++ % server.tokens.length]);
  }));
  return (await server.cpu() - before) / calls;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const spread = (numbers) => `${median(numbers).toFixed(2)} [${Math.min(...numbers).toFixed(2)}..${Math.max(...numbers).toFixed(2)}]`;

const servers = new Map();
for (const way of ways) servers.set(way, await start(way));
for (const server of servers.values()) await measure(server);
const results = new Map(ways.map((way) => [way, []]));
for (let round = 0; round < rounds; round++) {
  for (const way of round % 2 === 0 ? ways : ways.toReversed()) results.get(way).push(await measure(servers.get(way)));
}
for (const server of servers.values()) server.stop();

console.log('| way | CPU us a request |\n|---|---|');
for (const way of ways) console.log(`| ${way} | ${spread(results.get(way))} |`);
console.log('\n| pair | ratio inside each round | goal | rounds that meet it |\n|---|---|---|---|');
for (const [a, b, goal] of pairs) {
  const ratios = results.get(a).map((cpu, i) => cpu / results.get(b)[i]);
  console.log(`| ${a} / ${b} | ${spread(ratios)} | ${goal} | ${ratios.filter((ratio) => ratio <= goal).length} of ${rounds} |`);
}
process.exit();
