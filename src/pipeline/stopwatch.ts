/** Adds up the time during which something was so. */
export class Stopwatch {
  #total = 0;
  #since: number | undefined;

  /** @param now ms, monotonic */
  set(running: boolean, now: number): void {
    if (running === (this.#since !== undefined)) return;
    if (this.#since !== undefined) this.#total += now - this.#since;
    this.#since = running ? now : undefined;
  }

  /** ms up to now */
  total(now: number): number {
    return this.#total + (this.#since === undefined ? 0 : now - this.#since);
  }
}
