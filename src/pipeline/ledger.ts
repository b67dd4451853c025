import type { ErrorCode } from '../errors/codes.ts';
import { DONE_WORDS, OUTPUT_WORDS, PIPELINE_WORDS } from '../workers/protocol.ts';
import type { FlowBatch } from './flow-batch.ts';
import type { OutputNode, Topology } from './topology.ts';

/** Why an event ends without being written, by rule and not by fault. */
export type DropReason = 'nothing_to_write';

/**
 * Where the events of one slot (pipeline × output) are. At any moment
 *   received = delivered + queued + dead_lettered + filtered + not_routed + dropped
 */
export interface SlotTally {
  readonly output: OutputNode;
  received: number;
  queued: number;
  delivered: number;
  deadLettered: number;
  filtered: number;
  notRouted: number;
  readonly dropped: Record<DropReason, number>;
  /** Rows that the store had already, though nothing was sent twice that we know of. */
  unexpectedDuplicates: number;
  /** Values that did not fit their column. */
  coerced: number;
  sentBytes: number;
  requests: number;
  /** Attempts that were not the first. */
  retries: number;
  readonly errors: Map<ErrorCode, number>;
}

export interface PipelineTally {
  readonly name: string;
  received: number;
  filtered: number;
  unparsed: number;
  failed: number;
}

/** Exact counts of what became of every event, for each slot. */
export class Ledger {
  readonly slots: readonly SlotTally[];
  readonly pipelines: readonly PipelineTally[];
  readonly #topology: Topology;

  constructor(topology: Topology) {
    this.#topology = topology;
    this.slots = topology.outputs.map(newSlotTally);
    this.pipelines = topology.pipelines.map(({ name }) => ({
      name,
      received: 0,
      filtered: 0,
      unparsed: 0,
      failed: 0,
    }));
  }

  slot(output: number): SlotTally {
    return this.slots[output] as SlotTally;
  }

  /** A batch came in: its records are queued in every slot that reads its source. */
  received(batch: FlowBatch): void {
    const { records } = batch.header;
    for (const { number, outputs } of this.#readers(batch)) {
      this.#pipeline(number).received += records;
      for (const output of outputs) {
        const tally = this.slot(output.number);
        tally.received += records;
        tally.queued += records;
      }
    }
  }

  /** A worker is done with a batch. @param words the DONE notice at `at` */
  worked(batch: FlowBatch, words: readonly number[], at: number): void {
    let next = at + DONE_WORDS;
    const word = (k: number): number => words[next + k] as number;
    for (const { number, outputs } of this.#readers(batch)) {
      const pipeline = this.#pipeline(number);
      const filtered = word(0);
      pipeline.filtered += filtered;
      pipeline.unparsed += word(1);
      pipeline.failed += word(2);
      next += PIPELINE_WORDS;
      for (const output of outputs) {
        const tally = this.slot(output.number);
        tally.filtered += filtered;
        tally.notRouted += word(0);
        tally.dropped.nothing_to_write += word(1);
        tally.coerced += word(2);
        tally.queued -= filtered + word(0) + word(1);
        next += OUTPUT_WORDS;
      }
    }
  }

  #readers(batch: FlowBatch): Topology['pipelines'] {
    return this.#topology.readers[batch.source] ?? [];
  }

  #pipeline(number: number): PipelineTally {
    return this.pipelines[number] as PipelineTally;
  }
}

export function delivered(tally: SlotTally, events: number): void {
  tally.delivered += events;
  tally.queued -= events;
}

export function deadLettered(tally: SlotTally, events: number): void {
  tally.deadLettered += events;
  tally.queued -= events;
}

export function countError(tally: SlotTally, code: ErrorCode): void {
  tally.errors.set(code, (tally.errors.get(code) ?? 0) + 1);
}

/** Events that are accounted for: equal to `received` when the books are in order. */
export function accounted(tally: SlotTally): number {
  const { delivered, queued, deadLettered, filtered, notRouted, dropped } = tally;
  return delivered + queued + deadLettered + filtered + notRouted + dropped.nothing_to_write;
}

function newSlotTally(output: OutputNode): SlotTally {
  return {
    output,
    received: 0,
    queued: 0,
    delivered: 0,
    deadLettered: 0,
    filtered: 0,
    notRouted: 0,
    dropped: { nothing_to_write: 0 },
    unexpectedDuplicates: 0,
    coerced: 0,
    sentBytes: 0,
    requests: 0,
    retries: 0,
    errors: new Map(),
  };
}
