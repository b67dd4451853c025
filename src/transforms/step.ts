import type { Field, Layout, TableShape } from '../event/layout.ts';
import type { LiteralArea } from '../event/literals.ts';
import type { Rows } from '../event/rows.ts';

export interface StepDefinition<Options> {
  readonly name: string;
  /** Paths that it reads or writes: each becomes a column of the base layout unless a dataset has it. */
  fields(options: Options): readonly Field[];
  /** Paths that may also name a whole object: columns only where no field has members below them. */
  wholes?(options: Options): readonly string[];
  compile(options: Options, context: StepContext): CompiledStep;
}

export interface StepContext {
  readonly literals: LiteralArea;
  readonly table: TableShape;
  /** Column of a path in a layout, or -1: the layout's rows never have it. */
  column(layout: Layout, path: string): number;
  /** Output mask of rows that take this route: outputs that name it, and those that name none. */
  outputsOf(route: string): number;
}

/** A pure function of the rows; skips rows with the flag DROPPED. */
export interface CompiledStep {
  apply(rows: Rows): void;
}

/** Fields that a step names: their types are whatever a parser says, else any. */
export function fieldsOf(paths: readonly string[]): Field[] {
  return paths.map((path) => ({ path, type: 'any' }));
}

/** The column of a path that the step declared in `fields`, the same in every layout. */
export function baseColumn(context: StepContext, path: string): number {
  const column = context.column(context.table.layouts[0] as Layout, path);
  if (column < 0) throw new RangeError(`${path} has no column: the step did not declare it`);
  return column;
}
