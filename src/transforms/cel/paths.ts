import type { ASTNode } from '@marcbachmann/cel-js';

/** A field that an expression reads, and where it stands in the source text. */
export interface PathUse {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** `has(path)`: only whether it is there. */
  readonly presence: boolean;
}

const MACROS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/**
 * The fields that an expression reads: `source.ip`, `event["category"]`, and `field("@timestamp")` for names that
 * are not identifiers. Variables that a macro binds (`tags.exists(t, …)`) are not fields.
 */
export function pathUses(ast: ASTNode): PathUse[] {
  const uses: PathUse[] = [];
  visit(ast, new Set(), uses);
  return uses;
}

function visit(node: ASTNode, bound: ReadonlySet<string>, uses: PathUse[]): void {
  const presence = presenceOf(node);
  if (presence !== undefined && !bound.has(root(presence))) {
    uses.push({ path: presence, start: node.range.start, end: node.range.end, presence: true });
    return;
  }
  const path = pathOf(node);
  if (path !== undefined) {
    if (!bound.has(root(path))) {
      uses.push({ path, start: node.range.start, end: node.range.end, presence: false });
    }
    return;
  }
  if (node.op === 'rcall' && MACROS.has(node.args[0])) {
    const [, receiver, args] = node.args;
    visit(receiver, bound, uses);
    const [variable, ...bodies] = args;
    const inner = new Set(bound);
    if (variable?.op === 'id') inner.add(variable.args);
    for (const body of bodies) visit(body, inner, uses);
    return;
  }
  for (const child of children(node)) visit(child, bound, uses);
}

/** The dotted path that a node spells, if it is one. */
export function pathOf(node: ASTNode): string | undefined {
  if (node.op === 'id') return node.args;
  if (node.op === '.') {
    const parent = pathOf(node.args[0]);
    return parent === undefined ? undefined : `${parent}.${node.args[1]}`;
  }
  if (node.op === '[]') {
    const parent = pathOf(node.args[0]);
    const key = textOf(node.args[1]);
    return parent === undefined || key === undefined ? undefined : `${parent}.${key}`;
  }
  if (node.op === 'call' && node.args[0] === 'field' && node.args[1].length === 1) {
    return textOf(node.args[1][0]);
  }
  return undefined;
}

/** The path of `has(path)`. */
export function presenceOf(node: ASTNode): string | undefined {
  if (node.op !== 'call' || node.args[0] !== 'has') return undefined;
  const [operand] = node.args[1];
  return operand === undefined ? undefined : pathOf(operand);
}

export function textOf(node: ASTNode | undefined): string | undefined {
  return node?.op === 'value' && typeof node.args === 'string' ? node.args : undefined;
}

function root(path: string): string {
  const dot = path.indexOf('.');
  return dot < 0 ? path : path.slice(0, dot);
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/** Operands of any operator; operator arguments nest nodes in arrays. */
function children(node: ASTNode): ASTNode[] {
  const gather = (value: unknown): ASTNode[] => {
    if (isNode(value)) return [value];
    return Array.isArray(value) ? value.flatMap(gather) : [];
  };
  return gather(node.args);
}
