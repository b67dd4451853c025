import { CLEAN, ESCAPES, JSON_STRING, TEXT } from '../event/cell.ts';
import type { Address } from '../event/memory.ts';
import type { Rows } from '../event/rows.ts';

/**
 * A text cell as a dataset parser reads it: one latin1 character for each byte, so that an index into `text` is an
 * offset from `address`, and a piece of it becomes a cell without being copied.
 */
export class Message {
  text = '';
  #address: Address = 0;
  #clean = false;
  #rows: Rows | undefined;
  #row: Address = 0;

  /** Takes the row's text. @returns false when the cell holds no text. @throws SideBufferFull */
  load(rows: Rows, row: Address, column: number): boolean {
    const kind = rows.kind(row, column);
    if (kind === JSON_STRING && rows.flags(row, column) === ESCAPES) {
      // Decoded once, into the side buffer; from then on the cell is plain text.
      rows.setText(row, column, rows.text(row, column) as string);
    } else if (kind !== CLEAN && kind !== TEXT && kind !== JSON_STRING) return false;
    this.#rows = rows;
    this.#row = row;
    this.#address = rows.address(row, column);
    this.#clean = kind === CLEAN;
    this.text = rows.memory.bytes.latin1Slice(
      this.#address,
      this.#address + rows.length(row, column),
    );
    return true;
  }

  /** Bytes [start, end) of the text become the cell; nothing happens when they are empty or `-`. */
  put(column: number, start: number, end: number): void {
    if (column < 0 || start >= end || (end - start === 1 && this.text[start] === '-')) return;
    this.#rows?.setSpan(
      this.#row,
      column,
      this.#address + start,
      end - start,
      this.#clean ? CLEAN : TEXT,
    );
  }

  /** A decimal number; other text is left out. */
  putNumber(column: number, start: number, end: number): void {
    if (column < 0 || end - start > 15 || start >= end) return;
    let value = 0;
    for (let k = start; k < end; k++) {
      const digit = this.text.charCodeAt(k) - 0x30; // 0
      if (digit < 0 || digit > 9) return;
      value = value * 10 + digit;
    }
    this.#rows?.setNumber(this.#row, column, value);
  }
}
