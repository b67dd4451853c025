/** How a value lies in its cell, in words: `text`, `integer`, `float`, `boolean`, `time`, `json`, `list`, `null`. */
export type ValueKind =
  | 'text'
  | 'integer'
  | 'float'
  | 'boolean'
  | 'time'
  | 'json'
  | 'list'
  | 'null';

export interface FieldValue {
  /** As it would stand in a JSON document, decoded. */
  readonly value: unknown;
  readonly kind: ValueKind;
}

/** The event after one step of a pipeline. */
export interface ExplainedStage {
  /** As in the configuration: `parse syslog`, `filter`. */
  readonly step: string;
  /** Place in the configuration file. */
  readonly at?: { readonly line: number; readonly column: number };
  /** By dotted path; absent fields are left out. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** Paths that this step set, changed or removed. */
  readonly changed: readonly string[];
  /** The step removed the event; later stages and outputs are left out. */
  readonly dropped?: boolean;
  /** The step could not do its work; the event goes on with this message. */
  readonly error?: string;
}

/** What one output of a pipeline would be sent. */
export interface ExplainedOutput {
  readonly name: string;
  readonly sink: string;
  /** Record type that chose the columns: `base`, or a dataset. */
  readonly layout: string;
  /** Exactly the bytes that the store would get for this event alone; undefined: none. */
  readonly bytes: Buffer | undefined;
  /** Why there are none: another route, dropped, no field for this output. */
  readonly reason?: string;
}

export interface ExplainedPipeline {
  readonly name: string;
  readonly stages: readonly ExplainedStage[];
  /** The last route that a step chose. */
  readonly route?: string;
  readonly outputs: readonly ExplainedOutput[];
}

/** The way of one record through every pipeline that reads its source. */
export interface Explanation {
  readonly source: string;
  readonly pipelines: readonly ExplainedPipeline[];
}
