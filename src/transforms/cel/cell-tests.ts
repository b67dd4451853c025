import type { ASTNode } from '@marcbachmann/cel-js';
import { BOOL, CLEAN, FLOAT, INT, JSON_RAW, JSON_STRING, TEXT } from '../../event/cell.ts';
import type { LiteralArea } from '../../event/literals.ts';
import type { Address } from '../../event/memory.ts';
import type { Rows } from '../../event/rows.ts';
import { pathOf, presenceOf, textOf } from './paths.ts';
import { type Binding, type Condition, constant, ERROR, NO, YES } from './truth.ts';
import { celValue } from './value.ts';

/**
 * Tests of one field against constants, on the cell itself. Each gives what the library would; undefined says that
 * the expression is of another kind.
 */

/** `field == constant`, either way round. */
export function equality(left: ASTNode, right: ASTNode, binding: Binding): Condition | undefined {
  return equals(left, right, binding) ?? equals(right, left, binding);
}

function equals(field: ASTNode, value: ASTNode, binding: Binding): Condition | undefined {
  const path = pathOf(field);
  if (path === undefined) return undefined;
  const column = binding.column(path);
  const number = numberOf(value);
  if (number !== undefined) {
    if (column < 0) return constant(false);
    return (rows, row) => (numberIn(rows, row, column) === number ? YES : NO);
  }
  if (value.op !== 'value') return undefined;
  const wanted = value.args;
  if (wanted === null) {
    return column < 0 ? constant(true) : (rows, row) => (rows.has(row, column) ? NO : YES);
  }
  if (typeof wanted === 'string') return textEquals(column, wanted, binding);
  if (typeof wanted !== 'boolean') return undefined;
  if (column < 0) return constant(false);
  const bit = wanted ? 1 : 0;
  return (rows, row) =>
    rows.kind(row, column) === BOOL && rows.value(row, column) === bit ? YES : NO;
}

function textEquals(column: number, wanted: string, binding: Binding): Condition {
  if (column < 0) return constant(false);
  if (!hasBytes(wanted)) {
    return (rows, row) =>
      isText(rows.kind(row, column)) && rows.text(row, column) === wanted ? YES : NO;
  }
  const literal = binding.literals.text(wanted);
  return (rows, row) =>
    isText(rows.kind(row, column)) && rows.equals(row, column, literal, wanted) ? YES : NO;
}

/** In memory an invalid byte is not yet U+FFFD, and a lone surrogate has no bytes: such constants are compared decoded. */
function hasBytes(wanted: string): boolean {
  return !/[\p{Surrogate}\ufffd]/u.test(wanted);
}

const MIRRORED = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;
type Order = keyof typeof MIRRORED;

/** `field < number`, either way round. What is no number has no order: that is an error. */
export function order(
  op: Order,
  left: ASTNode,
  right: ASTNode,
  binding: Binding,
): Condition | undefined {
  return ordered(op, left, right, binding) ?? ordered(MIRRORED[op], right, left, binding);
}

function ordered(
  op: Order,
  field: ASTNode,
  value: ASTNode,
  binding: Binding,
): Condition | undefined {
  const path = pathOf(field);
  const limit = numberOf(value);
  if (path === undefined || limit === undefined) return undefined;
  const column = binding.column(path);
  const test = comparison(op, limit);
  return column < 0 ? () => ERROR : onNumber(column, test);
}

function comparison(op: Order, limit: number): (value: number) => boolean {
  switch (op) {
    case '<':
      return (value) => value < limit;
    case '<=':
      return (value) => value <= limit;
    case '>':
      return (value) => value > limit;
    case '>=':
      return (value) => value >= limit;
  }
}

function onNumber(column: number, test: (value: number) => boolean): Condition {
  return (rows, row) => {
    const value = numberIn(rows, row, column);
    if (value === undefined) return ERROR;
    return test(value) ? YES : NO;
  };
}

/** A JSON number too wide for a double is raw JSON in its cell; CEL sees the nearest double. */
function numberIn(rows: Rows, row: Address, column: number): number | undefined {
  const kind = rows.kind(row, column);
  if (kind === INT || kind === FLOAT) return rows.value(row, column);
  if (kind !== JSON_RAW) return undefined;
  const value = celValue(rows, row, column);
  return typeof value === 'number' ? value : undefined;
}

/** A number constant that a double holds exactly. */
function numberOf(node: ASTNode): number | undefined {
  if (node.op === '-_') {
    const number = numberOf(node.args);
    return number === undefined ? undefined : -number;
  }
  if (node.op !== 'value') return undefined;
  const value = node.args;
  if (typeof value === 'number') return value;
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value))
    ? Number(value)
    : undefined;
}

/** `field in ["a", "b"]` */
export function membership(field: ASTNode, list: ASTNode, binding: Binding): Condition | undefined {
  const path = pathOf(field);
  if (path === undefined || list.op !== 'list') return undefined;
  const wanted = list.args.map(textOf);
  if (!wanted.every((text) => text !== undefined)) return undefined;
  const column = binding.column(path);
  if (column < 0) return constant(false);
  const texts = new Set(wanted);
  // Decoding the text once costs as much as eight comparisons of bytes.
  if (texts.size > 8) {
    return (rows, row) =>
      isText(rows.kind(row, column)) && texts.has(rows.text(row, column) as string) ? YES : NO;
  }
  const tests = [...texts].map((text) => textEquals(column, text, binding));
  return (rows, row) => (tests.some((test) => test(rows, row) === YES) ? YES : NO);
}

/** `field.startsWith("…")`, endsWith, contains. What is no text has no such method: that is an error. */
export function textMethod(
  name: string,
  receiver: ASTNode,
  args: readonly ASTNode[],
  binding: Binding,
): Condition | undefined {
  const path = pathOf(receiver);
  const wanted = textOf(args[0]);
  if (path === undefined || wanted === undefined || args.length !== 1) return undefined;
  const test = methodOf(name, wanted);
  if (test === undefined) return undefined;
  const column = binding.column(path);
  if (column < 0) return () => ERROR;
  const onBytes = name === 'contains' ? undefined : edgeTest(name, wanted, binding.literals);
  return (rows, row) => {
    const kind = rows.kind(row, column);
    if (onBytes !== undefined && (kind === CLEAN || kind === TEXT)) {
      return onBytes(rows, rows.address(row, column), rows.length(row, column)) ? YES : NO;
    }
    if (!isText(kind)) return ERROR;
    return test(rows.text(row, column) as string) ? YES : NO;
  };
}

function methodOf(name: string, wanted: string): ((text: string) => boolean) | undefined {
  switch (name) {
    case 'startsWith':
      return (text) => text.startsWith(wanted);
    case 'endsWith':
      return (text) => text.endsWith(wanted);
    case 'contains':
      return (text) => text.includes(wanted);
    default:
      return undefined;
  }
}

type SpanTest = (rows: Rows, address: Address, length: number) => boolean;

/** The start or the end of a span against the constant's bytes: a quarter of the price of decoding. */
function edgeTest(name: string, wanted: string, literals: LiteralArea): SpanTest | undefined {
  if (!hasBytes(wanted)) return undefined;
  const literal = literals.text(wanted);
  const atStart = name === 'startsWith';
  return ({ memory: { u8 } }, address, length) => {
    if (length < literal.length) return false;
    const from = atStart ? address : address + length - literal.length;
    for (let k = 0; k < literal.length; k++) {
      if (u8[from + k] !== u8[literal.address + k]) return false;
    }
    return true;
  };
}

/** `has(field)` */
export function presence(node: ASTNode, binding: Binding): Condition | undefined {
  const path = presenceOf(node);
  if (path === undefined) return undefined;
  const column = binding.column(path);
  if (column < 0) return constant(false);
  return (rows, row) => (rows.has(row, column) ? YES : NO);
}

function isText(kind: number): boolean {
  return kind === CLEAN || kind === TEXT || kind === JSON_STRING;
}
