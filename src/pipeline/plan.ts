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
  readonly steps: readonly StepPlan[];
  readonly outputs: readonly OutputPlan[];
}
