import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js';
import type { Address } from '../../event/memory.ts';
import type { Rows } from '../../event/rows.ts';
import { ExpressionError } from './expression-error.ts';
import { type PathUse, pathUses } from './paths.ts';
import { celValue } from './value.ts';

/** Evaluates for a row; `undefined` when that failed (no overload for these types, a method on null). */
export type Evaluate = (rows: Rows, row: Address) => unknown;

export interface Expression {
  /** As written. */
  readonly ast: ASTNode;
  /** Fields that it reads. */
  readonly paths: readonly string[];
  /** Binds the fields to columns; -1 for those that the rows never have. */
  bind(column: (path: string) => number): Evaluate;
}

/** What an expression may cost to parse and to run; a path nests once for each of its names. */
const LIMITS = {
  maxAstNodes: 2_000,
  maxDepth: 64,
  maxListElements: 1_000,
  maxMapEntries: 100,
  maxCallArguments: 32,
};

const ENVIRONMENT = new Environment({
  unlistedVariablesAreDyn: true,
  // The type of a field is known only row by row: `[host.name, "x"]` must pass.
  homogeneousAggregateLiterals: false,
  limits: LIMITS,
});

/**
 * Parses a CEL expression over the row's fields. A field that the row lacks reads as null.
 * Each field becomes a variable of its own, so that `host.name` needs no `host` object and a name such as `@timestamp` works.
 * @throws ExpressionError
 */
export function parseExpression(source: string): Expression {
  const { ast } = parse(source);
  const program = new Program(source, pathUses(ast));
  return {
    ast,
    paths: [...new Set(program.uses.map((use) => use.path))],
    bind: (column) => program.bind(column),
  };
}

function parse(source: string): ParseResult {
  try {
    return ENVIRONMENT.parse(source);
  } catch (error) {
    throw expressionError(error, (offset) => offset);
  }
}

interface LibraryError {
  /** The message without its excerpt. */
  readonly summary?: string;
  readonly range?: { readonly start: number };
}

function expressionError(error: unknown, original: (offset: number) => number): ExpressionError {
  const { summary = String(error), range } = error as LibraryError;
  const isName = /^(?:Reserved identifier|Unexpected character: @)/.test(summary);
  return new ExpressionError(
    isName ? `${summary}; such a field is written field("name")` : summary,
    range === undefined ? undefined : original(range.start),
    error,
  );
}

/** The expression with variables in place of its fields, checked. */
class Program {
  readonly uses: readonly PathUse[];
  readonly #prefix: string;
  readonly #evaluate: ParseResult;

  constructor(source: string, uses: readonly PathUse[]) {
    this.uses = uses;
    let prefix = '_f';
    while (source.includes(prefix)) prefix += '_';
    this.#prefix = prefix;
    let text = '';
    let done = 0;
    uses.forEach((use, k) => {
      text += source.slice(done, use.start) + this.#variable(k);
      done = use.end;
    });
    this.#evaluate = parse(text + source.slice(done));
    const check = this.#evaluate.check();
    if (!check.valid) throw expressionError(check.error, (offset) => this.#original(offset));
  }

  #variable(k: number): string {
    return this.#prefix + String(k);
  }

  /** The offset in the source that an offset in the rewritten text stands for. */
  #original(offset: number): number {
    let shift = 0;
    for (const [k, use] of this.uses.entries()) {
      const start = use.start + shift;
      const length = this.#variable(k).length;
      if (offset < start) break;
      if (offset < start + length) return use.start;
      shift += length - (use.end - use.start);
    }
    return offset - shift;
  }

  /** Fields are decoded when the evaluation asks for them, so a condition that is decided early costs little. */
  bind(column: (path: string) => number): Evaluate {
    let rows: Rows;
    let row: Address;
    const context = {};
    this.uses.forEach(({ path, presence }, k) => {
      const at = column(path);
      Object.defineProperty(context, this.#variable(k), {
        get: presence ? () => at >= 0 && rows.has(row, at) : () => celValue(rows, row, at),
      });
    });
    return (ofRows, ofRow) => {
      rows = ofRows;
      row = ofRow;
      try {
        return this.#evaluate(context) as unknown;
      } catch {
        // The caller decides what a failure means for the row.
        return undefined;
      }
    };
  }
}
