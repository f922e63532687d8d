// Follows a page as printed, from a folder that holds nothing but a clone: commands are run, files are written, and what is said to be
// printed must be. A page says in words what is not a command: "terminal" opens another one, in the clone; "`export` lines" pastes those
// that were printed last; a paragraph that ends by naming a file writes the block below it; "the program above" writes the one before.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cloneInto, root } from './clone.mjs';
import { commandsOf, stepsOf } from './page.mjs';
import { Terminal } from './terminal.mjs';

const file = /`([\w-]+\.(?:cs|m?js|json))`/;

// No servers of the build that outlive it, and nothing that ./check has looked at already.
const quiet = {
  DOTNET_CLI_TELEMETRY_OPTOUT: '1', DOTNET_NOLOGO: '1', MSBUILDDISABLENODEREUSE: '1', UseSharedCompilation: 'false', RunAnalyzers: 'false',
  NuGetAudit: 'false', npm_config_audit: 'false', npm_config_fund: 'false', npm_config_prefer_offline: 'true',
};

/** A folder with a clone in it and nothing else. Pages are followed one after the other; what one makes is gone before the next. */
export class Desk {
  #folder;
  #environment;

  constructor(folder, environment) {
    [this.#folder, this.#environment] = [folder, environment];
  }

  /** `environmentIn(folder)` gives what else a reader's terminals have in their environment. */
  static async create(environmentIn = () => ({})) {
    const folder = await mkdtemp(join(tmpdir(), 'rescind-guides-'));
    await cloneInto(folder);
    return new Desk(folder, environmentIn(folder));
  }

  get clone() {
    return join(this.#folder, 'rescind');
  }

  /** Follows a page, or one of its sections, and gives the number of commands that were run. */
  async follow(page, section) {
    return this.followText(await readFile(join(root, page), 'utf8'), section);
  }

  async followText(text, section) {
    const reader = new Reader(this.clone, this.#environment, await freeUrl(), await freeUrl());
    try {
      for (const step of stepsOf(text, section)) await reader.take(step);
      return reader.ran;
    } finally {
      reader.leave();
      for (const path of ['orders', 'rescind/data', 'rescind/session.json']) await this.#clear(path);
    }
  }

  remove() {
    return this.#clear('.');
  }

  #clear(path) {
    return rm(join(this.#folder, path), { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

class Reader {
  /** How many commands were run. */
  ran = 0;

  #clone;
  #environment;
  #authority;
  #api;
  #terminals = [];
  #exports = [];
  #program;
  #target;

  constructor(clone, environment, authority, api) {
    [this.#clone, this.#environment, this.#authority, this.#api] = [clone, environment, authority, api];
  }

  async take({ text, language, code }) {
    if (text) await this.#read(text);
    else if (language === 'console') for (const each of commandsOf(code)) await this.#run(each);
    else await this.#keep(code);
  }

  leave() {
    for (const terminal of this.#terminals) terminal.stop();
  }

  async #read(text) {
    if (/\bterminal\b/.test(text) || this.#terminals.length === 0) this.#open();
    if (text.includes('`export` lines')) await this.#terminals.at(-1).paste(this.#exports);
    this.#target = text.match(file)?.[1];
    if (this.#target && text.includes('the program above')) await this.#write(this.#program);
  }

  // Any port of this machine is as good as the printed one, which another program may have.
  #open() {
    this.#terminals.push(new Terminal(this.#clone, {
      ...process.env, ...quiet, ...this.#environment,
      ASPNETCORE_URLS: this.#authority, RESCIND_AUTHORITY: this.#authority, PORT: new URL(this.#api).port,
    }));
  }

  async #keep(code) {
    this.#program = code;
    if (this.#target) await this.#write(code);
  }

  async #write(code) {
    const folder = (await this.#terminals.at(-1).run('pwd')).trim();
    await writeFile(join(folder, this.#target), code);
    this.#target = undefined;
  }

  // 503 says "try again": a reader does.
  async #run({ command, prints }) {
    const line = command.replaceAll('http://127.0.0.1:5080', this.#api);
    let output = await this.#terminals.at(-1).run(line);
    for (const end = Date.now() + 30_000; output.includes('503 Service Unavailable') && Date.now() < end; await delay(1000)) {
      output = await this.#terminals.at(-1).run(line);
    }
    this.ran++;
    const exported = output.split('\n').filter((text) => text.startsWith('export '));
    if (exported.length > 0) this.#exports = exported;
    for (const printed of prints) assert.ok(output.includes(printed), `${command} did not print ${printed}:\n${output}`);
  }
}

async function freeUrl() {
  const server = createServer();
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address();
  await new Promise((resolve) => { server.close(resolve); });
  return `http://127.0.0.1:${port}`;
}
