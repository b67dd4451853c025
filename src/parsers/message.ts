import { CLEAN, ESCAPES, JSON_STRING, TEXT } from '../event/cell.ts';
import type { Address } from '../event/memory.ts';
import type { Rows } from '../event/rows.ts';

/**
 * A text cell as a dataset parser reads it: one latin1 character for each byte, so that an index into `text` is an
 * offset into the bytes, and a piece of it becomes a cell without being copied. Bytes of longer characters look like
 * letters and even blanks (0xA0) here: patterns name their characters and do without `\s`, `\S` and `\w`.
 */
export class Message {
  text = '';
  #address: Address = 0;
  #clean = false;

  /** Takes the row's text. @returns false when the cell holds no text. @throws SideBufferFull */
  load(rows: Rows, row: Address, column: number): boolean {
    const kind = rows.kind(row, column);
    if (kind === JSON_STRING && rows.flags(row, column) === ESCAPES) {
      // Decoded once, into the side buffer; from then on the cell is plain text.
      rows.setText(row, column, rows.text(row, column) as string);
    } else if (kind !== CLEAN && kind !== TEXT && kind !== JSON_STRING) {
      return false;
    }
    const address = rows.address(row, column);
    this.#address = address;
    this.#clean = kind === CLEAN;
    this.text = rows.memory.bytes.toString('latin1', address, address + rows.length(row, column));
    return true;
  }

  /** Bytes [start, end) of the text become the cell; nothing happens when there are none. */
  put(rows: Rows, row: Address, column: number, start: number, end: number): void {
    if (column < 0 || start >= end) return;
    const kind = this.#clean && !this.#splits(start) && !this.#splits(end) ? CLEAN : TEXT;
    rows.setSpan(row, column, this.#address + start, end - start, kind);
  }

  /** A number of at most 15 decimal digits; other text is left out. */
  putNumber(rows: Rows, row: Address, column: number, start: number, end: number): void {
    const value = end - start > 15 ? Number.NaN : decimal(this.text, start, end);
    if (column >= 0 && !Number.isNaN(value)) rows.setNumber(row, column, value);
  }

  /** Whether the offset lies inside a character of several bytes. */
  #splits(offset: number): boolean {
    return (this.text.charCodeAt(offset) & 0xc0) === 0x80;
  }
}

/** The digits [start, end) as a number; NaN when one of them is none or there are none. */
export function decimal(text: string, start: number, end: number): number {
  let value = start < end ? 0 : Number.NaN;
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - 0x30; // 0
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}
