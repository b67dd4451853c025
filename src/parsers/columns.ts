import type { Layout } from '../event/layout.ts';

/** Columns of the layout for a parser's own names of fields; -1 for those that the layout lacks. */
export function columnsOf<Name extends string>(
  layout: Layout,
  paths: Readonly<Record<Name, string>>,
): Readonly<Record<Name, number>> {
  const entries = Object.entries<string>(paths).map(([name, path]) => [
    name,
    layout.byPath.get(path)?.index ?? -1,
  ]);
  return Object.fromEntries(entries) as Record<Name, number>;
}
