import { z } from 'zod';
import { type ListenAddress, listenAddress, size } from './units.ts';

/** Where something stands in the configuration file; both start at 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

const MiB = 2 ** 20;

export const nodeSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'letters, digits, and . _ - inside; at most 64')
    .default('sluice')
    .describe('Name of this daemon; keeps its writes apart from those of other nodes.'),
  data_dir: z
    .string()
    .min(1)
    .default('data')
    .describe('Folder for positions, dead letters and other state; made if absent.'),
  memory_budget: size({ min: 16 * MiB })
    .prefault('64MiB')
    .describe('Bytes that records and payloads may hold together; sources pause at the limit.'),
  workers: z
    .union([z.literal('auto'), z.int().min(1).max(256)])
    .default('auto')
    .describe('Worker threads that parse and encode; `auto`: one less than there are cores.'),
  core: z
    .enum(['wasm', 'ts'])
    .default('wasm')
    .describe('Which event core runs; both give the same bytes, `ts` is the readable one.'),
});

export const adminSchema = z.strictObject({
  listen: listenAddress('127.0.0.1')
    .prefault('127.0.0.1:9514')
    .describe('Metrics, `/health` and `/ready`; a port alone means loopback.'),
});

export const logSchema = z.strictObject({
  level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least severe messages that are logged.'),
  format: z
    .enum(['auto', 'json', 'pretty'])
    .default('auto')
    .describe('`auto`: pretty on a terminal, else JSON lines.'),
});

/** Keys that every source has beside its own. */
export const sourceCommonSchema = z.strictObject({
  ack: z
    .enum(['received', 'delivered'])
    .default('received')
    .describe(
      'When the sender is told that a record is safe: once it is in memory, or once every required output has it.',
    ),
});

/** Keys that every output (`to:` of a pipeline) has beside those of its sink. */
export const outputCommonSchema = z.strictObject({
  sink: z.string().optional().describe("A sink's name; default: the output's own name."),
  routes: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Takes only events that a route step sent to one of these; default: all events.'),
  required: z
    .boolean()
    .default(true)
    .describe(
      'Whether `ack: delivered` promises this output. Without a journal a batch waits for every output, required or not.',
    ),
});

/** Key of the sinks that write to a server. */
export const filesSchema = z.strictObject({
  files: z
    .string()
    .min(1)
    .optional()
    .describe("Folder for the store's own bulk-load files while no server is configured."),
});

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const named = z.record(
  z.string().regex(NAME, 'a name has letters, digits, and . _ - inside; at most 64'),
  z.unknown(),
);

export const pipelineSchema = z.strictObject({
  from: z
    .union([z.string(), z.array(z.string())])
    .transform((names) => (typeof names === 'string' ? [names] : names))
    .describe('Names of the sources that it reads.'),
  steps: z
    .array(z.unknown())
    .default([])
    .describe('What happens to each event, in order; each item is one step: `- parse: syslog`.'),
  to: named.describe('Outputs: where the events go.'),
});

/** The file's outer shape; sources, steps, outputs and sinks are checked against their own specs. */
export const documentSchema = z.strictObject({
  node: nodeSchema.prefault({}).describe('This process.'),
  admin: adminSchema.prefault({}).describe('The operator’s port.'),
  log: logSchema.prefault({}).describe('Log messages, on standard error.'),
  sources: named.describe('Where events come from.'),
  pipelines: named.describe('What happens to them.'),
  sinks: named.describe('The stores that they go to.'),
});

/** Checked by the component's spec: code that knows the type reads it as that spec's `z.output`. */
export type Options = Readonly<Record<string, unknown>>;

export interface SourceConfig extends z.output<typeof sourceCommonSchema> {
  readonly name: string;
  readonly type: string;
  readonly options: Options;
  readonly at: Place;
}

/** `parse: [a, b]`: the first parser that takes the row. */
export interface ParseOptions {
  readonly parsers: readonly { readonly name: string; readonly options: Options }[];
}

export interface ParseStepConfig {
  readonly step: 'parse';
  readonly options: ParseOptions;
  readonly at: Place;
}

export interface OtherStepConfig {
  readonly step: 'filter' | 'route' | 'set' | 'rename' | 'remove';
  /** Some steps take a text instead of an object: `filter: 'a == "b"'`. */
  readonly options: unknown;
  readonly at: Place;
}

export type StepConfig = ParseStepConfig | OtherStepConfig;
export type StepName = StepConfig['step'];

export interface OutputConfig {
  readonly name: string;
  /** Name of a sink in `sinks`. */
  readonly sink: string;
  /** Absent: all events. */
  readonly routes?: readonly string[];
  readonly required: boolean;
  readonly options: Options;
  readonly at: Place;
}

export interface PipelineConfig {
  readonly name: string;
  readonly from: readonly string[];
  readonly steps: readonly StepConfig[];
  /** At most 32: a row's outputs are one word of bits. */
  readonly to: readonly OutputConfig[];
  readonly at: Place;
}

export interface SinkConfig {
  readonly name: string;
  readonly type: string;
  /** Present only when it takes effect: write bulk-load files into this folder, there is no server. */
  readonly files?: string;
  readonly options: Options;
  readonly at: Place;
}

/** A checked configuration: plain data with all defaults filled in, sizes in bytes, durations in ms. May hold secrets. */
export interface Config {
  /** As given on the command line. */
  readonly file: string;
  /** Hash of what decides about a record's bytes: pipelines and the types of their sources and sinks. */
  readonly revision: string;
  readonly node: z.output<typeof nodeSchema>;
  readonly admin: { readonly listen: ListenAddress };
  readonly log: z.output<typeof logSchema>;
  readonly sources: readonly SourceConfig[];
  readonly pipelines: readonly PipelineConfig[];
  readonly sinks: readonly SinkConfig[];
}
