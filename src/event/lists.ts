import { CLEAN, LIST, meta, TEXT } from './cell.ts';
import type { LiteralArea } from './literals.ts';
import type { Address } from './memory.ts';
import type { Rows } from './rows.ts';

/** A constant list (`event.category`), written once when the pipeline is compiled. */
export interface ConstantList {
  readonly address: Address;
  readonly count: number;
}

export function constantList(literals: LiteralArea, texts: readonly string[]): ConstantList {
  const cells = texts.flatMap((text) => {
    const { address, length } = literals.text(text);
    return [address, meta(needsEscape(text) ? TEXT : CLEAN, length), 0, 0];
  });
  return { address: literals.words(cells), count: texts.length };
}

export function setList(rows: Rows, row: Address, column: number, list: ConstantList): void {
  if (column >= 0) rows.setSpan(row, column, list.address, list.count, LIST);
}

/** Whether something in the text must be escaped in JSON: such a constant is no CLEAN cell. */
export function needsEscape(text: string): boolean {
  return /["\\\p{Cc}]/u.test(text);
}
