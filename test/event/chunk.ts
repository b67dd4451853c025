import { readFileSync } from 'node:fs';
import {
  BOOL,
  CELL_BYTES,
  CLEAN,
  ESCAPES,
  FLOAT,
  INT,
  JSON_RAW,
  JSON_STRING,
  LIST,
  meta,
  NULL,
  TEXT,
  TIME,
} from '../../src/event/cell.ts';
import type { EventCore } from '../../src/event/core.ts';
import { createCore } from '../../src/event/create-core.ts';
import { type Field, type Layout, shapeTable, type TableShape } from '../../src/event/layout.ts';
import { LiteralArea } from '../../src/event/literals.ts';
import { type Address, allocateMemory } from '../../src/event/memory.ts';
import { planRegions, type Regions, WORKER_MEMORY_BYTES } from '../../src/event/regions.ts';
import {
  RESIDUE_ADDRESS,
  RESIDUE_BYTES,
  RESIDUE_COUNT,
  ORDINAL,
  OUTPUTS,
  RAW_LENGTH,
} from '../../src/event/row.ts';
import { Rows } from '../../src/event/rows.ts';
import type { OutputEncoder, Room } from '../../src/sinks/encoder.ts';

const module = new WebAssembly.Module(
  readFileSync(new URL('../../src/event/core/core.wasm', import.meta.url)),
);

/** A cell, as a test writes it. */
export type Value =
  | { kind: 'absent' }
  | { kind: 'null' }
  | { kind: 'clean'; text: string }
  | { kind: 'text'; bytes: Uint8Array }
  /** The inside of a JSON string. */
  | { kind: 'string'; inside: string }
  | { kind: 'json'; raw: string }
  | { kind: 'int'; value: number }
  | { kind: 'float'; value: number; source?: string }
  | { kind: 'bool'; value: boolean }
  | { kind: 'time'; ms: number; nanos: number; digits: number }
  | { kind: 'list'; items: Value[] };

export interface Residue {
  /** Path of the object that it belongs under; '' is the document. */
  readonly under: string;
  /** The key's inside, as it stands in JSON. */
  readonly key: string;
  readonly raw: string;
}

export interface Event {
  readonly cells: Readonly<Record<string, Value>>;
  readonly residue?: readonly Residue[];
  readonly layout?: number;
  readonly rawLength?: number;
}

/** A batch of counters has more lines than a page of events has rows. */
const TRACE_PAIRS = 16_384;

/** One core over a memory of its own, a table in it, and rooms to encode into. */
export class Chunk {
  readonly core: EventCore;
  readonly literals: LiteralArea;
  readonly regions: Regions = planRegions();
  readonly table: TableShape;
  readonly rows: Rows;
  readonly #list: Address;
  readonly #trace: Address;

  constructor(
    kind: EventCore['name'],
    fields: readonly Field[],
    datasets: ReadonlyMap<string, readonly Field[]> = new Map(),
  ) {
    const memory = allocateMemory(WORKER_MEMORY_BYTES);
    this.core = createCore(kind, memory, module);
    this.literals = new LiteralArea(memory, this.regions.literals);
    this.table = shapeTable(fields, datasets, [{ path: '_index_date', type: 'date' }]);
    this.rows = new Rows(memory, this.regions.table, this.regions.side, this.table.width);
    this.#list = this.literals.reserve(512 * 4);
    this.#trace = this.literals.reserve(TRACE_PAIRS * 8);
  }

  get context() {
    return { core: this.core, literals: this.literals, table: this.table, output: 0 };
  }

  get layout(): Layout {
    return this.table.layouts[0] as Layout;
  }

  /** Rows with these cells, ordinals from 0. */
  fill(events: readonly Event[], arrival = 0): void {
    const { rows } = this;
    const { u8, u32 } = rows.memory;
    rows.reset(events.length);
    rows.arrival = arrival;
    u8.fill(0, rows.table, rows.table + events.length * rows.stride);
    events.forEach((event, k) => {
      const row = rows.at(k);
      u32[(row >>> 2) + ORDINAL] = k;
      u32[(row >>> 2) + OUTPUTS] = 1;
      u32[(row >>> 2) + RAW_LENGTH] = event.rawLength ?? 100;
      rows.setLayout(row, event.layout ?? 0);
      const layout = this.table.layouts[event.layout ?? 0] as Layout;
      for (const [path, value] of Object.entries(event.cells)) {
        const column = layout.byPath.get(path);
        if (column === undefined) throw new Error(`no column ${path}`);
        this.#put(rows.cell(row, column.index), value);
      }
      this.#residue(row, layout, event.residue ?? []);
      u32[(this.#list >>> 2) + k] = row;
    });
  }

  #bytes(bytes: Uint8Array): Address {
    const at = this.rows.side;
    this.rows.memory.u8.set(bytes, at);
    this.rows.side += bytes.length;
    return at;
  }

  #span(cell: Address, kind: number, bytes: Uint8Array, flags = 0, value = 0): void {
    this.#set(cell, this.#bytes(bytes), meta(kind, bytes.length, flags), value);
  }

  #set(cell: Address, address: number, word: number, value: number): void {
    const { u32, f64 } = this.rows.memory;
    u32[cell >>> 2] = address;
    u32[(cell >>> 2) + 1] = word;
    f64[(cell >>> 3) + 1] = value;
  }

  #put(cell: Address, value: Value): void {
    switch (value.kind) {
      case 'absent':
        return this.#set(cell, 0, 0, 0);
      case 'null':
        return this.#set(cell, 0, NULL, 0);
      case 'clean':
        return this.#span(cell, CLEAN, Buffer.from(value.text));
      case 'text':
        return this.#span(cell, TEXT, value.bytes);
      case 'string': {
        const flags = value.inside.includes('\\') ? ESCAPES : 0;
        return this.#span(cell, JSON_STRING, Buffer.from(value.inside), flags);
      }
      case 'json':
        return this.#span(cell, JSON_RAW, Buffer.from(value.raw));
      case 'int':
        return this.#set(cell, 0, INT, value.value);
      case 'float':
        if (value.source === undefined) return this.#set(cell, 0, FLOAT, value.value);
        return this.#span(cell, FLOAT, Buffer.from(value.source), 0, value.value);
      case 'bool':
        return this.#set(cell, 0, BOOL, value.value ? 1 : 0);
      case 'time':
        return this.#set(cell, value.nanos, meta(TIME, value.digits), value.ms);
      case 'list': {
        this.rows.side = (this.rows.side + 7) & ~7;
        const at = this.rows.side;
        this.rows.side += value.items.length * CELL_BYTES;
        value.items.forEach((item, k) => this.#put(at + k * CELL_BYTES, item));
        return this.#set(cell, at, meta(LIST, value.items.length), 0);
      }
    }
  }

  #residue(row: Address, layout: Layout, members: readonly Residue[]): void {
    if (members.length === 0) return;
    const { rows } = this;
    const { u32 } = rows.memory;
    const spans = members.map(({ key, raw }) => {
      const [k, v] = [Buffer.from(key), Buffer.from(raw)];
      return [this.#bytes(k), k.length, this.#bytes(v), v.length];
    });
    rows.side = (rows.side + 7) & ~7;
    const at = rows.side;
    members.forEach(({ under }, k) => {
      u32.set(
        [nodeId(layout, under), ...(spans[k] as number[]), 0],
        (at + k * RESIDUE_BYTES) >>> 2,
      );
    });
    rows.side += members.length * RESIDUE_BYTES;
    u32[(row >>> 2) + RESIDUE_ADDRESS] = at;
    u32[(row >>> 2) + RESIDUE_COUNT] = members.length;
  }

  room(
    size = this.regions.largePage.end - this.regions.largePage.start,
    capacity = TRACE_PAIRS,
  ): Room {
    const { start } = this.regions.largePage;
    return { start, end: start + size, trace: this.#trace, capacity, used: 0, rows: 0 };
  }

  /** Encodes all rows into one room, and what was gathered. */
  encode(encoder: OutputEncoder, layout = 0, room = this.room()): Encoded {
    encoder.prepare?.(this.rows);
    const group = { layout, list: this.#list, count: this.rows.count };
    const { state, next } = encoder.encode(this.rows, group, 0, room);
    if (state === 'done') encoder.finish?.(room);
    return { ...this.read(room), state, next };
  }

  /** Encodes from an entry on, as the worker does when it resumes. */
  resume(encoder: OutputEncoder, from: number, room: Room): { next: number; state: string } {
    return encoder.encode(
      this.rows,
      { layout: 0, list: this.#list, count: this.rows.count },
      from,
      room,
    );
  }

  read(room: Room): { bytes: Buffer; trace: number[] } {
    const { u32, bytes } = this.core.memory;
    return {
      bytes: Buffer.from(bytes.subarray(room.start, room.start + room.used)),
      trace: [...u32.subarray(room.trace >>> 2, (room.trace >>> 2) + room.rows * 2)],
    };
  }
}

export interface Encoded {
  readonly bytes: Buffer;
  readonly trace: number[];
  readonly state: string;
  readonly next: number;
}

function nodeId(layout: Layout, path: string): number {
  let node = layout.root;
  for (const key of path === '' ? [] : path.split('.')) {
    const child = node.children.find((c) => c.key === key);
    if (child === undefined) throw new Error(`no object ${path}`);
    node = child;
  }
  return node.id;
}
