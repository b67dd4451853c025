import type { LiteralArea } from '../../event/literals.ts';
import type { Address } from '../../event/memory.ts';
import type { Rows } from '../../event/rows.ts';

export const NO = 0;
export const YES = 1;
/** The expression could not be evaluated for this row. */
export const ERROR = 2;
export type Truth = typeof NO | typeof YES | typeof ERROR;
export type Condition = (rows: Rows, row: Address) => Truth;

/** Where a condition finds its fields and keeps its constants. */
export interface Binding {
  readonly literals: LiteralArea;
  /** Column of a path; -1 = the rows never have it. */
  readonly column: (path: string) => number;
}

export function constant(value: boolean): Condition {
  return () => (value ? YES : NO);
}
