// node bench/node/builds.mjs BEFORE AFTER: two builds of the program (their Rescind.Cli.dll) beside each other, and the first once more beside
// itself. Of each: durable refreshes and revocations by 64 callers, per second, and the server's processor time for a refresh, a revocation and
// an idle poll. Servers and rounds take turns.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const rounds = 9;
const callers = 64;
const millisecondsOfWindow = 1000;
const ticksPerSecond = 100;

const [before, after] = process.argv.slice(2);
if (after === undefined) throw new Error('usage: node bench/node/builds.mjs BEFORE/Rescind.Cli.dll AFTER/Rescind.Cli.dll');

const ends = [];

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => { probe.once('listening', resolve); });
  const { port } = probe.address();
  await new Promise((resolve) => { probe.close(resolve); });
  return port;
}

class Build {
  #agent = new Agent({ keepAlive: true, maxSockets: callers });

  static async start(name, program) {
    const [build, port] = [new Build(), await freePort()];
    const data = await mkdtemp(join(tmpdir(), 'rescind-builds-'));
    build.name = name;
    build.port = port;
    build.server = spawn('dotnet', [program, 'serve', '--urls', `http://127.0.0.1:${port}`, '--data', data], { stdio: 'ignore' });
    ends.push(async () => {
      build.server.kill();
      await new Promise((resolve) => { build.server.once('exit', resolve); });
      await rm(data, { recursive: true });
    });
    await build.#ready();
    const admin = JSON.parse(await readFile(join(data, 'admin.json'), 'utf8'));
    build.admin = await build.#bearer(admin, 'admin');
    const feed = await build.#json('POST', '/v1/clients', { client_id: 'bench', kind: 'confidential', scopes: ['feed'] });
    build.feed = await build.#bearer(feed, 'feed');
    build.instances = Array.from({ length: callers }, () => randomUUID());
    build.refreshTokens = [];
    for (let i = 0; i < callers; i++) {
      const session = await build.#json('POST', '/v1/sessions', { subject: `person-${i}`, audience: 'orders' });
      build.refreshTokens.push(session.refresh_token);
    }
    return build;
  }

  async refresh(caller) {
    const answer = await this.#form('/token', { grant_type: 'refresh_token', client_id: 'web', refresh_token: this.refreshTokens[caller] });
    this.refreshTokens[caller] = answer.refresh_token;
  }

  #revoked = 0;

  async revoke() {
    await this.#json('POST', '/v1/revocations', { match: { token: `token-${this.name}-${this.#revoked++}` }, reason: 'measured' });
  }

  async poll(caller) {
    const { epoch, head, chain } = this.place;
    const query = new URLSearchParams({
      epoch, after: head, chain, wait: 0, nonce: `n-${caller}`, verifier: 'bench', instance: this.instances[caller], bound: 5,
    });
    await this.#send('GET', `/v1/feed?${query}`, { authorization: this.feed });
  }

  async findPlace() {
    const lines = await this.#send('GET', '/v1/feed/snapshot', { authorization: this.feed });
    this.place = JSON.parse(lines.slice(0, lines.indexOf('\n')));
  }

  async processorSeconds() {
    const fields = (await readFile(`/proc/${this.server.pid}/stat`, 'utf8')).split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }

  async #ready() {
    for (let i = 0; i < 300; i++) {
      try {
        return await this.#send('GET', '/health/ready', {});
      } catch {
        await delay(100);
      }
    }
    throw new Error(`${this.name} does not start.`);
  }

  async #bearer({ client_id: id, client_secret: secret }, scope) {
    const answer = await this.#form('/token', { grant_type: 'client_credentials', scope, client_id: id, client_secret: secret });
    return `Bearer ${answer.access_token}`;
  }

  async #form(path, form) {
    return JSON.parse(await this.#send('POST', path, { 'content-type': 'application/x-www-form-urlencoded' }, new URLSearchParams(form).toString()));
  }

  async #json(method, path, body) {
    const headers = { 'content-type': 'application/json', authorization: this.admin };
    return JSON.parse(await this.#send(method, path, headers, JSON.stringify(body)));
  }

  #send(method, path, headers, body) {
    return new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port: this.port, method, path, headers, agent: this.#agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => {
          if (response.statusCode < 300) resolve(text);
          else reject(new Error(`${method} ${path.split('?')[0]}: ${response.statusCode} ${text}`));
        });
      });
      call.on('error', reject).end(body);
    });
  }
}

async function measure(build, act) {
  const [started, spent] = [performance.now(), await build.processorSeconds()];
  let done = 0;
  await Promise.all(Array.from({ length: callers }, async (_, caller) => {
    while (performance.now() - started < millisecondsOfWindow) {
      await act(build, caller);
      done++;
    }
  }));
  return { rate: done / ((performance.now() - started) / 1000), cpu: ((await build.processorSeconds()) - spent) / done };
}

const acts = {
  refresh: (build, caller) => build.refresh(caller),
  revocation: (build) => build.revoke(),
  'idle poll': (build, caller) => build.poll(caller),
};
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const words = (numbers) => `${median(numbers).toFixed(2)} [${Math.min(...numbers).toFixed(2)}..${Math.max(...numbers).toFixed(2)}]`;

try {
  const builds = [await Build.start('before', before), await Build.start('again', before), await Build.start('after', after)];
  console.log('| | rate, after / before | rate, before / itself | CPU, after / before | CPU, before / itself |\n|---|---|---|---|---|');
  for (const [name, act] of Object.entries(acts)) {
    for (const build of builds) {
      await build.findPlace();
      await measure(build, act);
    }
    const found = [];
    for (let round = 0; round < rounds; round++) {
      const results = {};
      for (const build of round % 2 === 0 ? builds : builds.toReversed()) results[build.name] = await measure(build, act);
      found.push(results);
    }
    const ratio = (one, other, what) => words(found.map((round) => round[one][what] / round[other][what]));
    console.log(`| ${name} | ${ratio('after', 'before', 'rate')} | ${ratio('again', 'before', 'rate')} `
      + `| ${ratio('after', 'before', 'cpu')} | ${ratio('again', 'before', 'cpu')} |`);
  }
} finally {
  for (const end of ends) await end();
}
