import { readFileSync } from 'node:fs';
import type { EventCore } from '../../src/event/core.ts';
import { createCore } from '../../src/event/create-core.ts';
import { FRAMING_AUTO } from '../../src/event/framing.ts';
import { LiteralArea } from '../../src/event/literals.ts';
import { type Address, allocateMemory } from '../../src/event/memory.ts';
import { refiler } from '../../src/event/refile.ts';
import {
  INPUT_BYTES,
  INPUT_RECORDS,
  type InputSlot,
  WORKER_MEMORY_BYTES,
  planRegions,
} from '../../src/event/regions.ts';
import { type CompiledPipeline, compilePipeline } from '../../src/pipeline/compile.ts';
import type { PipelinePlan } from '../../src/pipeline/plan.ts';
import {
  BatchRun,
  type Payload,
  type RunContext,
  runContext,
} from '../../src/workers/batch-run.ts';
import { Pages } from '../../src/workers/pages.ts';
import { projectFile } from '../../stack/project.ts';

export type CoreKind = 'ts' | 'wasm';

const RECEIVED_AT = Date.UTC(2026, 0, 15, 12);

function openCore(kind: CoreKind): EventCore {
  const memory = allocateMemory(WORKER_MEMORY_BYTES);
  if (kind === 'ts') return createCore(kind, memory);
  const file = projectFile('build', 'src', 'event', 'core', 'core.wasm');
  return createCore(kind, memory, new WebAssembly.Module(readFileSync(file)));
}

/** A worker's half of the path without its thread: framing, parse, ids, encode. */
export class CorePath {
  readonly #core: EventCore;
  readonly #pipeline: CompiledPipeline;
  readonly #context: RunContext;
  readonly #pages: Pages;
  readonly #slot: InputSlot;
  readonly #key: Address;
  readonly #peers: Address;
  #base = 0;

  constructor(kind: CoreKind, plan: PipelinePlan) {
    this.#core = openCore(kind);
    const regions = planRegions();
    const { table, side, inputs, pages, largePage } = regions;
    const literals = new LiteralArea(this.#core.memory, regions.literals);
    const [slot] = inputs;
    if (slot === undefined) throw new Error('bench: no input slot');
    this.#slot = slot;
    this.#key = literals.words([1, 2, 3, 4]);
    this.#peers = literals.words([0, 0, 0, 0]);
    this.#pages = new Pages(pages.slice(0, 4), largePage);
    const now = (): number => 0; // the bench measures from outside
    this.#context = runContext(this.#core, literals, this.#pages, { now });
    const context = { core: this.#core, literals, table, side, refile: refiler };
    this.#pipeline = compilePipeline(plan, context);
  }

  /** Runs one batch; `take` sees each payload before its page is used again. Returns the events encoded. */
  run(batch: Buffer, take?: (payload: Uint8Array) => void): number {
    const { bytes, index } = this.#slot;
    const { memory } = this.#core;
    memory.u8.set(batch, bytes.start);
    const end = bytes.start + batch.length;
    const records = this.#core.frames(
      bytes.start,
      end,
      bytes.start,
      FRAMING_AUTO,
      index.start,
      INPUT_RECORDS,
      INPUT_BYTES,
    );
    const input = {
      bytes: bytes.start,
      index: index.start,
      records,
      receivedAt: RECEIVED_AT,
      key: this.#key,
      baseLow: this.#base,
      baseHigh: 0,
      byOffset: false,
      source: 'bench',
      peers: this.#peers,
    };
    this.#base += records;
    let events = 0;
    const payload = ({ page, room, events: settled }: Payload): void => {
      events += settled;
      take?.(memory.u8.subarray(room.start, room.start + room.used));
      this.#pages.release(page);
    };
    const failed = ({ message }: { message: string }): void => {
      throw new Error(`bench: a row failed: ${message}`);
    };
    const run = new BatchRun(this.#context, this.#pipeline, 0, input, { payload, failed }).run();
    while (run.next().done !== true) throw new Error('bench: no page although all were released');
    return events;
  }
}
