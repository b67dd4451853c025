import type { Column, Layout } from '../event/layout.ts';

/** @throws RangeError when the layout has no such column: `fields()` of the output did not name it */
export function columnOf(layout: Layout, path: string): Column {
  const column = layout.byPath.get(path);
  if (column === undefined) throw new RangeError(`no column ${path} in the layout ${layout.name}`);
  return column;
}
