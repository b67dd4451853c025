import { createCore } from '../event/create-core.ts';
import { LiteralArea } from '../event/literals.ts';
import { viewMemory } from '../event/memory.ts';
import { refiler } from '../event/refile.ts';
import {
  INDEX_ENTRY_BYTES,
  INPUT_RECORDS,
  planRegions,
  WORKER_MEMORY_BYTES,
} from '../event/regions.ts';
import type { Rows } from '../event/rows.ts';
import { type CompiledPipeline, compilePipeline, type Stage } from '../pipeline/compile.ts';
import type { PipelinePlan } from '../pipeline/plan.ts';
import { BatchRun, type PipelineCounts, runContext } from './batch-run.ts';
import { Pages } from './pages.ts';
import type { FailedRow } from './protocol.ts';

/** Ids made outside the daemon stand for nothing beyond the output that shows them. Any key but zero: its ids would be zero too. */
export const EXAMPLE_KEY = Buffer.from('example of an id');

/** What came of a batch that ran outside the daemon. */
export interface SingleResult {
  readonly counts: PipelineCounts;
  readonly failed: readonly FailedRow[];
}

export interface SingleOptions {
  /** Arrival of the records, epoch ms. */
  readonly receivedAt: number;
  /** Name of the source that they would come from. */
  readonly source?: string;
  /** 16 bytes: the stream's key. */
  readonly key: Uint8Array;
  readonly inspect?: (stage: Stage, rows: Rows) => void;
  /** Bytes and (ordinal, end) pairs of one payload: views, copy what is kept. */
  readonly payload: (output: number, bytes: Buffer, trace: Uint32Array) => void;
}

/**
 * One pipeline on this thread, with the TypeScript core: for `explain` and `parse`. The code that runs is the workers'.
 */
export class SinglePipeline {
  readonly #regions = planRegions();
  readonly #memory = viewMemory(new SharedArrayBuffer(WORKER_MEMORY_BYTES));
  readonly #core = createCore('ts', this.#memory);
  readonly #literals = new LiteralArea(this.#memory, this.#regions.literals);
  readonly #pages = new Pages(this.#regions.pages, this.#regions.largePage);
  readonly #key = this.#literals.reserve(16);
  readonly #peers = this.#literals.reserve(16);
  readonly #context = runContext(this.#core, this.#literals, this.#pages, { now: () => 0 });
  readonly compiled: CompiledPipeline;
  #position = 0;

  constructor(plan: PipelinePlan) {
    const { table, side } = this.#regions;
    this.compiled = compilePipeline(plan, {
      core: this.#core,
      literals: this.#literals,
      table,
      side,
      refile: refiler,
    });
  }

  /** Number of a base column, -1 when there is none. */
  column(path: string): number {
    return this.compiled.shape.layouts[0]?.byPath.get(path)?.index ?? -1;
  }

  /** Records of one call: their sum is at most max_event, their number INPUT_RECORDS. @throws RangeError beyond */
  run(records: readonly Uint8Array[], options: SingleOptions): SingleResult {
    const { bytes, index } = this.#regions.largeInput;
    if (records.length > INPUT_RECORDS)
      throw new RangeError(`at most ${INPUT_RECORDS} records at a time`);
    let at = bytes.start;
    records.forEach((record, k) => {
      if (at + record.length > bytes.end)
        throw new RangeError('the records are larger than max_event can be');
      this.#memory.u8.set(record, at);
      const entry = (index.start + k * INDEX_ENTRY_BYTES) >>> 2;
      this.#memory.u32.set([at - bytes.start, record.length, 0, 0], entry);
      at += record.length;
    });
    this.#memory.u8.set(options.key, this.#key);
    const failed: FailedRow[] = [];
    const context = { ...this.#context, ...(options.inspect && { inspect: options.inspect }) };
    const run = new BatchRun(
      context,
      this.compiled,
      0,
      {
        bytes: bytes.start,
        index: index.start,
        records: records.length,
        receivedAt: options.receivedAt,
        source: options.source ?? '',
        key: this.#key,
        baseLow: this.#position,
        baseHigh: 0,
        byOffset: false,
        peers: this.#peers,
      },
      {
        payload: (payload) => {
          const { start, used, trace, rows } = payload.room;
          const bytes = this.#memory.bytes.subarray(start, start + used);
          options.payload(
            payload.output,
            bytes,
            this.#memory.u32.subarray(trace >>> 2, (trace >>> 2) + rows * 2),
          );
          this.#pages.release(payload.page);
        },
        failed: (row) => failed.push(row),
      },
    );
    const steps = run.run();
    // Pages are released at once: the generator never waits.
    while (steps.next().done !== true);
    this.#position += records.length;
    return { counts: run.counts, failed };
  }
}
