import type { MessagePort } from 'node:worker_threads';
import { createCore } from '../event/create-core.ts';
import { refiler } from '../event/refile.ts';
import { LiteralArea } from '../event/literals.ts';
import type { EventCore } from '../event/core.ts';
import { type Address, viewMemory } from '../event/memory.ts';
import { type InputSlot, planRegions, type Regions } from '../event/regions.ts';
import { type CompiledPipeline, compilePipeline } from '../pipeline/compile.ts';
import {
  type BatchInput,
  BatchRun,
  type Payload,
  type PipelineCounts,
  type RunContext,
  runContext,
} from './batch-run.ts';
import { Pages } from './pages.ts';
import { PeerTables } from './peers.ts';
import {
  type CoreChoice,
  DONE,
  DRAIN_WORDS,
  type FailedRow,
  type FromWorker,
  LARGE_SLOT,
  PAYLOAD,
  type PeersMessage,
  READY,
  RELEASE,
  RELEASE_WORDS,
  RUN,
  RUN_WORDS,
  type ToWorker,
  type WorkerTask,
} from './protocol.ts';

/** The long task of a worker thread: runs the flow over its port until it is drained. */
export default async function stage(task: WorkerTask): Promise<void> {
  // Ends when the main thread drains it, or with the thread.
  await new StageWorker(task).drained;
}

function coreOf(choice: CoreChoice): EventCore {
  if (choice.kind === 'ts') return createCore('ts', viewMemory(choice.memory));
  return createCore('wasm', viewMemory(choice.memory), choice.module);
}

/** A batch that waits for its turn: at most one for each input slot. */
interface Job {
  readonly ticket: number;
  readonly source: number;
  readonly input: BatchInput;
}

/** Keys of waiting batches, one for each input slot and the large one. */
const KEY_BYTES = 16;

const monotonic = (): number => Number(process.hrtime.bigint());

class StageWorker {
  readonly drained: Promise<void>;
  readonly #port: MessagePort;
  readonly #regions: Regions;
  readonly #context: RunContext;
  readonly #pages: Pages;
  readonly #peers: PeerTables;
  readonly #keys: Address;
  readonly #u32: Uint32Array;
  readonly #pipelines: readonly CompiledPipeline[];
  readonly #sources: readonly string[];
  /** For each source, the numbers of the pipelines that read it. */
  readonly #readers: readonly (readonly number[])[];
  /** Number of each pipeline's first output, counted through. */
  readonly #firstOutput: readonly number[];
  /** Batches, and the peers that batches behind them need: a table's texts are in use until the batches before are done. */
  readonly #waiting: (Job | PeersMessage)[] = [];
  readonly #notices: number[] = [];
  #running: Generator<void, void, void> | undefined;
  #draining = false;
  #resolve: () => void = () => {};

  constructor(task: WorkerTask) {
    const core = coreOf(task.core);
    this.#regions = planRegions();
    const literals = new LiteralArea(core.memory, this.#regions.literals);
    this.#port = task.port;
    this.#u32 = core.memory.u32;
    this.#keys = literals.reserve((this.#regions.inputs.length + 1) * KEY_BYTES);
    this.#peers = new PeerTables(core.memory, literals);
    this.#pages = new Pages(this.#regions.pages.slice(0, task.pages), this.#regions.largePage);
    this.#context = runContext(core, literals, this.#pages, { now: monotonic });
    const { table, side } = this.#regions;
    const { pipelines } = task;
    this.#pipelines = pipelines.map((plan) =>
      compilePipeline(plan, { core, literals, table, side, refile: refiler }),
    );
    this.#sources = task.sources;
    this.#readers = task.sources.map((source) =>
      pipelines.flatMap((plan, number) => (plan.from.includes(source) ? [number] : [])),
    );
    this.#firstOutput = pipelines.map((_, number) =>
      pipelines.slice(0, number).reduce((sum, plan) => sum + plan.outputs.length, 0),
    );
    this.drained = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#port.on('message', (message: ToWorker) => this.#receive(message));
    this.#post([READY]);
  }

  #receive(message: ToWorker): void {
    if ('peers' in message) {
      this.#waiting.push(message);
      this.#drive();
      return;
    }
    for (let at = 0; at < message.length; ) {
      switch (message[at]) {
        case RUN:
          this.#waiting.push(this.#job(message, at));
          at += RUN_WORDS;
          break;
        case RELEASE:
          this.#pages.release(message[at + 1] as number);
          at += RELEASE_WORDS;
          break;
        default:
          this.#draining = true;
          at += DRAIN_WORDS;
      }
    }
    this.#drive();
  }

  #job(words: readonly number[], at: number): Job {
    const word = (k: number): number => words[at + k] as number;
    const slot = word(3);
    const large = slot === LARGE_SLOT;
    const { bytes, index } = large
      ? this.#regions.largeInput
      : (this.#regions.inputs[slot] as InputSlot);
    const key = this.#keys + (large ? this.#regions.inputs.length : slot) * KEY_BYTES;
    for (let k = 0; k < 4; k++) this.#u32[(key >>> 2) + k] = word(12 + k);
    return {
      ticket: word(1),
      source: word(2),
      input: {
        bytes: bytes.start,
        index: index.start,
        records: word(5),
        receivedAt: word(7),
        source: this.#sources[word(2)] as string,
        key,
        baseLow: word(8),
        baseHigh: word(9),
        byOffset: word(10) === 1,
        peers: this.#peers.table(word(11)),
      },
    };
  }

  /** Runs batches until there are none, or the one at hand waits for a page. */
  #drive(): void {
    for (;;) {
      if (this.#running === undefined) {
        const next = this.#waiting.shift();
        if (next === undefined) break;
        if ('peers' in next) {
          this.#peers.set(next);
          continue;
        }
        this.#running = this.#run(next);
      }
      if (this.#running.next().done !== true) break;
      this.#running = undefined;
    }
    this.#flush();
    if (this.#draining && this.#running === undefined) {
      this.#port.close();
      this.#resolve();
    }
  }

  *#run({ ticket, source, input }: Job): Generator<void, void, void> {
    const failed: FailedRow[] = [];
    const runs: BatchRun[] = [];
    const listener = {
      payload: (payload: Payload) => this.#payload(ticket, payload),
      failed: (row: FailedRow) => failed.push(row),
    };
    const started = monotonic();
    let waited = 0;
    for (const number of this.#readers[source] ?? []) {
      const pipeline = this.#pipelines[number] as CompiledPipeline;
      const run = new BatchRun(this.#context, pipeline, number, input, listener);
      runs.push(run);
      const steps = run.run();
      while (steps.next().done !== true) {
        // Nothing more can be encoded until the main thread releases a page: what is finished must go first.
        this.#flush();
        const at = monotonic();
        yield;
        waited += monotonic() - at;
      }
    }
    if (failed.length > 0) this.#port.postMessage({ ticket, failed } satisfies FromWorker);
    const time = (of: (run: BatchRun) => number): number =>
      runs.reduce((sum, run) => sum + of(run), 0);
    const parse = time((run) => run.times.parse);
    const steps = time((run) => run.times.steps);
    const encode = Math.max(0, monotonic() - started - parse - steps - waited);
    this.#notices.push(DONE, ticket, parse, steps, encode, waited);
    for (const { counts } of runs) this.#counts(counts);
  }

  #payload(ticket: number, { pipeline, output, page, room, events }: Payload): void {
    const number = (this.#firstOutput[pipeline] as number) + output;
    const { start, used, trace, rows } = room;
    this.#notices.push(PAYLOAD, ticket, number, page, start, used, trace, rows, events);
  }

  #counts({ filtered, unparsed, failed, outputs }: PipelineCounts): void {
    this.#notices.push(filtered, unparsed, failed);
    for (const output of outputs) {
      this.#notices.push(output.notRouted, output.skipped, output.coerced, output.failed);
    }
  }

  #flush(): void {
    if (this.#notices.length === 0) return;
    this.#post(this.#notices);
    this.#notices.length = 0;
  }

  #post(message: FromWorker): void {
    this.#port.postMessage(message);
  }
}
