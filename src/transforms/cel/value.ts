import {
  BOOL,
  CLEAN,
  FLOAT,
  INT,
  JSON_RAW,
  JSON_STRING,
  LIST,
  TEXT,
  TIME,
} from '../../event/cell.ts';
import type { Address } from '../../event/memory.ts';
import type { Rows } from '../../event/rows.ts';

/** A cell as CEL sees it: absent is null, text never equals a number. */
export function celValue(rows: Rows, row: Address, column: number): unknown {
  if (column < 0) return null;
  switch (rows.kind(row, column)) {
    case INT:
      return BigInt(rows.value(row, column));
    case FLOAT:
      return rows.value(row, column);
    case BOOL:
      return rows.value(row, column) === 1;
    case TIME:
      return new Date(rows.value(row, column));
    case LIST:
      return rows.texts(row, column);
    case JSON_RAW:
      return JSON.parse(rows.text(row, column) as string) as unknown;
    case CLEAN:
    case TEXT:
    case JSON_STRING:
      return rows.text(row, column);
    default:
      return null;
  }
}
