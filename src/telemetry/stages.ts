import type { Slot } from '../pipeline/slot.ts';
import { blockedTime, type SourceTally } from '../pipeline/source-tally.ts';
import type { WorkerTally } from '../workers/channel.ts';

export interface StageInputs {
  readonly sources: readonly SourceTally[];
  readonly slots: readonly Slot[];
  readonly workers: () => readonly WorkerTally[];
}

/** Shares of the last interval, 0..1. */
export interface Utilization {
  /** Time in which senders waited for room. */
  readonly sources: ReadonlyMap<string, number>;
  /** Of the worker that was busiest: time in which it parsed, ran steps and encoded. */
  readonly workers: number;
  /** Time in which payloads waited while the store was asked all it takes. */
  readonly slots: ReadonlyMap<string, number>;
}

/** A stage that is busy for a smaller share does not hold up the others. */
const LIMITING = 0.6;

/** Finds the stage that sets the pace: the last one on the way that others wait for. */
export class Stages {
  readonly #inputs: StageInputs;
  #last: Map<string, number>;
  #at: number;
  utilization: Utilization = { sources: new Map(), workers: 0, slots: new Map() };
  /** `sink main.elasticsearch`, `workers`, or `none`: the senders set the pace. */
  limiting = 'none';

  constructor(inputs: StageInputs, now: number) {
    this.#inputs = inputs;
    this.#at = now;
    this.#last = this.#totals(now);
  }

  /** @param now ms, monotonic; the interval reaches from the last call to this one */
  sample(now: number): void {
    const totals = this.#totals(now);
    const interval = Math.max(1, now - this.#at);
    const share = (key: string): number =>
      Math.min(1, Math.max(0, ((totals.get(key) ?? 0) - (this.#last.get(key) ?? 0)) / interval));
    const { sources, slots, workers } = this.#inputs;
    this.utilization = {
      sources: new Map(sources.map(({ name }) => [name, share(`source ${name}`)])),
      workers: Math.max(0, ...workers().map((_, k) => share(`worker ${k}`))),
      slots: new Map(slots.map(({ name }) => [name, share(`sink ${name}`)])),
    };
    this.#last = totals;
    this.#at = now;
    this.limiting = this.#limiting();
  }

  #limiting(): string {
    const { slots, workers } = this.utilization;
    const [slowest] = [...slots].sort(([, a], [, b]) => b - a);
    if (slowest !== undefined && slowest[1] >= LIMITING) return `sink ${slowest[0]}`;
    return workers >= LIMITING ? 'workers' : 'none';
  }

  #totals(now: number): Map<string, number> {
    const { sources, slots, workers } = this.#inputs;
    const totals = new Map<string, number>();
    for (const tally of sources) totals.set(`source ${tally.name}`, blockedTime(tally, now));
    for (const [k, { parse, steps, encode }] of workers().entries()) {
      totals.set(`worker ${k}`, (parse + steps + encode) / 1e6);
    }
    for (const slot of slots) totals.set(`sink ${slot.name}`, slot.saturated.total(now));
    return totals;
  }
}
