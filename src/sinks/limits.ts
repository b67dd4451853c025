import { setMaxListeners } from 'node:events';
import { bulkhead, TaskCancelledError } from 'cockatiel';
import { SluiceError } from '../errors/codes.ts';

type Task<Result> = (signal: AbortSignal) => Promise<Result>;

/** Lanes of all slots that may wait for one sink's connections. */
const waiting = 1024;

/**
 * Runs a store's requests, at most `inFlight` at a time, each within a time limit that starts when it does.
 * The returned promise settles in time even when the client library never does.
 */
export class Limits {
  readonly #policy;
  readonly #limitMs: number;

  constructor(inFlight: number, limitMs: number) {
    this.#limitMs = limitMs;
    this.#policy = bulkhead(inFlight, waiting);
  }

  /** @throws SluiceError SLUICE_SINK_TIMEOUT, SLUICE_SINK_STOPPED, or what the task threw */
  async run<Result>(task: Task<Result>, signal: AbortSignal): Promise<Result> {
    setMaxListeners(0, signal); // all lanes of a slot listen to the same one
    try {
      return await this.#policy.execute(() => this.#within(task, signal), signal);
    } catch (error) {
      if (error instanceof TaskCancelledError) throw stopped();
      throw error;
    }
  }

  /** A policy of the library would abort its signal after every success, which makes an error with a stack each time: 4 % of the main thread. */
  async #within<Result>(task: Task<Result>, signal: AbortSignal): Promise<Result> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(late(this.#limitMs)), this.#limitMs);
    const stop = () => limit.abort(stopped());
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([task(limit.signal), rejection(limit.signal)]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }
}

/** Rejects with the signal's reason when it aborts. The signal is as short-lived as the promise. */
function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

export const stopped = () => new SluiceError('SLUICE_SINK_STOPPED', 'given up while stopping');

export const late = (limitMs: number) =>
  new SluiceError('SLUICE_SINK_TIMEOUT', `no answer within ${limitMs / 1000} s`);

/** Errors of Node's sockets that mean "not reached" or "broken off". */
const networkErrors: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Whether an error came from the network rather than from the store. */
export function isNetworkError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && networkErrors.has(String(error.code));
}

/** The message for people; of several failed addresses, that of the first. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

/** The promise, or SLUICE_SINK_STOPPED as soon as the signal aborts. @throws what the promise throws */
export async function abortable<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
): Promise<Value> {
  let stop = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(stopped());
  });
  if (signal.aborted) stop();
  setMaxListeners(0, signal);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Resolves when the promise settles, however it does, and at the latest when the signal aborts. */
export async function settled(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  await abortable(promise, signal).catch(() => undefined);
}
