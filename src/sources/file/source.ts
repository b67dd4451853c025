import { SluiceError } from '../../errors/codes.ts';
import { Completion } from '../completion.ts';
import { ReceiveArea } from '../receive-area.ts';
import type { Source, SourceContext } from '../source.ts';
import { within } from '../within.ts';
import { discover } from './discover.ts';
import { Follower } from './follower.ts';
import { readWhole } from './read-whole.ts';
import type { FileOptions } from './spec.ts';

const CHUNK = 256 * 1024;

/** Lines of files, read whole or followed. Each file is a stream; a line's position is its byte in the file. */
export class FileSource implements Source {
  readonly listening: readonly string[] = [];
  readonly finite: boolean;
  readonly #options: FileOptions;
  readonly #context: SourceContext;
  readonly #lifetime = new AbortController();
  readonly #completion = new Completion();
  #started = false;

  constructor(options: FileOptions, context: SourceContext) {
    this.#options = options;
    this.#context = context;
    this.finite = options.read === 'whole' || context.once;
  }

  async start(): Promise<void> {
    const { signal } = this.#lifetime;
    if (this.#options.read === 'follow') {
      const follower = await Follower.create(this.#options, this.#context, signal);
      this.#run(follower.run().finally(() => follower.close()));
      return;
    }
    const files = await discover(this.#options, signal);
    if (files.length === 0) {
      const paths = this.#options.paths.join(', ');
      throw new SluiceError('SLUICE_FILE_NOT_FOUND', `no file matches ${paths}`);
    }
    this.#run(this.#readAll(files));
  }

  done(): Promise<void> {
    return this.#completion.promise;
  }

  async stop(signal: AbortSignal): Promise<void> {
    this.#lifetime.abort();
    if (this.#started) await within(this.#completion.promise, signal);
    else this.#completion.resolve();
  }

  #run(work: Promise<void>): void {
    this.#started = true;
    work.then(
      () => {
        this.#completion.resolve();
      },
      (error: unknown) => {
        if (this.#lifetime.signal.aborted) this.#completion.resolve();
        else this.#completion.reject(error);
      },
    );
  }

  async #readAll(files: readonly string[]): Promise<void> {
    const area = new ReceiveArea(CHUNK);
    for (const path of files) {
      if (this.#lifetime.signal.aborted) return;
      try {
        const { max_event } = this.#options;
        await readWhole(path, max_event, area, this.#context, this.#lifetime.signal);
      } catch (error) {
        if (this.#lifetime.signal.aborted) return;
        this.#context.error('SLUICE_FILE_READ', `${path}: ${String(error)}`);
      }
    }
  }
}
