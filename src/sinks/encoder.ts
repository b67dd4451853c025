import type { EventCore } from '../event/core.ts';
import type { Field, TableShape } from '../event/layout.ts';
import type { LiteralArea } from '../event/literals.ts';
import type { Address } from '../event/memory.ts';
import type { Rows } from '../event/rows.ts';

/** Room for one payload in the worker's memory. */
export interface Room {
  readonly start: Address;
  readonly end: Address;
  /** Where the (ordinal, end) pairs go. */
  readonly trace: Address;
  /** Pairs that fit there. */
  readonly capacity: number;
  /** Bytes already written. */
  used: number;
  /** Pairs already written. */
  rows: number;
}

export type Encoded = 'done' | 'page-full' | 'row-too-large';

/** Rows of one layout that go to one output, as a list of row addresses in memory. */
export interface RowGroup {
  readonly layout: number;
  readonly list: Address;
  readonly count: number;
}

/**
 * What an encoder has met since it was compiled. Only grows. Metrics show `skipped` and `coerced`; the others are for tests,
 * in the data a replaced name shows as the tag `name_rejected`.
 */
export interface EncodeTally {
  /** Rows that make no piece: points without a field. */
  skipped: number;
  /** Values that did not fit their column or field and were left out. */
  coerced: number;
  /** Residue members left out because the document already had their key. */
  hidden: number;
  /** Rows of which a name was not allowed and had to be replaced. */
  renamed: number;
  /** Rows that counted under the overflow key. */
  overflowed: number;
}

export function newTally(): EncodeTally {
  return { skipped: 0, coerced: 0, hidden: 0, renamed: 0, overflowed: 0 };
}

/** The pure half of a sink, compiled for one output of one pipeline; runs in the worker. */
export interface OutputEncoder {
  readonly tally: Readonly<EncodeTally>;
  /** A batch begins: what is known of an earlier one, ended or not, is forgotten. */
  begin?(): void;
  /**
   * Before any output of the chunk is encoded: what must be settled in the cells (names from data, tags). Every row that
   * was not dropped, of every layout. @throws SideBufferFull
   */
  prepare?(rows: Rows): void;
  /**
   * Encodes the group's rows from entry `from` on, appending to the room; resumable.
   * @returns the entry to continue from and why it stopped; `row-too-large` = that row does not even fit an empty room
   */
  encode(rows: Rows, group: RowGroup, from: number, room: Room): { next: number; state: Encoded };
  /** Encoders that aggregate write what they gathered over the whole batch. */
  finish?(room: Room): { state: Encoded };
}

/** What a sink's encoder is compiled against. */
export interface EncoderContext {
  readonly core: EventCore;
  readonly literals: LiteralArea;
  readonly table: TableShape;
  /** The output's number within its pipeline: its bit in a row's outputs. */
  readonly output: number;
}

/** The pure half of a sink type, as src/sinks/encoders.ts registers it. */
export interface EncoderDefinition<Options> {
  /** Paths that the output reads by name: each becomes a column of the base layout. */
  fields(options: Options): readonly Field[];
  compile(options: Options, context: EncoderContext): OutputEncoder;
}
