interface Waiting {
  readonly target: number;
  readonly resolve: () => void;
}

/** Promises that are kept in the order in which they were asked for, each with a way out through its signal. */
export class Waiters {
  #waiting: Waiting[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  /** @param target for `wakeUpTo` @throws the signal's reason when it aborts first */
  wait(signal: AbortSignal, target = 0): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== entry);
        reject(signal.reason as Error);
      };
      const entry: Waiting = {
        target,
        resolve: () => {
          signal.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(entry);
    });
  }

  wakeOne(): void {
    this.#waiting.shift()?.resolve();
  }

  wakeAll(): void {
    this.wakeUpTo(Number.POSITIVE_INFINITY);
  }

  /** Wakes from the front while targets are not beyond `reached`. */
  wakeUpTo(reached: number): void {
    while (this.#waiting.length > 0 && (this.#waiting[0] as Waiting).target <= reached)
      this.wakeOne();
  }
}
