import type { z } from 'zod';
import type { ListenAddress } from './units.ts';

export type ComponentKind = 'source' | 'parser' | 'step' | 'sink';

/** Way into an options object: keys and list positions. */
export type OptionPath = readonly (string | number)[];

/** What is wrong with an option that has the right shape. */
export interface OptionIssue {
  readonly path: OptionPath;
  /** Without the position, which the loader adds. */
  readonly message: string;
  /** Index of the offending character within the text at `path`: points into expressions. */
  readonly offset?: number;
  readonly allowed?: readonly string[];
}

/** A port that a component will open. */
export interface ListenUse {
  readonly path: OptionPath;
  readonly protocol: 'tcp' | 'udp';
  readonly address: ListenAddress;
}

/** A route that a step may send an event to. */
export interface RouteName {
  readonly path: OptionPath;
  readonly name: string;
}

/**
 * The one place where a component is declared: types, validation, `sluice list`, JSON Schema and the reference pages
 * all come from here. It stands in the component's folder as spec.ts and imports neither I/O nor the component itself.
 *
 * The keys that all components of a kind share (`type`, `ack`, `sink`, `routes`, `required`, `files`) are added by the
 * composition in schema.ts. Objects are strict (`z.strictObject`): an unknown key is an error.
 * The functions see options that have passed their schema; they are called at load time only.
 */
export interface ComponentSpec<
  Options extends z.ZodType = z.ZodType,
  Output extends z.ZodType = z.ZodType,
> {
  readonly kind: ComponentKind;
  /** As written in the configuration. */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  /** Every key described, with its default. For a sink: the connection (`sinks:`). */
  readonly options: Options;
  /** Sinks: what a pipeline says under `to:`. */
  readonly output?: Output;
  /** A runnable YAML snippet. */
  readonly example: string;

  /** What a schema cannot say: expressions that do not compile, keys that contradict each other. */
  check?(options: z.output<Options>): readonly OptionIssue[];
  /** Sinks: the same for an output; paths lead into the output. */
  checkOutput?(output: z.output<Output>, options: z.output<Options>): readonly OptionIssue[];
  /** Sources: the ports that it will open. */
  listens?(options: z.output<Options>): readonly ListenUse[];
  /** Steps: the routes that it may choose. */
  routes?(options: z.output<Options>): readonly RouteName[];
  /**
   * Sinks that write to a server: whether one is configured. Their specs have this function, and `files: FOLDER`
   * then says where their bulk-load files go while no server is configured.
   */
  hasServer?(options: z.output<Options>): boolean;
  /**
   * Sinks: names (templates, `{…}` stands for text from the event) that an output writes to. Two outputs that may
   * write the same event to the same name of one sink are refused: the second write would be lost or counted twice.
   */
  targets?(output: z.output<Output>, options: z.output<Options>): readonly string[];
}
