import { setTimeout as sleep } from 'node:timers/promises';

const ASK_EVERY_MS = 50;

/** A step of a test that does not come about within its time. */
export interface Wait {
  /** For people: `/ready answers 200`. */
  readonly what: string;
  /** ms; generous, since it only bounds a failure. */
  readonly limit: number;
  /** Called when the wait fails: what is known about the reason. */
  readonly detail?: () => string;
}

/**
 * Asks again and again until the probe has a value.
 * @param probe undefined = not yet; may reject, which is "not yet" too
 * @throws Error with the last rejection and the detail when the time is up
 */
export async function until<T>(wait: Wait, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + wait.limit;
  let last: unknown = 'not yet';
  while (performance.now() < deadline) {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    await sleep(ASK_EVERY_MS);
  }
  const why = last instanceof Error ? last.message : String(last);
  throw new Error(
    `${wait.what}: not within ${wait.limit} ms (${why})\n${wait.detail?.() ?? ''}`.trimEnd(),
  );
}

/** `undefined` unless the condition holds: for probes that wait for a fact, not for a value. */
export const when = (condition: boolean): true | undefined => (condition ? true : undefined);
