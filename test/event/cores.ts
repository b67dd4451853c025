import type { EventCore } from '../../src/event/core.ts';
import { createCore } from '../../src/event/create-core.ts';
import { type Field, type Layout, shapeTable, type TableShape } from '../../src/event/layout.ts';
import { LiteralArea } from '../../src/event/literals.ts';
import { type Address, allocateMemory } from '../../src/event/memory.ts';
import { planRegions, type Regions, WORKER_MEMORY_BYTES } from '../../src/event/regions.ts';
import { Rows } from '../../src/event/rows.ts';
import { loadCoreModule } from '../../src/workers/core-module.ts';

const module = loadCoreModule();

export const KINDS = ['ts', 'wasm'] as const;

/** A core over a memory of its own, with a table and one input slot. The same calls give two of them the same addresses. */
export class TestCore {
  readonly core: EventCore;
  readonly literals: LiteralArea;
  readonly regions: Regions = planRegions();
  readonly table: TableShape;
  readonly rows: Rows;

  constructor(
    kind: EventCore['name'],
    fields: readonly Field[],
    datasets: ReadonlyMap<string, readonly Field[]> = new Map(),
  ) {
    const memory = allocateMemory(WORKER_MEMORY_BYTES);
    this.core = createCore(kind, memory, module);
    this.literals = new LiteralArea(memory, this.regions.literals);
    this.table = shapeTable(fields, datasets);
    this.rows = new Rows(memory, this.regions.table, this.regions.side, this.table.width);
  }

  get layout(): Layout {
    return this.table.layouts[0] as Layout;
  }

  get input(): Address {
    return this.regions.largeInput.bytes.start;
  }

  /** Puts the records into the input, back to back, and starts a chunk of them. */
  load(records: readonly (string | Uint8Array)[], flags = 0): void {
    const { u8, u32 } = this.core.memory;
    const { bytes, index } = this.regions.largeInput;
    let at = bytes.start;
    records.forEach((record, k) => {
      const raw = Buffer.from(record as string);
      u8.set(raw, at);
      u32.set([at - bytes.start, raw.length, 0, flags], (index.start >>> 2) + 4 * k);
      at += raw.length;
    });
    // What lies behind the input must not matter.
    u8.fill(0x22, at, at + 64);
    const { table, stride } = this.rows;
    this.core.begin(table, stride, records.length, bytes.start, index.start, 0, -1, 0, 1);
    this.rows.reset(records.length);
  }

  /** A copy of memory. */
  bytes(start: Address, end: Address): Buffer {
    return Buffer.from(this.core.memory.bytes.subarray(start, end));
  }

  /** The chunk's rows, and the side buffer as far as it is written. */
  state(side = this.rows.side): Buffer {
    const { table, stride, count } = this.rows;
    const rows = this.bytes(table, table + stride * count);
    return Buffer.concat([rows, this.bytes(this.regions.side.start, side)]);
  }
}

/** Both cores, set up alike. */
export function bothCores(
  fields: readonly Field[],
  datasets?: ReadonlyMap<string, readonly Field[]>,
): [TestCore, TestCore] {
  return [new TestCore('ts', fields, datasets), new TestCore('wasm', fields, datasets)];
}
