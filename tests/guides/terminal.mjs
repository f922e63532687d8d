// A shell as a reader has it: commands one after the other, with what they leave behind (folder, variables), or one that goes on.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

const patienceMs = 300_000;
const serves = /(^|\s)(\S*rescind serve|dotnet run|node \S+\.mjs)\b/;

export class Terminal {
  #shell;
  #output = '';
  #ended = false;

  /** Whether a program runs here that ends only when it is stopped: the next command needs another terminal. */
  isTaken = false;

  constructor(folder, environment) {
    this.#shell = spawn('bash', ['--norc'], { cwd: folder, env: environment, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.#shell.stdout, this.#shell.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => { this.#output += text; });
    }
    this.#shell.once('exit', () => { this.#ended = true; });
  }

  /** Runs a command to its end, and gives what it wrote; one that serves is left running once it says where. */
  async run(command) {
    if (this.isTaken) throw new Error(`A program runs in this terminal: ${command}`);
    this.isTaken = serves.test(command);
    this.#output = '';
    const mark = randomUUID();
    // Nothing that runs may read the commands that come after it.
    this.#shell.stdin.write(`{ ${command}\n} </dev/null; echo "${mark} $?"\n`);
    const end = new RegExp(`${mark} (\\d+)`);
    await this.#until(() => end.test(this.#output) || (this.isTaken && /https?:\/\/127\.0\.0\.1:\d+/.test(this.#output)), command);
    const [whole, code] = this.#output.match(end) ?? ['', this.isTaken ? '0' : ''];
    if (code !== '0' || (this.isTaken && whole)) throw new Error(`${command} ended with ${code}:\n${this.#output}`);
    return this.#output.replace(whole, '').replaceAll('\r', '');
  }

  /** What is pasted: lines of a shell, without output. */
  paste(lines) {
    return this.run(lines.join('\n'));
  }

  /** Ends the shell and everything that it started. */
  stop() {
    if (this.#ended) return;
    try {
      process.kill(-this.#shell.pid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
  }

  async #until(holds, command) {
    const end = Date.now() + patienceMs;
    while (!holds()) {
      if (this.#ended || Date.now() > end) throw new Error(`${command} did not come to an end:\n${this.#output}`);
      await delay(20);
    }
  }
}
