import { existsSync, writeFileSync } from 'node:fs';
import { type CoreMemory, viewMemory } from '../../src/event/memory.ts';
import {
  INDEX_ENTRY_BYTES,
  type InputSlot,
  PAGE_BYTES,
  planRegions,
} from '../../src/event/regions.ts';
import type { PipelinePlan } from '../../src/pipeline/plan.ts';
import {
  DONE,
  DRAIN,
  type FailedRow,
  LARGE_SLOT,
  NO_ORDINAL,
  PAYLOAD,
  READY,
  RELEASE,
  RUN,
  RUN_WORDS,
  type ToWorker,
  TRACE_BYTES,
  type WorkerTask,
} from '../../src/workers/protocol.ts';

/**
 * A worker for tests of the main thread's side: each record goes to each output as a line. What a record begins with decides:
 *   `filter`, `fail`: ends there · `only K`: goes to output K of the pipeline alone
 *   `die`: ends the thread when it is encoded, always · `die-once PATH`: ends it unless the file is there, and leaves it
 * Output options: `aggregate`: one line with the count; `rows`: so many rows to a payload at most.
 */
export default async function copy(task: WorkerTask): Promise<void> {
  const { memory } = task.core;
  await new CopyWorker(task, viewMemory(memory)).drained;
}

interface OutputOptions {
  readonly aggregate?: boolean;
  readonly rows?: number;
}

interface Piece {
  readonly ordinal: number;
  readonly line: Buffer;
}

class CopyWorker {
  readonly drained: Promise<void>;
  readonly #task: WorkerTask;
  readonly #memory: CoreMemory;
  readonly #regions = planRegions();
  readonly #free: number[];
  readonly #jobs: (readonly number[])[] = [];
  #running: Generator<void, void, void> | undefined;
  #draining = false;
  #end: () => void = () => {};

  constructor(task: WorkerTask, memory: CoreMemory) {
    this.#task = task;
    this.#memory = memory;
    this.#free = Array.from({ length: task.pages }, (_, k) => k);
    this.drained = new Promise((resolve) => {
      this.#end = resolve;
    });
    task.port.on('message', (message: ToWorker) => this.#receive(message));
    task.port.postMessage([READY]);
  }

  #receive(message: ToWorker): void {
    if ('peers' in message) return;
    for (let at = 0; at < message.length; ) {
      if (message[at] === RUN) {
        this.#jobs.push(message.slice(at, at + RUN_WORDS));
        at += RUN_WORDS;
      } else if (message[at] === RELEASE) {
        this.#free.push(message[at + 1] as number);
        at += 2;
      } else if (message[at] === DRAIN) {
        this.#draining = true;
        at += 1;
      }
    }
    this.#drive();
  }

  #drive(): void {
    for (;;) {
      if (this.#running === undefined) {
        const job = this.#jobs.shift();
        if (job === undefined) break;
        this.#running = this.#run(job);
      }
      if (this.#running.next().done !== true) return;
      this.#running = undefined;
    }
    if (!this.#draining) return;
    this.#task.port.close();
    this.#end();
  }

  *#run(job: readonly number[]): Generator<void, void, void> {
    const [, ticket = 0, source = 0, slot = 0, , records = 0] = job;
    const lines = this.#lines(slot, records);
    const counts: number[] = [];
    const failed: FailedRow[] = [];
    let firstOutput = 0;
    for (const [number, plan] of this.#task.pipelines.entries()) {
      const first = firstOutput;
      firstOutput += plan.outputs.length;
      if (!plan.from.includes(this.#task.sources[source] ?? '')) continue;
      const kept = lines.filter(
        ({ line }) => !startsWith(line, 'filter') && !startsWith(line, 'fail'),
      );
      const fails = lines.filter(({ line }) => startsWith(line, 'fail'));
      for (const { ordinal } of fails) failed.push(failure(number, ordinal));
      counts.push(lines.length - kept.length - fails.length, 0, fails.length);
      for (const [k, output] of plan.outputs.entries()) {
        const own = kept.filter(({ line }) => goesTo(line, k));
        counts.push(kept.length - own.length, 0, 0, 0);
        yield* this.#encode(ticket, first + k, own, optionsOf(plan, k), output.name);
      }
    }
    if (failed.length > 0) this.#task.port.postMessage({ ticket, failed });
    this.#task.port.postMessage([DONE, ticket, 1000, 0, 1000, 0, ...counts]);
  }

  #lines(slot: number, records: number): Piece[] {
    const { u32, bytes } = this.#memory;
    const input =
      slot === LARGE_SLOT ? this.#regions.largeInput : (this.#regions.inputs[slot] as InputSlot);
    return Array.from({ length: records }, (_, ordinal) => {
      const entry = (input.index.start + ordinal * INDEX_ENTRY_BYTES) >>> 2;
      const start = input.bytes.start + (u32[entry] as number);
      const line = bytes.subarray(start, start + (u32[entry + 1] as number));
      return { ordinal, line };
    });
  }

  *#encode(
    ticket: number,
    output: number,
    pieces: readonly Piece[],
    { aggregate = false, rows = 1000 }: OutputOptions,
    name: string,
  ): Generator<void, void, void> {
    if (pieces.length === 0) return;
    if (aggregate) {
      const line = Buffer.from(`${name} ${pieces.length}`);
      yield* this.#payload(ticket, output, [{ ordinal: NO_ORDINAL, line }], pieces.length);
      return;
    }
    const step = pieces.some(({ line }) => diedBefore(line)) ? rows + 2 : rows;
    for (let from = 0; from < pieces.length; from += step) {
      const part = pieces.slice(from, from + step);
      yield* this.#payload(ticket, output, part, part.length);
    }
  }

  *#payload(
    ticket: number,
    output: number,
    pieces: readonly Piece[],
    events: number,
  ): Generator<void, void, void> {
    const large =
      pieces.reduce((sum, { line }) => sum + line.length + 1, 0) > PAGE_BYTES - TRACE_BYTES;
    while (!large && this.#free.length === 0) yield;
    const page = large ? this.#task.pages : (this.#free.pop() as number);
    const region = large ? this.#regions.largePage : planPage(this.#regions, page);
    const trace = region.end - TRACE_BYTES;
    let used = 0;
    for (const [k, { ordinal, line }] of pieces.entries()) {
      if (startsWith(line, 'die ')) process.exit(1);
      if (startsWith(line, 'die-once ')) dieOnce(line.toString().split(' ')[1] as string);
      this.#memory.u8.set(line, region.start + used);
      used += line.length;
      this.#memory.u8[region.start + used++] = 0x0a;
      this.#memory.u32[(trace >>> 2) + k * 2] = ordinal;
      this.#memory.u32[(trace >>> 2) + k * 2 + 1] = used;
    }
    const notice = [
      PAYLOAD,
      ticket,
      output,
      page,
      region.start,
      used,
      trace,
      pieces.length,
      events,
    ];
    this.#task.port.postMessage(notice);
  }
}

/** The batch runs again: it is cut into other payloads, as on pages that are filled differently. */
function diedBefore(line: Buffer): boolean {
  return startsWith(line, 'die-once ') && existsSync(line.toString().split(' ')[1] as string);
}

function dieOnce(path: string): void {
  if (existsSync(path)) return;
  writeFileSync(path, '');
  process.exit(1);
}

function planPage({ pages }: ReturnType<typeof planRegions>, page: number) {
  return pages[page] as (typeof pages)[number];
}

function optionsOf(plan: PipelinePlan, output: number): OutputOptions {
  return plan.outputs[output]?.options ?? {};
}

function startsWith(line: Buffer, prefix: string): boolean {
  return line.subarray(0, prefix.length).equals(Buffer.from(prefix));
}

function goesTo(line: Buffer, output: number): boolean {
  return !startsWith(line, 'only ') || line.toString('utf8', 5, 6) === String(output);
}

function failure(pipeline: number, ordinal: number): FailedRow {
  return {
    pipeline,
    output: -1,
    ordinal,
    code: 'SLUICE_INTERNAL',
    stage: 'parse copy',
    message: 'asked for by the record',
  };
}
