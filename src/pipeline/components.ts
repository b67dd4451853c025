import { extname } from 'node:path';
import type { OutputConfig, SinkConfig, SourceConfig } from '../config/schema.ts';
import type { WriterContext } from '../sinks/context.ts';
import type { SinkWriter } from '../sinks/sink.ts';
import type { Source, SourceContext } from '../sources/source.ts';
import type { SlotLimits } from './slot.ts';

/** Where the daemon gets its I/O parts from. */
export interface Components {
  createWriter(sink: SinkConfig, output: OutputConfig, context: WriterContext): Promise<SinkWriter>;
  createSource(source: SourceConfig, context: SourceContext): Source;
  /** The workers' entry. */
  readonly worker: URL;
}

/** The parts that ship with sluice; loaded when a daemon starts, not by the other verbs. */
export async function shippedComponents(): Promise<Components> {
  const [{ createWriter }, { createSource }] = await Promise.all([
    import('../sinks/writers.ts'),
    import('../sources/create.ts'),
  ]);
  return {
    createWriter: ({ type, options, files }, output, context) =>
      createWriter(type, { ...options, files }, output.options, context),
    createSource: ({ type, options }, context) => createSource(type, options, context),
    // The ending is that of this file: compiled or not.
    worker: new URL(`../workers/stage${extname(import.meta.url)}`, import.meta.url),
  };
}

/** An attempt may take several requests (a refused one is halved): so many times the limit of one. */
const REQUESTS_PER_ATTEMPT = 4;

/** What a slot takes from its sink's options; sinks without such options get the defaults of the stores. */
export function slotLimits({ options }: SinkConfig): SlotLimits {
  const number = (key: string, other: number): number => {
    const value = options[key];
    return typeof value === 'number' ? value : other;
  };
  return {
    maxInFlight: number('max_in_flight', 4),
    requestBytes: number('request_bytes', 4 * 2 ** 20),
    linger: number('linger', 20),
    timeout: REQUESTS_PER_ATTEMPT * number('timeout', 30_000),
  };
}
