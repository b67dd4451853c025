import type { ErrorCode } from '../errors/codes.ts';
import type { EventCore } from '../event/core.ts';
import type { Field, Layout, TableShape } from '../event/layout.ts';
import type { LiteralArea } from '../event/literals.ts';
import type { Address } from '../event/memory.ts';
import type { Rows } from '../event/rows.ts';

/**
 * `envelope`: how a record is wrapped (syslog, json); its columns belong to the base layout.
 * `dataset`: what kind of event it is (nginx.access); its own columns belong to a layout of its own, and a row has at most one dataset.
 */
export type ParserKind = 'envelope' | 'dataset';

export interface ParserDefinition<Options> {
  readonly name: string;
  readonly kind: ParserKind;
  /** Datasets: the envelope that their lines usually come in; `sluice parse` takes it off first. */
  readonly envelope?: string;
  /** Fields that it may fill. */
  fields(options: Options): readonly Field[];
  /** Datasets: fields of other parsers that this one looks at, so that every row has columns for them. */
  readonly reads?: readonly string[];
  compile(options: Options, context: ParserContext): CompiledParser;
}

export interface ParserContext {
  readonly core: EventCore;
  readonly literals: LiteralArea;
  readonly table: TableShape;
  /** The layout that rows of this parser have: the base for an envelope. */
  readonly layout: Layout;
  /** The only dataset of its `parse`: rows that nothing else identifies are its. */
  readonly sole: boolean;
}

export interface CompiledParser {
  /** True for rows that are this dataset's; an envelope takes all. */
  detect(rows: Rows, row: Address): boolean;
  /**
   * Fills the cells of the listed rows. A row that fails gets its error through `fail` and keeps its raw bytes as message;
   * nothing is thrown except SideBufferFull.
   */
  parse(rows: Rows, list: readonly Address[], fail: ParseFail): void;
}

/** @param offset byte in the text where it went wrong, where known */
export type ParseFail = (
  rows: Rows,
  row: Address,
  code: ErrorCode,
  detail: string,
  offset?: number,
) => void;
