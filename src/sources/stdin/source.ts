import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Completion } from '../completion.ts';
import { FrameReader } from '../frame-reader.ts';
import type { Source, SourceContext, Stream } from '../source.ts';
import { within } from '../within.ts';
import { takeAll, takeEnd } from '../take-all.ts';
import type { StdinOptions } from './spec.ts';

/** Lines of standard input, until it ends. */
export class StdinSource implements Source {
  readonly finite = true;
  readonly listening: readonly string[] = [];
  readonly #context: SourceContext;
  readonly #input: Readable;
  readonly #stream: Stream;
  readonly #reader: FrameReader;
  readonly #lifetime = new AbortController();
  readonly #completion = new Completion();

  constructor(options: StdinOptions, context: SourceContext, input: Readable = process.stdin) {
    this.#context = context;
    this.#input = input;
    const { max_event: maxRecord } = options;
    this.#stream = context.open({
      label: 'stdin',
      identity: randomUUID(),
      positions: 'ordinal',
      base: 0,
    });
    this.#reader = new FrameReader(this.#stream, {
      mode: 'lf',
      maxRecord,
      truncated: () => {
        context.error('SLUICE_EVENT_TOO_LONG', `stdin: line truncated at ${maxRecord} bytes`);
      },
      incomplete: () => {
        context.error('SLUICE_FRAME_INCOMPLETE', 'stdin: stopped within a line');
      },
    });
  }

  async start(): Promise<void> {
    void this.#read();
  }

  done(): Promise<void> {
    return this.#completion.promise;
  }

  async stop(signal: AbortSignal): Promise<void> {
    this.#lifetime.abort();
    this.#input.destroy();
    await within(this.#completion.promise, signal);
  }

  async #read(): Promise<void> {
    const { signal } = this.#lifetime;
    try {
      for await (const chunk of this.#input) {
        const bytes = chunk as Buffer;
        this.#context.metrics.receivedBytes(bytes.length);
        await takeAll(this.#reader, this.#stream, bytes, 0, signal);
      }
      await takeEnd(this.#reader, this.#stream, false, signal);
    } catch (error) {
      if (!signal.aborted) this.#completion.reject(error);
      this.#reader.end(true);
    }
    this.#stream.close();
    this.#completion.resolve();
  }
}
