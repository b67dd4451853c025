import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import {
  ABSENT,
  BOOL,
  CLEAN,
  FLOAT,
  INT,
  JSON_RAW,
  JSON_STRING,
  LIST,
  NULL,
  TEXT,
  TIME,
} from '../../event/cell.ts';
import type { Address } from '../../event/memory.ts';
import type { Rows } from '../../event/rows.ts';
import { pathUses } from './paths.ts';

/** The expression is not valid CEL. */
export class ExpressionError extends Error {
  /** Where in the text, if the library says so. */
  readonly offset: number | undefined;

  constructor(cause: Error | undefined) {
    super(cause?.message ?? 'the types do not fit', { cause });
    this.offset = (cause as { range?: { start: number } } | undefined)?.range?.start;
  }
}

/** What an expression yields; `undefined` when its evaluation failed (no overload, a method on null). */
export type CelValue = unknown;

export interface Expression {
  readonly ast: ASTNode;
  /** Fields that it reads. */
  readonly paths: readonly string[];
  /** Binds the fields to columns. */
  bind(column: (path: string) => number): (rows: Rows, row: Address) => CelValue;
}

const LIMITS = {
  maxAstNodes: 2_000,
  maxDepth: 64,
  maxListElements: 1_000,
  maxMapEntries: 100,
  maxCallArguments: 32,
};

function environment(): Environment {
  // `field` stands only in the source: every use of it becomes a variable before evaluation.
  return new Environment({ unlistedVariablesAreDyn: true, limits: LIMITS }).registerFunction(
    'field(string): dyn',
    () => null,
  );
}

/**
 * Parses a CEL expression over the row's fields. A field that the row lacks reads as null.
 * Each field becomes a variable of its own, so that `host.name` needs no `host` object and a name such as `@timestamp` works.
 * @throws ExpressionError
 */
export function parseExpression(source: string): Expression {
  const parse = (text: string) => {
    try {
      const parsed = environment().parse(text);
      const check = parsed.check();
      if (!check.valid) throw new ExpressionError(check.error);
      return parsed;
    } catch (error) {
      if (error instanceof ExpressionError) throw error;
      throw new ExpressionError(error as Error);
    }
  };
  const { ast } = parse(source);
  const uses = pathUses(ast).sort((a, b) => a.start - b.start);
  let text = '';
  let done = 0;
  uses.forEach((use, k) => {
    text += source.slice(done, use.start) + variable(k);
    done = use.end;
  });
  const evaluate = parse(text + source.slice(done));
  return {
    ast,
    paths: [...new Set(uses.map((use) => use.path))],
    bind(column) {
      const columns = uses.map((use) => column(use.path));
      return (rows, row) => {
        const context: Record<string, unknown> = {};
        uses.forEach((use, k) => {
          const at = columns[k] as number;
          context[variable(k)] = use.presence
            ? at >= 0 && rows.has(row, at)
            : celValue(rows, row, at);
        });
        try {
          return evaluate(context);
        } catch {
          // No overload for these types, a method on null: the caller decides what that means for the row.
          return undefined;
        }
      };
    },
  };
}

function variable(k: number): string {
  return `_f${k}`;
}

/** A cell as CEL sees it: text never equals a number; `int(x)` and `string(x)` convert. */
export function celValue(rows: Rows, row: Address, column: number): unknown {
  if (column < 0) return null;
  switch (rows.kind(row, column)) {
    case ABSENT:
    case NULL:
      return null;
    case INT:
      return BigInt(rows.value(row, column));
    case FLOAT:
      return rows.value(row, column);
    case BOOL:
      return rows.value(row, column) === 1;
    case TIME:
      // The pure way to a Date: built from the cell, not from a clock.
      return new Date(rows.value(row, column));
    case LIST:
      return rows.texts(row, column);
    case JSON_RAW:
      return JSON.parse(rows.text(row, column) as string);
    case CLEAN:
    case TEXT:
    case JSON_STRING:
      return rows.text(row, column);
    default:
      return null;
  }
}
