import type { Config } from '../config/schema.ts';

/** Where a step stands in the configuration file. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface StepPlan {
  /** `parse`, or the name of a step. */
  readonly step: string;
  readonly options: unknown;
  readonly at?: Position | undefined;
}

/** Options of a `parse` step: an envelope, or datasets of which each row gets the first that detects it. */
export interface ParseOptions {
  readonly parsers: readonly { readonly name: string; readonly options: unknown }[];
}

export interface OutputPlan {
  readonly name: string;
  /** Name of the sink, for people. */
  readonly sink: string;
  /** Type of the sink: decides the encoder. */
  readonly type: string;
  /** Empty = rows of every route. */
  readonly routes: readonly string[];
  readonly options: unknown;
}

/** A pipeline as plain data: posted to workers, held by `explain`. */
export interface PipelinePlan {
  readonly name: string;
  /** Names of sources. */
  readonly from: readonly string[];
  /** Zone of time stamps that name none, by source, where the source says it: before what the parser says. */
  readonly timezones?: Readonly<Record<string, string>>;
  readonly steps: readonly StepPlan[];
  readonly outputs: readonly OutputPlan[];
}

/** The part of a checked configuration that decides about a record's bytes. */
export function plansOf(config: Config): PipelinePlan[] {
  const types = new Map(config.sinks.map((sink) => [sink.name, sink.type]));
  return config.pipelines.map(({ name, from, steps, to }) => ({
    name,
    from,
    timezones: Object.fromEntries(
      config.sources.flatMap(({ name: source, options: { timezone } }) =>
        typeof timezone === 'string' && from.includes(source) ? [[source, timezone]] : [],
      ),
    ),
    steps,
    outputs: to.map((output) => ({
      name: output.name,
      sink: output.sink,
      type: types.get(output.sink) ?? output.sink,
      routes: output.routes ?? [],
      options: output.options,
    })),
  }));
}
