import { type ConstantList, constantList, setList } from '../../event/lists.ts';
import type { Literal, LiteralArea } from '../../event/literals.ts';
import type { Address } from '../../event/memory.ts';
import type { Rows } from '../../event/rows.ts';

/** What a kind of line says about the event. */
export interface Outcome {
  readonly action?: string;
  readonly category?: readonly string[];
  readonly type?: readonly string[];
  readonly outcome?: 'success' | 'failure';
}

interface Compiled {
  readonly action: Literal | undefined;
  readonly outcome: Literal | undefined;
  readonly category: ConstantList | undefined;
  readonly type: ConstantList | undefined;
}

interface Columns {
  readonly action: number;
  readonly outcome: number;
  readonly category: number;
  readonly type: number;
}

/** Outcomes as constants in memory, compiled when they are first met. */
export class Outcomes {
  readonly #literals: LiteralArea;
  readonly #columns: Columns;
  readonly #compiled = new Map<Outcome, Compiled>();

  constructor(literals: LiteralArea, columns: Columns) {
    this.#literals = literals;
    this.#columns = columns;
  }

  set(rows: Rows, row: Address, outcome: Outcome): void {
    const compiled = this.#compiled.get(outcome) ?? this.#compile(outcome);
    const c = this.#columns;
    if (compiled.action !== undefined) rows.setConstant(row, c.action, compiled.action);
    if (compiled.outcome !== undefined) rows.setConstant(row, c.outcome, compiled.outcome);
    if (compiled.category !== undefined) setList(rows, row, c.category, compiled.category);
    if (compiled.type !== undefined) setList(rows, row, c.type, compiled.type);
  }

  #compile(of: Outcome): Compiled {
    const { action, category, type, outcome } = of;
    const text = (value: string | undefined) =>
      value === undefined ? undefined : this.#literals.text(value);
    const list = (values: readonly string[] | undefined) =>
      values === undefined ? undefined : constantList(this.#literals, values);
    const compiled = {
      action: text(action),
      outcome: text(outcome),
      category: list(category),
      type: list(type),
    };
    this.#compiled.set(of, compiled);
    return compiled;
  }
}
