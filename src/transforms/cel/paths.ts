import type { ASTNode, SourceRange } from '@marcbachmann/cel-js';
import { ExpressionError } from './expression-error.ts';

/** A field that an expression reads, and where it stands in the source text. */
export interface PathUse {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** `has(path)`: only whether it is there. */
  readonly presence: boolean;
}

const MACROS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** Names that are types where they stand beside a `type(…)`, and fields everywhere else. */
const TYPE_NAMES = new Set(
  'bool int uint double string bytes list map null_type type google.protobuf.Timestamp google.protobuf.Duration'.split(
    ' ',
  ),
);

/**
 * The fields that an expression reads: `source.ip`, `event["category"]`, and `field("@timestamp")` for names that
 * are not identifiers. Variables that a macro binds (`tags.exists(t, …)`) are not fields.
 * @throws ExpressionError for what CEL would allow but a stream of events does not
 */
export function pathUses(ast: ASTNode): PathUse[] {
  const uses: PathUse[] = [];
  visit(ast, new Set(), uses);
  return uses.sort((a, b) => a.start - b.start);
}

function visit(node: ASTNode, bound: ReadonlySet<string>, uses: PathUse[]): void {
  const presence = presenceOf(node);
  const path = presence ?? pathOf(node);
  if (path !== undefined) {
    if (bound.has(root(path))) return;
    const { start, end } = rangeOf(node);
    uses.push({ path, start, end, presence: presence !== undefined });
    return;
  }
  refuse(node);
  if (node.op === 'rcall') {
    const macro = macroOf(node.args);
    if (macro !== undefined) {
      for (const part of macro.outside) visit(part, bound, uses);
      const inner = macro.variable === undefined ? bound : new Set([...bound, macro.variable]);
      for (const part of macro.inside) visit(part, inner, uses);
      return;
    }
  }
  for (const child of operands(node)) visit(child, bound, uses);
}

interface Macro {
  readonly variable: string | undefined;
  readonly outside: readonly ASTNode[];
  /** Where the variable is known. */
  readonly inside: readonly ASTNode[];
}

function macroOf([name, receiver, args]: [string, ASTNode, ASTNode[]]): Macro | undefined {
  const [first, ...rest] = args;
  const variable = first?.op === 'id' ? first.args : undefined;
  if (MACROS.has(name)) return { variable, outside: [receiver], inside: rest };
  if (name !== 'bind' || receiver.op !== 'id' || receiver.args !== 'cel') return undefined;
  return { variable, outside: rest.slice(0, 1), inside: rest.slice(1) };
}

function refuse(node: ASTNode): void {
  if (node.op === 'call' && node.args[0] === 'field') {
    throw new ExpressionError('field() takes one text constant', node.range.start);
  }
  if (node.op === 'rcall' && node.args[0] === 'matches') {
    const reason = 'matches() is not available: the time of its patterns has no bound';
    const instead = 'use startsWith, endsWith or contains';
    throw new ExpressionError(`${reason}; ${instead}`, node.range.start);
  }
}

/** Where the path stands. @throws ExpressionError for `(a).b`: the node's range holds only one of the parentheses */
function rangeOf({ range, input }: ASTNode): SourceRange {
  const text = input.slice(range.start, range.end).replace(/"[^"]*"|'[^']*'/g, '');
  if (text.split('(').length === text.split(')').length) return range;
  throw new ExpressionError('the name of a field cannot have parentheses inside', range.start);
}

/** The dotted path that a node spells, if it is one. */
export function pathOf(node: ASTNode): string | undefined {
  if (node.op === 'id') return node.args;
  if (node.op === '.') return member(node.args[0], node.args[1]);
  if (node.op === '[]') return member(node.args[0], textOf(node.args[1]));
  if (node.op === 'call' && node.args[0] === 'field' && node.args[1].length === 1) {
    return textOf(node.args[1][0]);
  }
  return undefined;
}

function member(object: ASTNode, key: string | undefined): string | undefined {
  const parent = key === undefined ? undefined : pathOf(object);
  return parent === undefined ? undefined : `${parent}.${key}`;
}

/** The path of `has(path)`. */
export function presenceOf(node: ASTNode): string | undefined {
  if (node.op !== 'call' || node.args[0] !== 'has' || node.args[1].length !== 1) return undefined;
  return pathOf(node.args[1][0] as ASTNode);
}

export function textOf(node: ASTNode | undefined): string | undefined {
  return node?.op === 'value' && typeof node.args === 'string' ? node.args : undefined;
}

function root(path: string): string {
  const dot = path.indexOf('.');
  return dot < 0 ? path : path.slice(0, dot);
}

/** Operands that are expressions over fields. */
function operands(node: ASTNode): ASTNode[] {
  const all = gather(node.args);
  if (node.op !== '==' && node.op !== '!=') return all;
  const comparesTypes = all.some((side) => side.op === 'call' && side.args[0] === 'type');
  return comparesTypes ? all.filter((side) => !TYPE_NAMES.has(pathOf(side) ?? '')) : all;
}

/** Operator arguments nest nodes in arrays. */
function gather(value: unknown): ASTNode[] {
  if (isNode(value)) return [value];
  return Array.isArray(value) ? value.flatMap(gather) : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
