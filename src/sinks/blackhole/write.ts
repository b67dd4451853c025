import { setTimeout as sleep } from 'node:timers/promises';
import { abortable } from '../limits.ts';
import { retryOf } from '../run.ts';
import type { Payload, SinkWriter, Verdict } from '../sink.ts';
import type { BlackholeOptions } from './spec.ts';

/** Takes events and forgets them: at once, at a rate, or never. */
export class BlackholeWriter implements SinkWriter {
  readonly #options: BlackholeOptions;
  /** When the events accepted so far have been paid for, ms on the monotonic clock. */
  #freeAt = 0;
  /** Events taken. */
  accepted = 0;

  constructor(options: BlackholeOptions) {
    this.#options = options;
  }

  async connect(): Promise<void> {
    // Nothing to reach.
  }

  async write(payloads: readonly Payload[], signal: AbortSignal): Promise<readonly Verdict[]> {
    const events = payloads.reduce((sum, { rows }) => sum + rows, 0);
    try {
      await this.#pass(events, signal);
    } catch {
      return payloads.map(() =>
        retryOf({ code: 'SLUICE_SINK_STOPPED', reason: 'given up while stopping' }),
      );
    }
    this.accepted += events;
    return payloads.map(() => ({ kind: 'delivered' }));
  }

  async close(): Promise<void> {
    // Nothing to let go of.
  }

  async #pass(events: number, signal: AbortSignal): Promise<void> {
    const { accept, rate } = this.#options;
    if (!accept) await abortable(new Promise<never>(() => undefined), signal);
    if (rate === undefined) return;
    const now = performance.now();
    this.#freeAt = Math.max(now, this.#freeAt) + (events / rate) * 1000;
    await sleep(this.#freeAt - now, undefined, { signal });
  }
}
