import { CELL_BYTES } from './cell.ts';
import type { Column, Layout, ShapeNode } from './layout.ts';
import type { LiteralArea } from './literals.ts';
import type { Address, CoreMemory } from './memory.ts';
import {
  COPY_BIGINT,
  COPY_BOOLEAN,
  COPY_DOUBLE,
  COPY_INET,
  COPY_INTEGER,
  COPY_JSON,
  COPY_TEXT,
  COPY_TEXT_ARRAY,
  COPY_TIMESTAMP,
  COPY_UUID,
  FIELD_ANY,
  FIELD_BOOLEAN,
  FIELD_FLOAT,
  FIELD_INTEGER,
  FIELD_STRING,
  MAX_DEPTH,
  OP_CLOSE,
  OP_CLOSE_DOCUMENT,
  OP_COLUMN,
  OP_END,
  OP_FIELD,
  OP_INSIDE,
  OP_MEMBER,
  OP_NAME,
  OP_OPEN,
  OP_STAMP,
  OP_TEXT,
  PROGRAM_HEADER,
  RESIDUE_MARK,
} from './ops.ts';
import { ROW_HEADER_BYTES } from './row.ts';

/** Column types of COPY text, as PostgreSQL spells them. */
export const COPY_TYPES = {
  text: COPY_TEXT,
  bigint: COPY_BIGINT,
  integer: COPY_INTEGER,
  'double precision': COPY_DOUBLE,
  boolean: COPY_BOOLEAN,
  timestamptz: COPY_TIMESTAMP,
  inet: COPY_INET,
  jsonb: COPY_JSON,
  uuid: COPY_UUID,
  'text[]': COPY_TEXT_ARRAY,
} as const;

/** Writes op lists into the literal area; ops.ts says what each does. */
export class ProgramBuilder {
  readonly #literals: LiteralArea;
  readonly #names: Address;
  readonly #words: number[] = [];
  #marks = 0;

  /** @param names where the rows' names will stand; 0 for a program without NAME */
  constructor(literals: LiteralArea, names: Address = 0) {
    this.#literals = literals;
    this.#names = names;
  }

  text(value: string): this {
    const { address, length } = this.#literals.text(value);
    this.#words.push(OP_TEXT, address, length);
    return this;
  }

  name(): this {
    this.#words.push(OP_NAME);
    return this;
  }

  inside(column: Column): this {
    this.#words.push(OP_INSIDE, offsetOf(column));
    return this;
  }

  /** The whole document of a layout: columns in tree order, then each object's residue. Ends the line. */
  document(layout: Layout): this {
    this.text('{');
    this.#words.push(OP_CLOSE_DOCUMENT, this.#members(layout.root, 0));
    return this;
  }

  column(column: Column, type: keyof typeof COPY_TYPES, separator: string): this {
    this.#words.push(OP_COLUMN, offsetOf(column), COPY_TYPES[type], separator.charCodeAt(0));
    return this;
  }

  /** @param key escaped, without `=` */
  field(column: Column, key: string): this {
    const { address, length } = this.#literals.text(`${key}=`);
    this.#words.push(OP_FIELD, offsetOf(column), address, length, fieldType(column));
    return this;
  }

  stamp(column: Column, fallback: Column): this {
    this.#words.push(OP_STAMP, offsetOf(column), offsetOf(fallback));
    return this;
  }

  build(): Address {
    const marks = this.#marks === 0 ? 0 : this.#literals.reserve(this.#marks * 4);
    const header = new Array<number>(PROGRAM_HEADER).fill(0);
    header[0] = this.#names;
    header[1] = marks;
    return this.#literals.words([...header, ...this.#words, OP_END]);
  }

  /** @returns the object's residue table */
  #members(node: ShapeNode, depth: number): Address {
    if (depth > MAX_DEPTH) throw new RangeError(`${node.path}: more than ${MAX_DEPTH} levels deep`);
    const known: number[] = [];
    let lengths = 0;
    for (const child of node.children) {
      const inside = JSON.stringify(child.key).slice(1, -1);
      const key = this.#literals.text(inside);
      lengths |= 1 << (key.length & 31);
      known.push(key.address, key.length);
      if (child.column !== undefined) {
        const label = this.#literals.text(`"${inside}":`);
        this.#words.push(OP_MEMBER, offsetOf(child.column), label.address, label.length);
        known.push(offsetOf(child.column));
      } else {
        const label = this.#literals.text(`"${inside}":{`);
        this.#words.push(OP_OPEN, label.address, label.length);
        const residue = this.#members(child, depth + 1);
        const mark = this.#marks++;
        this.#words.push(OP_CLOSE, residue, mark);
        known.push(RESIDUE_MARK + mark);
      }
    }
    return this.#literals.words([node.id, lengths >>> 0, node.children.length, ...known]);
  }
}

function offsetOf(column: Column): number {
  return ROW_HEADER_BYTES + column.index * CELL_BYTES;
}

function fieldType({ type }: Column): number {
  switch (type) {
    case 'long':
      return FIELD_INTEGER;
    case 'double':
      return FIELD_FLOAT;
    case 'boolean':
      return FIELD_BOOLEAN;
    case 'any':
      return FIELD_ANY;
    default:
      return FIELD_STRING;
  }
}

/** Room for the names of as many rows as one call encodes. */
export class NameList {
  readonly address: Address;
  readonly capacity: number;
  readonly #u32: Uint32Array;

  constructor(memory: CoreMemory, literals: LiteralArea, capacity: number) {
    this.address = literals.reserve(capacity * 8);
    this.capacity = capacity;
    this.#u32 = memory.u32;
  }

  set(entry: number, address: Address, length: number): void {
    const at = (this.address >>> 2) + entry * 2;
    this.#u32[at] = address;
    this.#u32[at + 1] = length;
  }
}
