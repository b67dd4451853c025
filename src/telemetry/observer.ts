import type { Budget } from '../pipeline/budget.ts';
import type { Ledger } from '../pipeline/ledger.ts';
import type { Slot } from '../pipeline/slot.ts';
import type { SourceTally } from '../pipeline/source-tally.ts';
import type { WorkerPool } from '../workers/pool.ts';
import type { Health } from './health.ts';
import type { Snapshot } from './snapshot.ts';
import type { SourceMeter } from './source-meter.ts';
import { Stages } from './stages.ts';

export interface ObservedSource {
  readonly type: string;
  readonly tally: SourceTally;
  readonly meter: SourceMeter;
}

export interface Observed {
  readonly node: string;
  readonly sources: readonly ObservedSource[];
  readonly ledger: Ledger;
  readonly slots: readonly Slot[];
  /** Types of the slots' sinks, in the same order. */
  readonly sinkTypes: readonly string[];
  readonly pool: WorkerPool;
  readonly budget: Budget;
  readonly health: Health;
}

const SAMPLE_MS = 1000;

/** Looks at the flow once a second: rates, shares of time, the stage that sets the pace. */
export class Observer {
  readonly stages: Stages;
  /** Where the admin port listens. */
  admin: string | undefined;
  readonly #observed: Observed;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #counts = new Map<string, number>();
  #rates = new Map<string, number>();
  #at = performance.now();

  constructor(observed: Observed) {
    this.#observed = observed;
    const { sources, slots, pool } = observed;
    this.stages = new Stages(
      { sources: sources.map(({ tally }) => tally), slots, workers: () => pool.tallies },
      this.#at,
    );
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  snapshot(): Snapshot {
    const { node, health, sources, ledger, slots, sinkTypes, pool, budget } = this.#observed;
    const { utilization, limiting } = this.stages;
    const rate = (key: string): number => this.#rates.get(key) ?? 0;
    return {
      node,
      state: health.state,
      problems: health.problems,
      uptime: (performance.now() - this.#startedAt) / 1000,
      limiting,
      sources: sources.map(({ type, tally, meter }) => ({
        name: tally.name,
        type,
        received: tally.records,
        bytes: meter.bytes,
        rate: rate(`source ${tally.name}`),
        connections: meter.open,
        discarded: tally.empty + meter.discards.empty + meter.discards.no_room,
        truncated: tally.truncated,
        blocked: utilization.sources.get(tally.name) ?? 0,
      })),
      workers: {
        count: pool.tallies.length,
        busy: utilization.workers,
        restarts: pool.restarts,
      },
      pipelines: ledger.pipelines.map((tally) => ({
        ...tally,
        rate: rate(`pipeline ${tally.name}`),
      })),
      slots: slots.map((slot, k) => {
        const { tally, trouble } = slot;
        return {
          name: slot.name,
          sink: tally.output.sink,
          type: sinkTypes[k] ?? '',
          connected: slot.connected,
          received: tally.received,
          delivered: tally.delivered,
          queued: tally.queued,
          deadLettered: tally.deadLettered,
          filtered: tally.filtered,
          notRouted: tally.notRouted,
          dropped: tally.dropped.nothing_to_write,
          rate: rate(`sink ${slot.name}`),
          bytes: tally.sentBytes,
          inFlight: slot.inFlight,
          trouble: trouble === undefined ? undefined : `${trouble.code}: ${trouble.reason}`,
        };
      }),
      memory: { limit: budget.limit, used: budget.used },
      admin: this.admin,
    };
  }

  #sample(): void {
    const now = performance.now();
    const counts = this.#count();
    const seconds = Math.max(0.001, (now - this.#at) / 1000);
    this.#rates = new Map(
      [...counts].map(([key, count]) => [key, (count - (this.#counts.get(key) ?? 0)) / seconds]),
    );
    this.#counts = counts;
    this.#at = now;
    this.stages.sample(now);
  }

  #count(): Map<string, number> {
    const { sources, ledger, slots } = this.#observed;
    return new Map([
      ...sources.map(({ tally }) => [`source ${tally.name}`, tally.records] as const),
      ...ledger.pipelines.map(({ name, received }) => [`pipeline ${name}`, received] as const),
      ...slots.map(({ name, tally }) => [`sink ${name}`, tally.delivered] as const),
    ]);
  }
}
