import { tellApp } from './app-code.js';
import { sentence, type ErrorCode } from './errors.js';
import type { LogLine } from './options.js';
import type { Replica } from './replication/replica.js';

/** How current a verifier is: for probes, screens and tests. */
export interface Health {
  /** Fresh is healthy; late, above half of the bound, is degraded; stale, too old for the log or not ready is unhealthy. */
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  /** Whether the first answer was applied and acknowledged. Never false again. */
  readonly isReady: boolean;
  /** Whether a valid token is accepted now. */
  readonly isFresh: boolean;
  /** Whether the log holds something that this version does not know (RSC3205): stale until the package is updated. */
  readonly isTooOld: boolean;
  /** How old the last proof of being current is; null without one. */
  readonly ageMs: number | null;
  readonly boundMs: number;
  /** Which log is followed; empty before the first snapshot. */
  readonly epoch: string;
  /** The newest position applied. */
  readonly position: number;
  /** How many matches are held. */
  readonly entries: number;
  /** How many older logs are judged beside the present one. */
  readonly forks: number;
  /** The last thing that went wrong with the feed; null while all is well. Never a secret. */
  readonly trouble: string | null;
}

export function healthOf(replica: Replica, boundMs: number, trouble: string | null): Health {
  const ageMs = replica.ageMs();
  const isFresh = replica.isReady && ageMs <= boundMs;
  return {
    status: !isFresh ? 'unhealthy' : ageMs > boundMs / 2 ? 'degraded' : 'healthy',
    isReady: replica.isReady,
    isFresh,
    isTooOld: replica.isTooOld,
    ageMs: Number.isFinite(ageMs) ? ageMs : null,
    boundMs,
    epoch: replica.head?.epoch ?? '',
    position: replica.head?.position ?? 0,
    entries: replica.count,
    forks: replica.forks,
    trouble,
  };
}

/** Tells of changes, never of repetitions. */
export class Reporter {
  readonly #log: (line: LogLine) => void;
  readonly #strangers = new Set<string>();
  #last: Health | null = null;

  constructor(log: (line: LogLine) => void) {
    this.#log = log;
  }

  report(health: Health): void {
    const last = this.#last;
    this.#last = health;
    if (health.isFresh && !last?.isFresh) this.#say('info', null, `The replica is current: epoch ${health.epoch}, ${health.entries} entries.`);
    if (!health.isFresh && last?.isFresh) this.#say('error', 'RSC3201', sentence('RSC3201', `It is ${Math.round(health.ageMs ?? 0)} ms old.`));
    if (health.forks > (last?.forks ?? 0)) this.#say('error', 'RSC3206', sentence('RSC3206', `${health.forks} older logs are judged beside it.`));
    if (health.trouble !== null && health.trouble !== last?.trouble) {
      this.#say(health.isTooOld ? 'error' : 'warn', health.trouble.split(' ', 1)[0] as ErrorCode, health.trouble);
    }
  }

  /** A token names an issuer that is trusted here and not registered; said once for each. */
  strangerMet(issuer: string): void {
    if (this.#strangers.has(issuer)) return;
    this.#strangers.add(issuer);
    this.#say('warn', 'RSC3302', sentence('RSC3302', `It is ${issuer}.`));
  }

  /** Danger is said at each start. */
  insecure(): void {
    this.#say('warn', 'RSC3003', sentence('RSC3003', 'It was allowed, for development.'));
  }

  keysUnavailable(issuer: string, failure: unknown): void {
    this.#say('warn', 'RSC3301', sentence('RSC3301', `It is ${issuer}: ${(failure as Error)?.message}`));
  }

  #say(level: LogLine['level'], code: ErrorCode | null, message: string): void {
    tellApp(() => this.#log({ level, code, message }));
  }
}

/** Warnings and errors to the console, which is where nobody asked for diagnostics and somebody should see them. */
export function logToConsole({ level, message }: LogLine): void {
  if (level !== 'info') console[level](message);
}
