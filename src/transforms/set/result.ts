import type { Address } from '../../event/memory.ts';
import type { Rows } from '../../event/rows.ts';

/**
 * Puts what a CEL expression yields into a cell. A failed evaluation (undefined) leaves the field as it was; null clears it.
 * @throws SideBufferFull
 */
export function setResult(rows: Rows, row: Address, column: number, result: unknown): void {
  switch (typeof result) {
    case 'undefined':
      return;
    case 'string':
      return rows.setText(row, column, result);
    case 'boolean':
      return rows.setBoolean(row, column, result);
    case 'number':
      if (Number.isFinite(result)) rows.setNumber(row, column, result);
      return;
    case 'bigint':
      return setInteger(rows, row, column, result);
    default:
      return setObject(rows, row, column, result);
  }
}

function setInteger(rows: Rows, row: Address, column: number, value: bigint): void {
  const number = Number(value);
  if (Number.isSafeInteger(number)) rows.setNumber(row, column, number);
  else rows.setJson(row, column, value.toString());
}

function setObject(rows: Rows, row: Address, column: number, value: unknown): void {
  if (value === null) rows.clear(row, column);
  else if (value instanceof Date) rows.setTime(row, column, value.getTime(), 0, 3);
  else if (isCollection(value as object)) rows.setJson(row, column, toJson(value));
  else setOther(rows, row, column, value as LibraryValue);
}

/** What the library's own classes have. */
interface LibraryValue {
  valueOf(): unknown;
  toString(): string;
}

/** Unsigned integers are numbers; durations, types and bytes are texts. */
function setOther(rows: Rows, row: Address, column: number, value: LibraryValue): void {
  const plain = value.valueOf();
  if (typeof plain === 'bigint') setInteger(rows, row, column, plain);
  else rows.setText(row, column, textOf(value));
}

function textOf(value: LibraryValue): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value.toString();
}

function isCollection(value: object): boolean {
  if (Array.isArray(value) || value instanceof Map) return true;
  return Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null;
}

/** JSON text: integers in full, text well-formed. */
function toJson(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  switch (typeof value) {
    case 'bigint':
      return value.toString();
    case 'string':
      return JSON.stringify(value.replace(/\p{Surrogate}/gu, '\ufffd'));
    case 'number':
    case 'boolean':
      return JSON.stringify(value);
    default:
      break;
  }
  const object: object = value;
  if (object instanceof Date) return JSON.stringify(object);
  if (Array.isArray(object)) return `[${object.map(toJson).join(',')}]`;
  if (!isCollection(object)) {
    const plain = (object as LibraryValue).valueOf();
    return typeof plain === 'bigint' ? plain.toString() : toJson(textOf(object));
  }
  const entries: [unknown, unknown][] =
    object instanceof Map ? [...(object as Map<unknown, unknown>)] : Object.entries(object);
  const members = entries.map(([key, item]) => `${toJson(String(key))}:${toJson(item)}`);
  return `{${members.join(',')}}`;
}
