import type { ShapeNode } from '../../event/layout.ts';
import { DROPPED } from '../../event/row.ts';
import type { StepDefinition } from '../step.ts';

/** Paths of values or of whole objects. */
export type RemoveOptions = readonly string[];

interface Removal {
  readonly columns: readonly number[];
  /** Shape nodes whose residue goes too. */
  readonly nodes: readonly number[];
}

/** `remove: [process.pid, log.syslog]` */
export const remove: StepDefinition<RemoveOptions> = {
  name: 'remove',
  fields: () => [],
  wholes: (options) => options,
  compile(options, context) {
    const removals = context.table.layouts.map((layout) => removalOf(layout.root, options));
    return {
      apply(rows) {
        for (let k = 0; k < rows.count; k++) {
          const row = rows.at(k);
          if (rows.hasFlag(row, DROPPED)) continue;
          const { columns, nodes } = removals[rows.layout(row)] as Removal;
          for (const column of columns) rows.clear(row, column);
          for (const node of nodes) rows.clearResidue(row, node);
        }
      },
    };
  },
};

function removalOf(root: ShapeNode, paths: RemoveOptions): Removal {
  const columns: number[] = [];
  const nodes: number[] = [];
  const visit = (node: ShapeNode, inside: boolean): void => {
    const gone = inside || paths.includes(node.path);
    if (gone && node.column !== undefined) columns.push(node.column.index);
    if (gone && node.column === undefined) nodes.push(node.id);
    for (const child of node.children) visit(child, gone);
  };
  visit(root, false);
  return { columns, nodes };
}
