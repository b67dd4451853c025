import type { ASTNode } from '@marcbachmann/cel-js';
import { equality, membership, order, presence, textMethod } from './cell-tests.ts';
import { type Expression, parseExpression } from './expression.ts';
import { type Binding, type Condition, constant, ERROR, NO, type Truth, YES } from './truth.ts';

/**
 * Compiles a condition. Comparisons of a field with constants, `in`, `has`, startsWith, endsWith, contains and their
 * combinations run on the cells (5-60 ns a row); everything else runs in the CEL library (0.3-2 µs). Both give the same truth.
 * @throws ExpressionError
 */
export function compileCondition(source: string, binding: Binding): Condition {
  const expression = parseExpression(source);
  return onCells(expression.ast, binding) ?? inLibrary(expression, binding);
}

/** The cells' way alone; undefined when the expression needs the library. @throws ExpressionError */
export function cellCondition(source: string, binding: Binding): Condition | undefined {
  return onCells(parseExpression(source).ast, binding);
}

/** The library's way alone: what the tests hold the cells' way against. @throws ExpressionError */
export function libraryCondition(source: string, binding: Binding): Condition {
  return inLibrary(parseExpression(source), binding);
}

function inLibrary(expression: Expression, binding: Binding): Condition {
  const evaluate = expression.bind(binding.column);
  return (rows, row) => {
    const value = evaluate(rows, row);
    return value === true ? YES : value === false ? NO : ERROR;
  };
}

function onCells(node: ASTNode, binding: Binding): Condition | undefined {
  switch (node.op) {
    case '&&':
    case '||':
      return both(node.op, onCells(node.args[0], binding), onCells(node.args[1], binding));
    case '!_':
      return negate(onCells(node.args, binding));
    case '==':
      return equality(...node.args, binding);
    case '!=':
      return negate(equality(...node.args, binding));
    case '<':
    case '<=':
    case '>':
    case '>=':
      return order(node.op, ...node.args, binding);
    case 'in':
      return membership(...node.args, binding);
    case 'rcall':
      return textMethod(...node.args, binding);
    case 'call':
      return presence(node, binding);
    case 'value':
      return typeof node.args === 'boolean' ? constant(node.args) : undefined;
    default:
      return undefined;
  }
}

/** CEL's logic is commutative over errors: false && error is false, true || error is true. */
function both(
  op: '&&' | '||',
  left: Condition | undefined,
  right: Condition | undefined,
): Condition | undefined {
  if (left === undefined || right === undefined) return undefined;
  const decides: Truth = op === '&&' ? NO : YES;
  return (rows, row) => {
    const a = left(rows, row);
    if (a === decides) return decides;
    const b = right(rows, row);
    return b === decides || a !== ERROR ? b : ERROR;
  };
}

function negate(inner: Condition | undefined): Condition | undefined {
  if (inner === undefined) return undefined;
  return (rows, row) => {
    const truth = inner(rows, row);
    return truth === ERROR ? ERROR : truth === YES ? NO : YES;
  };
}
