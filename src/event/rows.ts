import {
  ABSENT,
  BOOL,
  CELL_BYTES,
  CLEAN,
  flagsOf,
  FLOAT,
  INT,
  JSON_RAW,
  JSON_STRING,
  kindOf,
  LIST,
  lengthOf,
  MAX_SPAN,
  meta,
  NULL,
  TEXT,
  TIME,
} from './cell.ts';
import type { Layout, ShapeNode } from './layout.ts';
import type { Literal } from './literals.ts';
import type { Address, CoreMemory, Region } from './memory.ts';
import {
  DROPPED,
  ERROR,
  FLAGS,
  ORDINAL,
  OUTPUTS,
  RAW_ADDRESS,
  RAW_LENGTH,
  RESIDUE_ADDRESS,
  RESIDUE_BYTES,
  RESIDUE_COUNT,
  ROW_HEADER_BYTES,
} from './row.ts';
import { decodeJsonString, formatNumber } from './text.ts';
import { formatTime } from './time.ts';
import type { Zone } from './zone.ts';

/** Thrown by the setters when the chunk's side buffer is full: the stage runs the chunk again in halves. */
export class SideBufferFull extends Error {}

/**
 * The rows of a chunk, as steps and parsers see them. A row is named by its address.
 * Texts that are read come out decoded; texts that are written go to the side buffer.
 */
export class Rows {
  readonly memory: CoreMemory;
  readonly stride: number;
  readonly table: Address;
  /** Rows that the table has room for. */
  readonly capacity: number;
  count = 0;
  /** Next free byte of the side buffer. */
  side: Address;
  /** Arrival time of the batch, epoch ms: the only "now" that pure code has. */
  arrival = 0;
  /** Zone of time stamps that name none, where the batch's source says it. */
  zone: Zone | undefined;
  readonly #sideRegion: Region;
  readonly #u32: Uint32Array;
  readonly #u8: Uint8Array;

  constructor(memory: CoreMemory, table: Region, side: Region, width: number) {
    this.memory = memory;
    this.table = table.start;
    this.stride = ROW_HEADER_BYTES + width * CELL_BYTES;
    this.capacity = Math.floor((table.end - table.start) / this.stride);
    this.#sideRegion = side;
    this.side = side.start;
    this.#u32 = memory.u32;
    this.#u8 = memory.u8;
  }

  get sideEnd(): Address {
    return this.#sideRegion.end;
  }

  reset(count: number): void {
    this.count = count;
    this.side = this.#sideRegion.start;
  }

  at(index: number): Address {
    return this.table + index * this.stride;
  }

  header(row: Address, word: number): number {
    return this.#u32[(row >>> 2) + word] as number;
  }

  ordinal(row: Address): number {
    return this.header(row, ORDINAL);
  }

  rawAddress(row: Address): Address {
    return this.header(row, RAW_ADDRESS);
  }

  rawLength(row: Address): number {
    return this.header(row, RAW_LENGTH);
  }

  layout(row: Address): number {
    return this.header(row, FLAGS) >>> 16;
  }

  /** Gives the row its record type; the new layout's own cells are absent (begin cleared them). */
  setLayout(row: Address, layout: number): void {
    const at = (row >>> 2) + FLAGS;
    this.#u32[at] = (((this.#u32[at] as number) & 0xffff) | (layout << 16)) >>> 0;
  }

  hasFlag(row: Address, flag: number): boolean {
    return (this.header(row, FLAGS) & flag) !== 0;
  }

  setFlag(row: Address, flag: number): void {
    const at = (row >>> 2) + FLAGS;
    this.#u32[at] = ((this.#u32[at] as number) | flag) >>> 0;
  }

  clearFlag(row: Address, flag: number): void {
    const at = (row >>> 2) + FLAGS;
    this.#u32[at] = ((this.#u32[at] as number) & ~flag) >>> 0;
  }

  drop(row: Address): void {
    this.setFlag(row, DROPPED);
  }

  outputs(row: Address): number {
    return this.header(row, OUTPUTS);
  }

  setOutputs(row: Address, mask: number): void {
    this.#u32[(row >>> 2) + OUTPUTS] = mask >>> 0;
  }

  setError(row: Address, failure: number): void {
    this.#u32[(row >>> 2) + ERROR] = failure;
  }

  /** Address of the cell. */
  cell(row: Address, column: number): Address {
    return row + ROW_HEADER_BYTES + column * CELL_BYTES;
  }

  kind(row: Address, column: number): number {
    return kindOf(this.#u32[(this.cell(row, column) >>> 2) + 1] as number);
  }

  has(row: Address, column: number): boolean {
    const kind = this.kind(row, column);
    return kind !== ABSENT && kind !== NULL;
  }

  address(row: Address, column: number): Address {
    return this.#u32[this.cell(row, column) >>> 2] as number;
  }

  flags(row: Address, column: number): number {
    return flagsOf(this.#u32[(this.cell(row, column) >>> 2) + 1] as number);
  }

  length(row: Address, column: number): number {
    return lengthOf(this.#u32[(this.cell(row, column) >>> 2) + 1] as number);
  }

  /** The cell's double: of INT, FLOAT, BOOL, TIME (epoch ms). */
  value(row: Address, column: number): number {
    return this.memory.f64[(this.cell(row, column) >>> 3) + 1] as number;
  }

  /** The number in the cell; a text that is wholly a decimal number counts as that number, else undefined. */
  number(row: Address, column: number): number | undefined {
    switch (this.kind(row, column)) {
      case INT:
      case FLOAT:
      case BOOL:
      case TIME:
        return this.value(row, column);
      case CLEAN:
      case TEXT:
      case JSON_STRING: {
        const text = this.text(row, column) as string;
        if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
        return Number(text);
      }
      default:
        return undefined;
    }
  }

  /** The cell's text, decoded: escapes resolved, invalid UTF-8 as U+FFFD; numbers and times as documents print them. */
  text(row: Address, column: number): string | undefined {
    const address = this.address(row, column);
    const length = this.length(row, column);
    switch (this.kind(row, column)) {
      case CLEAN:
      case TEXT:
        return this.#utf8(address, address + length);
      case JSON_STRING:
        return decodeJsonString(this.#utf8(address, address + length));
      case JSON_RAW:
        return this.#utf8(address, address + length);
      case INT:
      case FLOAT:
        return formatNumber(this.value(row, column));
      case BOOL:
        return this.value(row, column) === 1 ? 'true' : 'false';
      case TIME:
        return formatTime(this.value(row, column), address, length);
      default:
        return undefined;
    }
  }

  #utf8(start: Address, end: Address): string {
    // Buffer.utf8Slice replaces invalid sequences as the WHATWG decoder does.
    return this.memory.bytes.toString('utf8', start, end);
  }

  /** The texts of a LIST. */
  texts(row: Address, column: number): string[] {
    if (this.kind(row, column) !== LIST) {
      const one = this.text(row, column);
      return one === undefined ? [] : [one];
    }
    const out: string[] = [];
    const count = this.length(row, column);
    const first = this.address(row, column);
    for (let k = 0; k < count; k++) {
      const text = this.text(first - ROW_HEADER_BYTES, k);
      if (text !== undefined) out.push(text);
    }
    return out;
  }

  /** Compares decoded values: a text with the literal's bytes, a number with the literal read as a number. */
  equals(row: Address, column: number, literal: Literal, text: string): boolean {
    switch (this.kind(row, column)) {
      case CLEAN:
      case TEXT: {
        if (this.length(row, column) !== literal.length) return false;
        let a = this.address(row, column);
        let b = literal.address;
        const end = a + literal.length;
        const u8 = this.#u8;
        while (a < end) if (u8[a++] !== u8[b++]) return false;
        return true;
      }
      case ABSENT:
      case NULL:
        return false;
      default:
        return this.text(row, column) === text;
    }
  }

  #put(row: Address, column: number, address: number, word: number, value: number): void {
    const at = this.cell(row, column);
    this.#u32[at >>> 2] = address;
    this.#u32[(at >>> 2) + 1] = word;
    this.memory.f64[(at >>> 3) + 1] = value;
  }

  /** A span of bytes that already lie in memory. */
  setSpan(
    row: Address,
    column: number,
    address: Address,
    length: number,
    kind: number,
    flags = 0,
  ): void {
    this.#put(row, column, address, meta(kind, length, flags), 0);
  }

  /** Writes a text to the side buffer. @throws SideBufferFull */
  setText(row: Address, column: number, text: string): void {
    const at = this.side;
    // A UTF-16 unit is at most three bytes of UTF-8.
    if (at + text.length * 3 + 16 > this.sideEnd) throw new SideBufferFull();
    const length = Math.min(this.memory.bytes.write(text, at, 'utf8'), MAX_SPAN);
    this.side = at + length;
    this.#put(row, column, at, meta(TEXT, length), 0);
  }

  /** Points the cell at a constant of the compiled pipeline; `clean` when nothing in it needs escaping in JSON. */
  setConstant(row: Address, column: number, literal: Literal, clean = true): void {
    this.#put(row, column, literal.address, meta(clean ? CLEAN : TEXT, literal.length), 0);
  }

  /** @param value finite */
  setNumber(row: Address, column: number, value: number): void {
    this.#put(row, column, 0, meta(Number.isSafeInteger(value) ? INT : FLOAT, 0), value);
  }

  setBoolean(row: Address, column: number, value: boolean): void {
    this.#put(row, column, 0, meta(BOOL, 0), value ? 1 : 0);
  }

  /** @param ms epoch milliseconds, a whole number @param nanos 0..999999 within it @param digits shown: 3, 6 or 9 */
  setTime(row: Address, column: number, ms: number, nanos: number, digits: number): void {
    this.#put(row, column, nanos, meta(TIME, digits), ms);
  }

  /** A JSON text that the caller made: valid and without line breaks. @throws SideBufferFull */
  setJson(row: Address, column: number, json: string): void {
    this.setText(row, column, json);
    this.setSpan(row, column, this.address(row, column), this.length(row, column), JSON_RAW);
  }

  /** Members that no column names: their paths and raw JSON. For people: it allocates. */
  residue(row: Address, layout: Layout): { path: string; json: string }[] {
    const paths = new Map<number, string>();
    const visit = (node: ShapeNode): void => {
      paths.set(node.id, node.path);
      node.children.forEach(visit);
    };
    visit(layout.root);
    const out: { path: string; json: string }[] = [];
    const first = this.header(row, RESIDUE_ADDRESS) >>> 2;
    for (let k = 0; k < this.header(row, RESIDUE_COUNT); k++) {
      const at = first + k * (RESIDUE_BYTES >>> 2);
      const word = (n: number): number => this.#u32[at + n] as number;
      if (word(4) === 0) continue;
      const parent = paths.get(word(0)) ?? '';
      const key = decodeJsonString(this.#utf8(word(1), word(1) + word(2)));
      const json = this.#utf8(word(3), word(3) + word(4));
      out.push({ path: parent === '' ? key : `${parent}.${key}`, json });
    }
    return out;
  }

  /** Removes the residue under an object of the shape. */
  clearResidue(row: Address, node: number): void {
    const count = this.header(row, RESIDUE_COUNT);
    let entry = this.header(row, RESIDUE_ADDRESS) >>> 2;
    for (let k = 0; k < count; k++, entry += RESIDUE_BYTES >>> 2) {
      if (this.#u32[entry] === node) this.#u32[entry + 4] = 0;
    }
  }

  clear(row: Address, column: number): void {
    this.#put(row, column, 0, 0, 0);
  }

  /** Copies the cell with its flags and value. */
  copy(row: Address, from: number, to: number): void {
    const u32 = this.#u32;
    const a = this.cell(row, from) >>> 2;
    const b = this.cell(row, to) >>> 2;
    for (let k = 0; k < 4; k++) u32[b + k] = u32[a + k] as number;
  }

  /** Appends a constant to a list column (`tags`); a single value becomes a list. @throws SideBufferFull */
  append(row: Address, column: number, literal: Literal): void {
    if (this.kind(row, column) === JSON_RAW) return this.#appendToJson(row, column, literal);
    const cell = this.#grow(row, column);
    this.#put(cell - ROW_HEADER_BYTES, 0, literal.address, meta(CLEAN, literal.length), 0);
  }

  /** Appends another cell's value to a list column that holds no raw JSON (`related.ip`). @throws SideBufferFull */
  appendCell(row: Address, column: number, from: number): void {
    if (this.kind(row, column) === JSON_RAW) return;
    const cell = this.#grow(row, column);
    this.#u8.copyWithin(cell, this.cell(row, from), this.cell(row, from) + CELL_BYTES);
  }

  /** Copies the list behind the side buffer's end with room for one more; returns the new cell's address. */
  #grow(row: Address, column: number): Address {
    const kind = this.kind(row, column);
    const isList = kind === LIST;
    const count = isList ? this.length(row, column) : kind === ABSENT || kind === NULL ? 0 : 1;
    const at = (this.side + 7) & ~7;
    if (at + (count + 1) * CELL_BYTES + 16 > this.sideEnd) throw new SideBufferFull();
    const from = isList ? this.address(row, column) : this.cell(row, column);
    this.#u8.copyWithin(at, from, from + count * CELL_BYTES);
    this.side = at + (count + 1) * CELL_BYTES;
    this.#put(row, column, at, meta(LIST, count + 1), 0);
    return at + count * CELL_BYTES;
  }

  /** A list that came as raw JSON stays raw JSON. */
  #appendToJson(row: Address, column: number, literal: Literal): void {
    const raw = this.text(row, column) as string;
    const item = JSON.stringify(
      this.memory.bytes.toString('utf8', literal.address, literal.address + literal.length),
    );
    const body = raw.startsWith('[') ? raw.slice(1, -1).trim() : raw;
    this.setJson(row, column, body === '' ? `[${item}]` : `[${body},${item}]`);
  }
}
