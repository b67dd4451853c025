/** What a column may hold; decides how COPY checks it and when an object collides with a scalar. */
export type FieldType = 'text' | 'long' | 'double' | 'boolean' | 'date' | 'ip' | 'object' | 'any';

export interface Field {
  /** Dotted ECS path: `process.name`. */
  readonly path: string;
  readonly type: FieldType;
}

export interface Column extends Field {
  /** Position of the cell in the row. */
  readonly index: number;
  /** Hidden columns (names, dates for indices) take part in steps and encoders but never appear in a document. */
  readonly hidden: boolean;
}

/** The document's shape: objects with members. A leaf has a column. Ids are stable over all layouts of a table. */
export interface ShapeNode {
  /** 0 is the root. Leaves have ids too. */
  readonly id: number;
  readonly key: string;
  readonly path: string;
  readonly column: Column | undefined;
  readonly children: readonly ShapeNode[];
}

/**
 * A layout belongs to a record type: which columns its rows have. Every layout of a table starts with the
 * same base columns at the same indices; a dataset's own columns follow, so the stride is the widest layout's.
 */
export interface Layout {
  readonly id: number;
  /** `base`, or the dataset: `nginx.access`. */
  readonly name: string;
  readonly columns: readonly Column[];
  readonly byPath: ReadonlyMap<string, Column>;
  readonly root: ShapeNode;
}

/** All layouts of one pipeline. */
export interface TableShape {
  /** layouts[0] is the base. */
  readonly layouts: readonly Layout[];
  /** Columns in the widest layout. */
  readonly width: number;
  /** Shape nodes over all layouts. */
  readonly nodes: number;
}

interface MutableNode {
  id: number;
  key: string;
  path: string;
  column: Column | undefined;
  children: MutableNode[];
}

export class LayoutError extends Error {}

/**
 * Numbers the columns of a pipeline.
 * @param base fields of every row, in the order in which documents show them
 * @param datasets fields that only rows of that record type have; those that the base has too are shared
 * @throws LayoutError when a path is both a value and an object (`host` and `host.name`) in one layout
 */
export function shapeTable(
  base: readonly Field[],
  datasets: ReadonlyMap<string, readonly Field[]>,
  hidden: readonly Field[] = [],
): TableShape {
  const ids = new Map<string, number>([['', 0]]);
  const nodeId = (path: string): number => {
    const known = ids.get(path);
    if (known !== undefined) return known;
    ids.set(path, ids.size);
    return ids.size - 1;
  };
  const baseColumns: Column[] = [];
  const seen = new Set<string>();
  const add = (into: Column[], field: Field, isHidden: boolean, names: Set<string>): void => {
    if (names.has(field.path)) return;
    names.add(field.path);
    into.push({ path: field.path, type: field.type, index: into.length, hidden: isHidden });
  };
  for (const field of base) add(baseColumns, field, false, seen);
  for (const field of hidden) add(baseColumns, field, true, seen);
  const layouts: Layout[] = [layoutOf(0, 'base', baseColumns, nodeId)];
  for (const [name, fields] of datasets) {
    const columns = [...baseColumns];
    const names = new Set(seen);
    for (const field of fields) add(columns, field, false, names);
    layouts.push(layoutOf(layouts.length, name, columns, nodeId));
  }
  return { layouts, width: Math.max(...layouts.map((l) => l.columns.length)), nodes: ids.size };
}

function layoutOf(
  id: number,
  name: string,
  columns: readonly Column[],
  nodeId: (path: string) => number,
): Layout {
  const root: MutableNode = { id: 0, key: '', path: '', column: undefined, children: [] };
  for (const column of columns) {
    if (column.hidden) continue;
    let node = root;
    for (const key of column.path.split('.')) {
      if (node.column !== undefined) {
        throw new LayoutError(`${column.path}: ${node.path} is a value, it cannot have members`);
      }
      const path = node.path === '' ? key : `${node.path}.${key}`;
      let child = node.children.find((c) => c.key === key);
      if (child === undefined) {
        child = { id: nodeId(path), key, path, column: undefined, children: [] };
        node.children.push(child);
      }
      node = child;
    }
    if (node.children.length > 0) {
      throw new LayoutError(`${column.path}: is an object with members, it cannot be a value`);
    }
    node.column = column;
  }
  return { id, name, columns, byPath: new Map(columns.map((c) => [c.path, c])), root };
}
