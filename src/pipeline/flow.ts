import type { FlowListener } from '../workers/channel.ts';
import type { PagePayload } from '../workers/payload.ts';
import type { FailedRow } from '../workers/protocol.ts';
import { type DeadLetter, type DeadLetters, failedRow } from './dead-letters.ts';
import type { FlowBatch } from './flow-batch.ts';
import { deadLettered, type Ledger } from './ledger.ts';
import type { Slot } from './slot.ts';
import type { OutputNode, Topology } from './topology.ts';

export interface FlowOptions {
  readonly topology: Topology;
  readonly ledger: Ledger;
  /** By output number. */
  readonly slots: readonly Slot[];
  readonly deadLetters: DeadLetters;
  /** A batch has left for a worker: there may be room for more. */
  readonly dispatched: () => void;
  /** The daemon gives up what is not settled. */
  readonly signal: AbortSignal;
}

/** What comes out of the workers goes to slots, books and dead letters. */
export class Flow implements FlowListener {
  readonly #options: FlowOptions;

  constructor(options: FlowOptions) {
    this.#options = options;
  }

  payload(payload: PagePayload): void {
    this.#options.slots[payload.output]?.accept(payload);
  }

  dispatched(): void {
    this.#options.dispatched();
  }

  done(batch: FlowBatch, words: readonly number[], at: number): void {
    this.#options.ledger.worked(batch, words, at);
    this.#ended(batch);
  }

  failed(batch: FlowBatch, rows: readonly FailedRow[]): void {
    const { topology } = this.#options;
    const letters: DeadLetter[] = [];
    const lost: (readonly [output: OutputNode, events: number])[] = [];
    for (const row of rows) {
      const pipeline = topology.pipelines[row.pipeline];
      if (pipeline === undefined) continue;
      const output = row.output < 0 ? undefined : pipeline.outputs[row.output];
      letters.push(failedRow(batch, row, pipeline.name, output));
      for (const node of output === undefined ? pipeline.outputs : [output]) lost.push([node, 1]);
    }
    this.#bury(batch, letters, lost);
  }

  crashed(batch: FlowBatch): void {
    const { topology } = this.#options;
    const { records } = batch.header;
    const letters: DeadLetter[] = [];
    const lost: (readonly [output: OutputNode, events: number])[] = [];
    for (const pipeline of topology.readers[batch.source] ?? []) {
      for (let ordinal = 0; ordinal < records; ordinal++) {
        letters.push(failedRow(batch, { ...crash, ordinal }, pipeline.name));
      }
      for (const output of pipeline.outputs) {
        lost.push([output, records - (batch.handedOut?.[output.number]?.events ?? 0)]);
      }
    }
    this.#bury(batch, letters, lost);
    this.#ended(batch);
  }

  /** The batch waits until its letters are on disk. */
  #bury(
    batch: FlowBatch,
    letters: readonly DeadLetter[],
    lost: readonly (readonly [output: OutputNode, events: number])[],
  ): void {
    const { deadLetters, ledger, signal } = this.#options;
    batch.hold();
    void deadLetters.write(letters, signal).then(
      () => {
        for (const [output, events] of lost) deadLettered(ledger.slot(output.number), events);
        batch.release();
      },
      () => {}, // the daemon gave up: the batch stays unsettled
    );
  }

  #ended(batch: FlowBatch): void {
    for (const slot of this.#options.slots) slot.batchDone(batch);
    batch.release();
  }
}

const crash = {
  code: 'SLUICE_WORKER_CRASHED',
  stage: 'worker',
  message:
    'the batch of this record ended its worker thread twice; other records of it may have been delivered',
} as const;
