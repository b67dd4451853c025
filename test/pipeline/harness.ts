import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createCore } from '../../src/event/create-core.ts';
import { viewMemory } from '../../src/event/memory.ts';
import { Budget, shareOut } from '../../src/pipeline/budget.ts';
import { DeadLetters } from '../../src/pipeline/dead-letters.ts';
import { Flow } from '../../src/pipeline/flow.ts';
import { Intake } from '../../src/pipeline/intake.ts';
import { accounted, Ledger } from '../../src/pipeline/ledger.ts';
import type { PipelinePlan } from '../../src/pipeline/plan.ts';
import { Slot, type SlotLimits } from '../../src/pipeline/slot.ts';
import { topologyOf } from '../../src/pipeline/topology.ts';
import type { Payload, SinkWriter, Verdict } from '../../src/sinks/sink.ts';
import type { Stream, StreamOptions } from '../../src/sources/source.ts';
import { WorkerPool } from '../../src/workers/pool.ts';

const MIB = 2 ** 20;

/** What a sink under test wrote: one entry for each payload that it was handed. */
export interface Written {
  readonly batch: number;
  readonly part: number;
  readonly lane: number;
  readonly lines: readonly string[];
}

/** A store of the test's own: decides about each payload, and remembers the lines that it took. */
export class TestWriter implements SinkWriter {
  readonly taken: Written[] = [];
  readonly runs: Payload[][] = [];
  connects = 0;
  /** Requests under way, and the most there ever were. */
  inFlight = 0;
  mostInFlight = 0;
  decide: (payload: Payload, attempt: number) => Verdict | Promise<Verdict> = () => ({
    kind: 'delivered',
  });
  onConnect: (attempt: number) => void = () => {};

  async connect(): Promise<void> {
    this.onConnect(this.connects++);
  }

  async write(run: readonly Payload[], signal: AbortSignal): Promise<readonly Verdict[]> {
    this.runs.push([...run]);
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    try {
      const verdicts: Verdict[] = [];
      for (const payload of run) {
        const lines = linesOf(payload);
        const verdict = await this.decide(payload, this.runs.length);
        signal.throwIfAborted();
        verdicts.push(verdict);
        if (verdict.kind === 'retry') continue;
        const refused = verdict.kind === 'rows' ? verdict.rows : new Map<number, unknown>();
        const { batch, part, lane } = payload;
        this.taken.push({ batch, part, lane, lines: lines.filter((_, k) => !refused.has(k)) });
      }
      return verdicts;
    } finally {
      this.inFlight--;
    }
  }

  async close(): Promise<void> {}

  get lines(): string[] {
    return this.taken.flatMap(({ lines }) => lines);
  }
}

export function linesOf({ bytes, rows, trace }: Payload): string[] {
  return Array.from({ length: rows }, (_, k) => {
    const start = k === 0 ? 0 : (trace[2 * k - 1] as number);
    return bytes.toString('utf8', start, (trace[2 * k + 1] as number) - 1);
  });
}

export interface FlowTestOptions {
  readonly outputs?: readonly {
    readonly options?: object;
    readonly limits?: Partial<SlotLimits>;
  }[];
  readonly workers?: number;
  readonly budget?: number;
  readonly linger?: number;
  readonly deadLetterLimit?: number;
}

/** The whole main thread's side over real worker threads that copy lines. */
export class FlowTest {
  readonly folder = mkdtempSync(join(tmpdir(), 'sluice-flow-'));
  readonly writers: TestWriter[] = [];
  readonly slots: Slot[] = [];
  readonly ledger: Ledger;
  readonly deadLetters: DeadLetters;
  readonly budget: Budget;
  /** Of all workers. */
  readonly pages: number;
  readonly pool: WorkerPool;
  readonly intake: Intake;
  readonly #gaveUp = new AbortController();
  /** What a daemon's ports do: a worker that starts does not keep the process alive. */
  readonly #alive = setInterval(() => {}, 1000);

  constructor(options: FlowTestOptions = {}) {
    const { outputs = [{}], workers = 1, budget = workers * 16 * MIB, linger = 5 } = options;
    const log = pino({ level: 'silent' });
    const plan: PipelinePlan = {
      name: 'main',
      from: ['in'],
      steps: [],
      outputs: outputs.map(({ options: own = {} }, k) => ({
        name: `out${k}`,
        sink: `store${k}`,
        type: 'test',
        routes: [],
        options: own,
      })),
    };
    const topology = topologyOf(['in'], [plan]);
    const share = shareOut(budget, workers, 2);
    this.pages = share.pages * workers;
    this.budget = new Budget(budget, share);
    this.ledger = new Ledger(topology);
    const { deadLetterLimit: limit } = options;
    this.deadLetters = new DeadLetters({
      folder: join(this.folder, 'dead-letters'),
      log,
      recheckMs: 20,
      ...(limit === undefined ? {} : { limit }),
    });
    const { ledger, deadLetters, slots } = this;
    const flow = new Flow({
      topology,
      ledger,
      slots,
      deadLetters,
      dispatched: () => this.intake.buffers.serve(),
      signal: this.#gaveUp.signal,
    });
    const entry = new URL('../workers/copy-worker.js', import.meta.url);
    this.pool = new WorkerPool({ share, topology, listener: flow, module: undefined, entry, log });
    for (const [k, { limits }] of outputs.entries()) {
      const writer = new TestWriter();
      this.writers.push(writer);
      slots.push(
        new Slot({
          tally: ledger.slot(k),
          writer,
          limits: { maxInFlight: 4, requestBytes: MIB, linger: 1, timeout: 60_000, ...limits },
          deadLetters,
          log,
          pressed: () => this.pool.pressed,
          latency: () => {},
        }),
      );
    }
    this.intake = new Intake({
      core: createCore('ts', viewMemory(new SharedArrayBuffer(budget))),
      budget: this.budget,
      sources: [{ name: 'in', linger }],
      incarnation: new Uint8Array(16),
      revision: 'r1',
      firstSequence: 8000,
      crowded: () => this.pool.crowded,
      submit: (batch) => {
        ledger.received(batch);
        this.pool.submit(batch);
      },
    });
  }

  async start(): Promise<void> {
    await this.pool.start();
    for (const slot of this.slots) slot.start();
  }

  open(options: Partial<StreamOptions> = {}): Stream {
    return this.intake.open(0, {
      label: 'test',
      identity: 'test',
      positions: 'ordinal',
      base: 0,
      ...options,
    });
  }

  /** Appends and ends the batch. */
  async batch(stream: Stream, records: readonly string[]): Promise<void> {
    await this.push(stream, records, AbortSignal.timeout(20_000));
    stream.flush();
  }

  /** Appends records as a source does: waits where there is no room. */
  async push(stream: Stream, records: Iterable<string>, signal: AbortSignal): Promise<void> {
    for (const record of records) {
      const bytes = Buffer.from(record);
      while (!stream.append(bytes, undefined, 0)) await stream.room(signal);
    }
  }

  get letters(): Record<string, unknown>[] {
    const folder = join(this.folder, 'dead-letters');
    return readdirSync(folder)
      .sort()
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Events that the books cannot account for, by output. */
  get differences(): number[] {
    return this.ledger.slots.map((tally) => tally.received - accounted(tally));
  }

  async close(): Promise<void> {
    clearInterval(this.#alive);
    this.#gaveUp.abort(new Error('test ends'));
    const signal = AbortSignal.timeout(2000);
    for (const slot of this.slots) await slot.close(signal);
    await this.pool.close(signal);
    await this.deadLetters.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Resolves when the condition holds. */
export async function until(condition: () => boolean, limitMs = 20_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error('did not come about in time');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
