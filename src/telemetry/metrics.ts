import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Budget, BudgetPart } from '../pipeline/budget.ts';
import type { DeadLetters } from '../pipeline/dead-letters.ts';
import { accounted, type Ledger } from '../pipeline/ledger.ts';
import type { Slot } from '../pipeline/slot.ts';
import type { SourceTally } from '../pipeline/source-tally.ts';
import type { WorkerPool } from '../workers/pool.ts';
import type { SourceMeter } from './source-meter.ts';
import type { Stages } from './stages.ts';

export interface MetricInputs {
  readonly sources: readonly { readonly tally: SourceTally; readonly meter: SourceMeter }[];
  /** How long ago the oldest batch of a source arrived that is not settled, ms. */
  readonly lagOf: (source: number) => number;
  readonly ledger: Ledger;
  readonly slots: readonly Slot[];
  readonly pool: Pick<WorkerPool, 'restarts' | 'heldPages'>;
  readonly budget: Budget;
  readonly deadLetters: DeadLetters;
  readonly stages: Stages;
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

const PARTS: readonly BudgetPart[] = ['workers', 'intake', 'large'];
const LATENCY_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/**
 * The metrics, in the vocabulary that operators know from other shippers. Nothing is counted here: the flow keeps plain
 * tallies, and a scrape reads them. Labels come from the configuration and the table of errors only.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly #latency: Histogram<'component_id' | 'component_kind'>;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.#latency = new Histogram({
      name: 'sluice_end_to_end_latency_seconds',
      help: 'From the arrival of a batch to the store taking its payload.',
      labelNames: ['component_id', 'component_kind'],
      buckets: LATENCY_SECONDS,
      registers: [this.registry],
    });
  }

  /** Told for each payload: the child is looked up once. */
  latencyOf(slot: string): (ms: number) => void {
    const child = this.#latency.labels({ component_id: slot, component_kind: 'sink' });
    return (ms) => child.observe(Math.max(0, ms) / 1000);
  }

  observe(inputs: MetricInputs): void {
    this.#components(inputs);
    this.#process(inputs);
  }

  #components({ sources, lagOf, ledger, slots, stages }: MetricInputs): void {
    this.#counter('component_received_events_total', 'Events that a component took in.', () => [
      ...sources.map(({ tally }): Sample => [of('source', tally.name), tally.records]),
      ...ledger.pipelines.map(({ name, received }): Sample => [of('pipeline', name), received]),
      ...slots.map(({ name, tally }): Sample => [of('sink', name), tally.received]),
    ]);
    this.#counter('component_received_bytes_total', 'Bytes that a source read.', () =>
      sources.map(({ tally, meter }): Sample => [of('source', tally.name), meter.bytes]),
    );
    this.#counter('component_sent_events_total', 'Events that a store has taken.', () =>
      slots.map(({ name, tally }): Sample => [of('sink', name), tally.delivered]),
    );
    this.#counter('component_sent_bytes_total', 'Bytes sent to a store, repeats included.', () =>
      slots.map(({ name, tally }): Sample => [of('sink', name), tally.sentBytes]),
    );
    this.#counter('component_errors_total', 'Errors by code of the table.', () => [
      ...sources.flatMap(({ tally, meter }) =>
        errorSamples('source', tally.name, 'receive', meter.errors),
      ),
      ...slots.flatMap(({ name, tally }) => errorSamples('sink', name, 'send', tally.errors)),
    ]);
    this.#counter(
      'component_discarded_events_total',
      'Events that end without being delivered.',
      () => [
        ...sources.flatMap(({ tally, meter }) => discardsOf(tally, meter)),
        ...ledger.pipelines.map(({ name, filtered }) =>
          discard('pipeline', name, true, 'filtered', filtered),
        ),
        ...slots.flatMap(({ name, tally }) => [
          discard('sink', name, true, 'not_routed', tally.notRouted),
          discard('sink', name, true, 'nothing_to_write', tally.dropped.nothing_to_write),
          discard('sink', name, false, 'dead_letter', tally.deadLettered),
        ]),
      ],
    );
    this.#counter(
      'unparsed_events_total',
      'Events that no parser recognised; they go on whole.',
      () => ledger.pipelines.map(({ name, unparsed }): Sample => [of('pipeline', name), unparsed]),
    );
    this.#counter('truncated_events_total', 'Records cut at max_event.', () =>
      sources.map(({ tally }): Sample => [of('source', tally.name), tally.truncated]),
    );
    this.#counter(
      'coerced_values_total',
      'Values that did not fit their column and were left out.',
      () => slots.map(({ name, tally }): Sample => [of('sink', name), tally.coerced]),
    );
    this.#counter(
      'unexpected_duplicate_total',
      'Rows that a store had before they were sent.',
      () => slots.map(({ name, tally }): Sample => [of('sink', name), tally.unexpectedDuplicates]),
    );
    this.#counter('sink_requests_total', 'Runs of payloads handed to a writer.', () =>
      slots.map(({ name, tally }): Sample => [of('sink', name), tally.requests]),
    );
    this.#counter('sink_retries_total', 'Runs that were sent again.', () =>
      slots.map(({ name, tally }): Sample => [of('sink', name), tally.retries]),
    );
    this.#gauge('buffer_events', 'Events on their way to a sink.', () =>
      slots.map(({ name, tally }): Sample => [of('sink', name), tally.queued]),
    );
    this.#gauge('buffer_bytes', 'Bytes of payloads that wait for a sink.', () =>
      slots.map((slot): Sample => [of('sink', slot.name), slot.waitingBytes]),
    );
    this.#gauge('sink_up', 'Whether the sink takes events.', () =>
      slots.map((slot): Sample => [of('sink', slot.name), slot.trouble === undefined ? 1 : 0]),
    );
    this.#gauge(
      'source_lag_seconds',
      'Age of the oldest batch that some output still has to settle.',
      () => sources.map(({ tally }, k): Sample => [of('source', tally.name), lagOf(k) / 1000]),
    );
    this.#gauge('source_connections', 'Open connections.', () =>
      sources.map(({ tally, meter }): Sample => [of('source', tally.name), meter.open]),
    );
    this.#counter('udp_kernel_drops_total', 'Datagrams that the kernel threw away.', () =>
      sources.flatMap(({ tally, meter }): Sample[] =>
        meter.kernelDrops === undefined ? [] : [[of('source', tally.name), meter.kernelDrops]],
      ),
    );
    this.#gauge(
      'utilization',
      'Share of the last second that a component was busy or held up.',
      () => [
        ...[...stages.utilization.sources].map(
          ([name, share]): Sample => [of('source', name), share],
        ),
        [of('workers', 'workers'), stages.utilization.workers],
        ...[...stages.utilization.slots].map(([name, share]): Sample => [of('sink', name), share]),
      ],
    );
    this.#gauge('limiting_stage', 'Which stage sets the pace: 1 for exactly one of them.', () =>
      ['none', 'workers', ...slots.map(({ name }) => `sink ${name}`)].map(
        (stage): Sample => [{ stage }, stage === stages.limiting ? 1 : 0],
      ),
    );
    this.#gauge(
      'ledger_difference_events',
      'Events that the books cannot account for: always 0.',
      () =>
        slots.map(
          ({ name, tally }): Sample => [of('sink', name), tally.received - accounted(tally)],
        ),
    );
  }

  #process({ pool, budget, deadLetters }: MetricInputs): void {
    this.#gauge('memory_budget_bytes', 'The memory budget.', () => [[{}, budget.limit]]);
    this.#gauge('memory_used_bytes', 'Bytes taken from the budget, by part.', () =>
      PARTS.map((part): Sample => [{ part }, budget.usedBy(part)]),
    );
    this.#gauge('worker_pages', 'Output pages that hold payloads.', () => [[{}, pool.heldPages]]);
    this.#counter('worker_restarts_total', 'Worker threads that died and were replaced.', () => [
      [{}, pool.restarts],
    ]);
    this.#counter('dead_letters_total', 'Letters written to disk.', () => [
      [{}, deadLetters.written],
    ]);
  }

  #counter(name: string, help: string, read: () => readonly Sample[]): void {
    const labelNames = [
      'component_id',
      'component_kind',
      'error_code',
      'stage',
      'intentional',
      'reason',
    ];
    new Counter({
      name: `sluice_${name}`,
      help,
      labelNames,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.inc(labels, value);
      },
    });
  }

  #gauge(name: string, help: string, read: () => readonly Sample[]): void {
    new Gauge({
      name: `sluice_${name}`,
      help,
      labelNames: ['component_id', 'component_kind', 'part', 'stage'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.set(labels, value);
      },
    });
  }
}

function of(kind: string, id: string): Labels {
  return { component_id: id, component_kind: kind };
}

function errorSamples(
  kind: string,
  id: string,
  stage: string,
  errors: ReadonlyMap<string, number>,
): Sample[] {
  return [...errors].map(([code, count]) => [{ ...of(kind, id), error_code: code, stage }, count]);
}

function discard(
  kind: string,
  id: string,
  intentional: boolean,
  reason: string,
  count: number,
): Sample {
  return [{ ...of(kind, id), intentional: String(intentional), reason }, count];
}

function discardsOf(tally: SourceTally, meter: SourceMeter): Sample[] {
  return [
    discard('source', tally.name, true, 'empty', meter.discards.empty + tally.empty),
    discard('source', tally.name, false, 'no_room', meter.discards.no_room),
  ];
}
