/** A clock that a test moves. */
export class ManualClock {
  #monotonicMs = 1_000;
  #wallMs;

  constructor(second = 1_767_225_600) {
    this.#wallMs = second * 1000;
  }

  monotonicMs() {
    return this.#monotonicMs;
  }

  wallMs() {
    return this.#wallMs;
  }

  get second() {
    return Math.floor(this.#wallMs / 1000);
  }

  pass(ms) {
    this.#monotonicMs += ms;
    this.#wallMs += ms;
  }

  /** Steps the wall clock alone. */
  step(ms) {
    this.#wallMs += ms;
  }

  /** As when the machine was suspended: the monotonic clock stands still. */
  suspend(ms) {
    this.#wallMs += ms;
  }
}
