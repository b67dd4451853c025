import { once } from 'node:events';

/** Waits until the work is over, well or not, but no longer than the signal allows. */
export async function within(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const over = new AbortController();
  const settled = work.then(
    () => over.abort(),
    () => over.abort(),
  );
  const ended = once(signal, 'abort', { signal: over.signal }).catch(() => undefined);
  await Promise.race([settled, ended]);
}
