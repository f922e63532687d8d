import type { Clock } from './clock.js';

/** How far ahead a wall clock is believed at once: one minute. */
const toleranceMs = 60_000;

/** How long a wall clock stands further ahead before anything is forgotten by it: one day. */
export const patienceToForgetMs = 86_400_000;

/** How long a wall clock has been ahead, and by how much at least. */
interface Lead {
  readonly isTooFar: boolean;
  readonly sinceMs: number;
  readonly leastMs: number;
}

/**
 * Time that nobody makes jump by setting a clock. It begins with the wall clock and goes on with the time that passes; a wall clock that is
 * behind it, or a little ahead, is believed at once, and one further ahead only after it has stood so for a while. The time that passes is not
 * counted while a machine is suspended: then the wall clock is ahead, and what is forgotten by this clock is only kept longer. It sees a wall
 * clock when it is asked, so whoever depends on it asks often.
 */
export class SteadyClock {
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #offsetMs: number;
  #acceptedMs = 0;
  #lead: Lead | null = null;

  constructor(clock: Clock, patienceMs: number) {
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.#offsetMs = clock.wallMs() - clock.monotonicMs();
  }

  /** The time that is believed, in milliseconds since the Unix epoch: never after the wall clock. */
  believedMs(): number {
    const monotonicMs = this.#clock.monotonicMs();
    const nowMs = monotonicMs + this.#offsetMs;
    const setByMs = this.#clock.wallMs() - nowMs;
    this.#look(setByMs, monotonicMs);
    return nowMs + (this.#isTooFar(setByMs) ? this.#acceptedMs : setByMs);
  }

  /** Of a wall clock that is ahead the least lead in all that time is accepted. A jump begins a time of its own, and so does the end of one. */
  #look(setByMs: number, monotonicMs: number): void {
    if (setByMs <= this.#acceptedMs) {
      this.#acceptedMs = setByMs;
      this.#lead = null;
      return;
    }
    const isTooFar = this.#isTooFar(setByMs);
    const before = this.#lead?.isTooFar === isTooFar ? this.#lead : { isTooFar, sinceMs: monotonicMs, leastMs: setByMs };
    const lead = { ...before, leastMs: Math.min(before.leastMs, setByMs) };
    const isAccepted = monotonicMs - lead.sinceMs >= this.#patienceMs;
    if (isAccepted) this.#acceptedMs = lead.leastMs;
    this.#lead = isAccepted ? null : lead;
  }

  #isTooFar(setByMs: number): boolean {
    return setByMs > this.#acceptedMs + toleranceMs;
  }
}
