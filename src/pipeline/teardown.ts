import type { Logger } from 'pino';

type Close = (signal: AbortSignal) => Promise<void> | void;

/** What was started, to be closed in the opposite order, each within what is left of the time. */
export class Teardown {
  readonly #log: Logger;
  readonly #steps: { readonly name: string; readonly close: Close }[] = [];

  constructor(log: Logger) {
    this.#log = log;
  }

  add(name: string, close: Close): void {
    this.#steps.push({ name, close });
  }

  /** Never throws: what cannot be closed is logged. @param limitMs for each step */
  async run(limitMs: number): Promise<void> {
    for (;;) {
      const step = this.#steps.pop();
      if (step === undefined) return;
      const signal = AbortSignal.timeout(limitMs);
      try {
        const closed = Promise.resolve(step.close(signal));
        if (!(await within(closed, signal))) {
          this.#log.warn({ part: step.name }, 'did not close in time');
        }
      } catch (error) {
        this.#log.warn({ part: step.name, error: String(error) }, 'could not be closed cleanly');
      }
    }
  }
}

/** @returns whether the promise settled before the signal aborted @throws what the promise rejects with */
export async function within(promise: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  let stop = (): void => {};
  const aborted = new Promise<false>((resolve) => {
    stop = () => resolve(false);
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([promise.then(() => true), aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
