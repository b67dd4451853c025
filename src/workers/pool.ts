import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Logger } from 'pino';
import { SluiceError } from '../errors/codes.ts';
import { allocateMemory, type CoreMemory } from '../event/memory.ts';
import { WORKER_MEMORY_BYTES } from '../event/regions.ts';
import type { WorkerShare } from '../pipeline/budget.ts';
import type { FlowBatch } from '../pipeline/flow-batch.ts';
import type { Topology } from '../pipeline/topology.ts';
import { Channel, type FlowListener, type WorkerTally } from './channel.ts';
import type { CoreChoice, WorkerTask } from './protocol.ts';

/** The event table lies outside the V8 heap: what remains are strings of odd formats and the compiled pipelines. */
const HEAP_MB = 256;
/** Batches make little garbage. Left alone, the young generation grows to 48 MB in each thread. */
const YOUNG_MB = 3;
const START_LIMIT_MS = 30_000;
/** Beside those in its input slots. */
const WAITING_PER_WORKER = 4;
/** A worker that dies before it is ready is started again after this pause. */
const RESTART_PAUSE_MS = 1000;

export interface PoolOptions {
  readonly share: WorkerShare;
  readonly topology: Topology;
  readonly listener: FlowListener;
  /** Undefined: the TypeScript core. */
  readonly module: WebAssembly.Module | undefined;
  /** The worker's entry; its default export runs a WorkerTask. */
  readonly entry: URL;
  readonly log: Logger;
}

interface Seat {
  channel: Channel;
  readonly tally: WorkerTally;
  ready: boolean;
}

/**
 * The worker threads. Piscina starts, limits and replaces them; each runs one long task, which is fed over a port of its
 * own with several batches at a time (a few microseconds a message, where a task of its own would cost tens).
 * A lane always goes to the same seat, so its batches stay in order.
 */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #piscina: Piscina<WorkerTask, void>;
  readonly #seats: Seat[] = [];
  readonly #tasks = new Set<Promise<void>>();
  #closing = false;
  #restarts = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    const { workers } = options.share;
    this.#piscina = new Piscina({
      filename: options.entry.href,
      minThreads: workers,
      maxThreads: workers,
      idleTimeout: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: 1,
      recordTiming: false,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: YOUNG_MB },
    });
    // A thread that fails without a task: the seat's own task tells what it means for us.
    this.#piscina.on('error', (error: unknown) =>
      options.log.error({ error: String(error) }, 'a worker thread failed'),
    );
  }

  /** Resolves when every worker has compiled its pipelines. @throws SluiceError SLUICE_WORKER_START */
  async start(): Promise<void> {
    const { share } = this.#options;
    const ready = Array.from({ length: share.workers }, (_, number) => {
      const tally = { parse: 0, steps: 0, encode: 0, waited: 0, batches: 0 };
      return new Promise<void>((resolve, reject) => {
        const seat = { tally, ready: false } as Seat;
        this.#seats.push(seat);
        this.#occupy(seat, number, resolve, reject);
      });
    });
    const limit = new AbortController();
    const late = sleep(START_LIMIT_MS, undefined, { signal: limit.signal, ref: false }).then(() => {
      throw new SluiceError('SLUICE_WORKER_START', `not ready after ${START_LIMIT_MS / 1000} s`);
    });
    try {
      await Promise.race([Promise.all(ready), late]);
    } finally {
      limit.abort();
      late.catch(() => {});
    }
  }

  submit(batch: FlowBatch): void {
    this.#seatOf(batch).channel.submit(batch);
  }

  get tallies(): readonly WorkerTally[] {
    return this.#seats.map(({ tally }) => tally);
  }

  /** Whether all workers run. */
  get ready(): boolean {
    return this.#seats.every((seat) => seat.ready);
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Batches that lie in the workers or wait for them. */
  get outstanding(): number {
    return this.#seats.reduce((sum, { channel }) => sum + channel.outstanding, 0);
  }

  /** Enough batches wait to be sent to keep every worker busy. */
  get crowded(): boolean {
    const waiting = this.#seats.reduce((sum, { channel }) => sum + channel.waiting, 0);
    return waiting >= this.#seats.length * WAITING_PER_WORKER;
  }

  /** Pages that hold payloads. */
  get heldPages(): number {
    return this.#seats.reduce((sum, { channel }) => sum + channel.heldPages, 0);
  }

  /** More than half of a worker's room for payloads is taken: requests should leave without waiting for more. */
  get pressed(): boolean {
    const half = this.#options.share.pages / 2;
    return this.#seats.some(({ channel }) => channel.heldPages >= half);
  }

  /** Ends the workers once they have answered everything; by force when the signal aborts. */
  async close(signal: AbortSignal): Promise<void> {
    this.#closing = true;
    for (const { channel } of this.#seats) channel.drain();
    const drained = Promise.allSettled(this.#tasks);
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([drained, aborted]);
    await this.#piscina.destroy();
  }

  #seatOf(batch: FlowBatch): Seat {
    return this.#seats[batch.lane % this.#seats.length] as Seat;
  }

  #occupy(seat: Seat, number: number, ready: () => void, failed: (error: Error) => void): void {
    const { share, topology, listener } = this.#options;
    const memory = allocateMemory(WORKER_MEMORY_BYTES);
    const { port1, port2 } = new MessageChannel();
    seat.ready = false;
    seat.channel = new Channel(memory, share.inputs, port1, topology, listener, seat.tally, () => {
      seat.ready = true;
      ready();
    });
    const task: WorkerTask = {
      port: port2,
      worker: number,
      core: this.#coreOf(memory),
      pages: share.pages,
      sources: topology.sources,
      pipelines: topology.plans,
    };
    const ended = this.#piscina.run(task, { transferList: [port2] }).then(
      () => port1.close(),
      (error: unknown) => this.#died(seat, number, asError(error), failed),
    );
    this.#tasks.add(ended);
    void ended.finally(() => this.#tasks.delete(ended));
  }

  #coreOf(memory: CoreMemory): CoreChoice {
    const { module } = this.#options;
    if (module === undefined) return { kind: 'ts', memory: memory.buffer as SharedArrayBuffer };
    return { kind: 'wasm', memory: memory.wasm as WebAssembly.Memory, module };
  }

  async #died(
    seat: Seat,
    number: number,
    error: Error,
    failed: (error: Error) => void,
  ): Promise<void> {
    const wasReady = seat.ready;
    seat.ready = false;
    if (this.#closing) return;
    const buried = seat.channel;
    const unanswered = buried.bury(wasReady);
    if (!wasReady) {
      failed(new SluiceError('SLUICE_WORKER_START', error.message, { cause: error }));
      await sleep(RESTART_PAUSE_MS, undefined, { ref: false });
    }
    const { log, listener } = this.#options;
    const batches = [...unanswered, ...buried.unsent()];
    this.#restarts++;
    log.error(
      { worker: number, error: error.message, batches: batches.length },
      'a worker died; another one takes over its batches',
    );
    this.#occupy(
      seat,
      number,
      () => {},
      () => {},
    );
    for (const batch of batches) {
      if (batch.crashes < 2) seat.channel.submit(batch);
      else listener.crashed(batch);
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
