import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import { createCore } from '../event/create-core.ts';
import { allocateMemory } from '../event/memory.ts';
import { WORKER_MEMORY_BYTES } from '../event/regions.ts';
import type { Source } from '../sources/source.ts';
import { adminRoutes } from '../telemetry/admin-routes.ts';
import { AdminServer } from '../telemetry/admin.ts';
import { Health, type Problem } from '../telemetry/health.ts';
import { createLogger } from '../telemetry/logger.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { Observer } from '../telemetry/observer.ts';
import type { Snapshot } from '../telemetry/snapshot.ts';
import { SourceMeter } from '../telemetry/source-meter.ts';
import { loadCoreModule } from '../workers/core-module.ts';
import { WorkerPool } from '../workers/pool.ts';
import { Budget, shareOut } from './budget.ts';
import { type Components, shippedComponents, slotLimits } from './components.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { DeadLetters } from './dead-letters.ts';
import { Flow } from './flow.ts';
import { makeDataDir, readIncarnation } from './incarnation.ts';
import { Intake } from './intake.ts';
import { Ledger } from './ledger.ts';
import { plansOf } from './plan.ts';
import { Running } from './running.ts';
import { Slot } from './slot.ts';
import { sourceContext } from './source-context.ts';
import { Teardown } from './teardown.ts';
import { topologyOf } from './topology.ts';

export interface DaemonOptions {
  /** Ends when all finite sources are drained and settled. */
  readonly once?: boolean;
  /** Aborted: stop reading, flush, end. */
  readonly signal?: AbortSignal;
  readonly log?: Logger;
  readonly components?: Components;
  /** How long stopping may flush, ms. */
  readonly flushLimit?: number;
}

export interface Daemon {
  /** Resolves when the daemon has ended; rejects when it had to give up. */
  readonly done: Promise<void>;
  /** Stops reading, flushes within the limit, ends. */
  stop(): Promise<void>;
  snapshot(): Snapshot;
}

const FLUSH_LIMIT_MS = 10_000;
/** For each part that is closed after the flush. */
const CLOSE_LIMIT_MS = 3000;
/**
 * Batches are numbered from the time of the start on: guards in the stores compare numbers, so a later run must begin above
 * all that an earlier one has used (a million batches a second is out of reach).
 */
const SEQUENCES_PER_MS = 1000;

/**
 * Starts everything, or nothing: when a part cannot start (a port is taken, the folder is locked), those before it are closed.
 * Stores need not answer: their slots keep trying.
 * @throws SluiceError
 */
export async function startDaemon(config: Config, options: DaemonOptions = {}): Promise<Daemon> {
  const log = options.log ?? createLogger(config.log, config.node.id);
  const teardown = new Teardown(log);
  try {
    return await compose(config, options, log, teardown);
  } catch (error) {
    await teardown.run(CLOSE_LIMIT_MS);
    throw error;
  }
}

async function compose(
  config: Config,
  options: DaemonOptions,
  log: Logger,
  teardown: Teardown,
): Promise<Daemon> {
  const { node } = config;
  const components = options.components ?? (await shippedComponents());
  await makeDataDir(node.data_dir);
  const lock = await lockDataDir(node.data_dir);
  teardown.add('data folder', () => lock.release());
  const incarnation = await readIncarnation(node.data_dir);

  const workers = node.workers === 'auto' ? undefined : node.workers;
  const share = shareOut(node.memory_budget, workers, availableParallelism());
  const budget = new Budget(node.memory_budget, share);
  const topology = topologyOf(
    config.sources.map(({ name }) => name),
    plansOf(config),
  );
  const ledger = new Ledger(topology);
  const metrics = new Metrics();
  const deadLetters = new DeadLetters({ folder: join(node.data_dir, 'dead-letters'), log });
  teardown.add('dead letters', () => deadLetters.close());

  const gaveUp = new AbortController();
  // Every batch with dead letters listens until they are on disk: many, but bounded by the budget.
  setMaxListeners(0, gaveUp.signal);
  const slots: Slot[] = [];
  const flow = new Flow({
    topology,
    ledger,
    slots,
    deadLetters,
    dispatched: () => intake.buffers.serve(),
    signal: gaveUp.signal,
  });
  const module = node.core === 'wasm' ? loadCoreModule() : undefined;
  const pool = new WorkerPool({
    share,
    topology,
    listener: flow,
    module,
    entry: components.worker,
    log,
  });
  teardown.add('workers', (signal) => pool.close(signal));

  const sinkTypes: string[] = [];
  for (const pipeline of config.pipelines) {
    for (const output of pipeline.to) {
      const sink = config.sinks.find(({ name }) => name === output.sink);
      if (sink === undefined) throw new RangeError(`sink ${output.sink} is not configured`);
      const tally = ledger.slot(slots.length);
      const writer = await components.createWriter(sink, output, {
        node: node.id,
        pipeline: pipeline.name,
        output: output.name,
        incarnation: Buffer.from(incarnation).toString('hex'),
        log,
      });
      const slot = new Slot({
        tally,
        writer,
        limits: slotLimits(sink),
        deadLetters,
        log,
        pressed: () => pool.pressed,
        latency: metrics.latencyOf(`${pipeline.name}.${output.name}`),
      });
      slots.push(slot);
      sinkTypes.push(sink.type);
      teardown.add(`sink ${slot.name}`, (signal) => slot.close(signal));
    }
  }

  const intake: Intake = new Intake({
    core: createCore(node.core, allocateMemory(WORKER_MEMORY_BYTES), module),
    budget,
    sources: config.sources.map(({ name, options: { linger } }) => ({
      name,
      linger: typeof linger === 'number' ? linger : 50,
    })),
    incarnation,
    revision: config.revision,
    firstSequence: Date.now() * SEQUENCES_PER_MS,
    crowded: () => pool.crowded,
    submit(batch) {
      ledger.received(batch);
      pool.submit(batch);
    },
  });
  const meters = config.sources.map(({ name }) => new SourceMeter(log.child({ source: name })));
  const sources = config.sources.map((source, number): Source => {
    const meter = meters[number] as SourceMeter;
    const { once = false } = options;
    const context = sourceContext({
      source,
      number,
      meter,
      intake,
      log,
      dataDir: node.data_dir,
      once,
    });
    return components.createSource(source, context);
  });

  const failures: Problem[] = [];
  const health = new Health(() => [...problemsOf(slots, pool, deadLetters), ...failures]);
  const observed = config.sources.map(({ type }, k) => {
    const tally = intake.tallies[k] as Intake['tallies'][number];
    return { type, tally, meter: meters[k] as SourceMeter };
  });
  const observer = new Observer({
    node: node.id,
    sources: observed,
    ledger,
    slots,
    sinkTypes,
    pool,
    budget,
    health,
  });
  teardown.add('observer', () => observer.close());
  const { stages } = observer;
  const lagOf = (source: number): number => intake.lagOf(source, Date.now());
  metrics.observe({ sources: observed, lagOf, ledger, slots, pool, budget, deadLetters, stages });
  const admin = new AdminServer(adminRoutes(metrics, health, () => observer.snapshot()));
  teardown.add('admin port', () => admin.close());
  observer.admin = await admin.listen(config.admin.listen);

  await pool.start();
  for (const slot of slots) slot.start();
  const running = new Running({
    sources: config.sources.map(({ name, at }, k) => ({
      name,
      place: `${config.file}:${at.line}:${at.column}`,
      source: sources[k] as Source,
    })),
    slots,
    intake,
    health,
    teardown,
    log,
    once: options.once === true,
    flushLimit: options.flushLimit ?? FLUSH_LIMIT_MS,
    closeLimit: CLOSE_LIMIT_MS,
    giveUp: () => gaveUp.abort(new Error('the daemon stops')),
    failed: (problem) => failures.push(problem),
  });
  await running.start();
  log.info({ admin: observer.admin, workers: share.workers, core: node.core }, 'sluice runs');
  options.signal?.addEventListener('abort', () => void running.stop(), { once: true });
  if (options.signal?.aborted === true) void running.stop();
  return {
    done: running.done,
    stop: () => running.stop(),
    snapshot: () => observer.snapshot(),
  };
}

function problemsOf(
  slots: readonly Slot[],
  pool: WorkerPool,
  deadLetters: DeadLetters,
): readonly Problem[] {
  const problems: Problem[] = [];
  for (const { name, trouble, connected } of slots) {
    if (trouble !== undefined) {
      problems.push({ component: `sink ${name}`, code: trouble.code, reason: trouble.reason });
    } else if (!connected) {
      const reason = 'not connected yet';
      problems.push({ component: `sink ${name}`, code: 'SLUICE_SINK_UNREACHABLE', reason });
    }
  }
  if (!pool.ready) {
    const reason = 'a worker thread is being replaced';
    problems.push({ component: 'workers', code: 'SLUICE_WORKER_START', reason });
  }
  if (deadLetters.trouble !== undefined) {
    problems.push({ component: 'dead letters', ...deadLetters.trouble });
  }
  return problems;
}
