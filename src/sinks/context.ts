import type { Logger } from 'pino';

/** What a writer is told about its place. */
export interface WriterContext {
  /** The daemon's name: `node.id`. */
  readonly node: string;
  readonly pipeline: string;
  /** Name of the output within the pipeline: a key under `to:`. */
  readonly output: string;
  /** Random, made with the journal (or at start without one); batch numbers are unique within it. */
  readonly incarnation: string;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}
