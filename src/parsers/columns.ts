import { CELL_BYTES, CLEAN, LIST, meta } from '../event/cell.ts';
import type { Layout } from '../event/layout.ts';
import type { LiteralArea } from '../event/literals.ts';
import type { Address, CoreMemory } from '../event/memory.ts';
import type { Rows } from '../event/rows.ts';

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

/** A constant list (`event.category`), written once when the pipeline is compiled. */
export interface ConstantList {
  readonly address: Address;
  readonly count: number;
}

export function constantList(
  memory: CoreMemory,
  literals: LiteralArea,
  texts: readonly string[],
): ConstantList {
  const address = literals.reserve(texts.length * CELL_BYTES);
  texts.forEach((text, k) => {
    const literal = literals.text(text);
    const cell = (address + k * CELL_BYTES) >>> 2;
    memory.u32[cell] = literal.address;
    memory.u32[cell + 1] = meta(CLEAN, literal.length);
  });
  return { address, count: texts.length };
}

export function setList(rows: Rows, row: Address, column: number, list: ConstantList): void {
  if (column >= 0) rows.setSpan(row, column, list.address, list.count, LIST);
}
