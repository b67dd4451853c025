import type { Logger } from 'pino';
import { SluiceError } from '../errors/codes.ts';
import type { Source } from '../sources/source.ts';
import type { Health, Problem } from '../telemetry/health.ts';
import type { Intake } from './intake.ts';
import type { Slot } from './slot.ts';
import { type Teardown, within } from './teardown.ts';

export interface StartedSource {
  readonly name: string;
  /** Where it stands in the configuration: `sluice.yaml:4:3`. */
  readonly place: string;
  readonly source: Source;
}

export interface RunningOptions {
  readonly sources: readonly StartedSource[];
  readonly slots: readonly Slot[];
  readonly intake: Intake;
  readonly health: Health;
  readonly teardown: Teardown;
  readonly log: Logger;
  readonly once: boolean;
  /** ms */
  readonly flushLimit: number;
  /** ms, for each part */
  readonly closeLimit: number;
  /** Ends waits for what will not be settled any more. */
  readonly giveUp: () => void;
  readonly failed: (problem: Problem) => void;
}

/** The daemon from the start of its sources to its end. */
export class Running {
  readonly done: Promise<void>;
  readonly #options: RunningOptions;
  readonly #stopped = new Map<Source, Promise<void>>();
  #finish: () => void = () => {};
  #fail: (error: unknown) => void = () => {};
  #stopping: Promise<void> | undefined;
  #failure: unknown;

  constructor(options: RunningOptions) {
    this.#options = options;
    this.done = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    // Whoever starts the daemon may look at `done` later.
    this.done.catch(() => {});
  }

  /** Starts the sources one after the other. @throws SluiceError; those that run are stopped by the teardown */
  async start(): Promise<void> {
    const { sources, teardown, health, once } = this.#options;
    for (const { name, place, source } of sources) {
      await source.start().catch((error: unknown) => {
        throw placed(error, `${place}: source ${name}`);
      });
      teardown.add(`source ${name}`, (signal) => this.#stopSource(source, signal));
    }
    health.started();
    const ends = sources.map(({ name, source }) => this.#follow(name, source));
    if (!once) return;
    const finite = ends.filter((_, k) => sources[k]?.source.finite === true);
    void Promise.all(finite).then(() => this.#drained());
  }

  /** Stops reading, flushes within the limit, closes everything. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Once: the end of the daemon and the teardown both ask for it. */
  #stopSource(source: Source, signal: AbortSignal): Promise<void> {
    let stopped = this.#stopped.get(source);
    if (stopped === undefined) {
      stopped = source.stop(signal);
      this.#stopped.set(source, stopped);
    }
    return stopped;
  }

  async #follow(name: string, source: Source): Promise<void> {
    try {
      await source.done();
    } catch (error) {
      const { log, failed, once } = this.#options;
      const code = error instanceof SluiceError ? error.code : 'SLUICE_INTERNAL';
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ source: name, code, reason }, 'a source cannot go on');
      failed({ component: `source ${name}`, code, reason });
      if (once) this.#failure ??= error;
    }
  }

  /** `--once`: no time limit, the stores may take as long as they need. */
  async #drained(): Promise<void> {
    for (const slot of this.#options.slots) slot.drain();
    await this.#options.intake.settled();
    await this.stop();
  }

  async #stop(): Promise<void> {
    const { sources, slots, intake, health, teardown, log } = this.#options;
    const { flushLimit, closeLimit, giveUp } = this.#options;
    try {
      health.draining();
      const limit = AbortSignal.timeout(flushLimit);
      const stopped = sources.map(({ source }) => this.#stopSource(source, limit));
      await within(Promise.allSettled(stopped), limit);
      for (const slot of slots) slot.drain();
      if (!(await within(intake.settled(), limit))) {
        log.warn({ batches: intake.outstanding }, 'not everything could be delivered in time');
      }
      giveUp();
      await teardown.run(closeLimit);
      log.info('sluice has ended');
    } finally {
      if (this.#failure === undefined) this.#finish();
      else this.#fail(this.#failure);
    }
  }
}

/** The same error, saying where in the configuration it comes from. */
function placed(error: unknown, where: string): unknown {
  if (!(error instanceof SluiceError)) return error;
  return new SluiceError(error.code, `${where}: ${error.message}`, { cause: error });
}
