import { ExponentialBackoff, halfJitterGenerator, type IBackoff } from 'cockatiel';

const FIRST_MS = 250;
const LONGEST_MS = 30_000;

const policy = new ExponentialBackoff({
  generator: halfJitterGenerator,
  initialDelay: FIRST_MS,
  maxDelay: LONGEST_MS,
});

/** Pauses between attempts: 250 ms doubling up to 30 s, each shortened by up to half at random. */
export class Backoff {
  #next: IBackoff<unknown> | undefined;

  /** @param afterMs the other side asked for at least this pause @returns ms */
  next(afterMs = 0): number {
    this.#next = this.#next === undefined ? policy.next() : this.#next.next(undefined);
    return Math.max(this.#next.duration, afterMs);
  }

  reset(): void {
    this.#next = undefined;
  }
}
