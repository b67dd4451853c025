import {
  BOOL,
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
} from '../../src/event/cell.ts';
import { createCore } from '../../src/event/create-core.ts';
import { type Field, type Layout, shapeTable, type TableShape } from '../../src/event/layout.ts';
import { LiteralArea } from '../../src/event/literals.ts';
import { type Address, viewMemory } from '../../src/event/memory.ts';
import { INDEX_ENTRY_BYTES, planRegions, WORKER_MEMORY_BYTES } from '../../src/event/regions.ts';
import { Rows } from '../../src/event/rows.ts';
import { STEPS } from '../../src/transforms/registry.ts';
import type { CompiledStep, StepContext } from '../../src/transforms/step.ts';

/** A cell as a test writes it; absent columns are not mentioned. */
export type CellSpec =
  | { readonly clean: string }
  | { readonly text: string | Uint8Array }
  /** Inside of a JSON string. */
  | { readonly inside: string }
  | { readonly raw: string }
  | { readonly int: number }
  | { readonly float: number }
  | { readonly bool: boolean }
  /** Epoch ms. */
  | { readonly time: number }
  | { readonly list: readonly string[] }
  | { readonly null: true };

export type RowSpec = Readonly<Record<string, CellSpec>>;

/** Rows of a worker's memory with the columns of a test, and the steps that run over them. */
export class CellTable {
  readonly shape: TableShape;
  readonly literals: LiteralArea;
  readonly rows: Rows;
  readonly #core;
  readonly #regions = planRegions();

  constructor(
    paths: readonly string[],
    datasets: ReadonlyMap<string, readonly Field[]> = new Map(),
  ) {
    const memory = viewMemory(new SharedArrayBuffer(WORKER_MEMORY_BYTES));
    this.#core = createCore('ts', memory);
    this.literals = new LiteralArea(memory, this.#regions.literals);
    this.shape = shapeTable(
      paths.map((path) => ({ path, type: 'any' })),
      datasets,
    );
    this.rows = new Rows(memory, this.#regions.table, this.#regions.side, this.shape.width);
  }

  /** Column of the base layout, -1 when there is none. */
  readonly column = (path: string): number => this.#layout(0).byPath.get(path)?.index ?? -1;

  #layout(id: number): Layout {
    return this.shape.layouts[id] as Layout;
  }

  /** Replaces the rows; `layouts` gives each its layout, the base where it says nothing. */
  fill(specs: readonly RowSpec[], layouts: readonly number[] = []): void {
    const { rows } = this;
    const [input] = this.#regions.inputs;
    if (input === undefined) throw new Error('a worker has inputs');
    rows.memory.u32.fill(
      0,
      input.index.start >>> 2,
      (input.index.start + specs.length * INDEX_ENTRY_BYTES) >>> 2,
    );
    rows.reset(specs.length);
    this.#core.begin(
      rows.table,
      rows.stride,
      specs.length,
      input.bytes.start,
      input.index.start,
      0,
      -1,
      0,
      0xff,
    );
    specs.forEach((spec, k) => {
      const row = rows.at(k);
      rows.setLayout(row, layouts[k] ?? 0);
      const { byPath } = this.#layout(layouts[k] ?? 0);
      for (const [path, cell] of Object.entries(spec)) {
        const column = byPath.get(path);
        if (column === undefined) throw new Error(`no column ${path}`);
        this.#put(row, column.index, cell);
      }
    });
  }

  #put(row: Address, column: number, cell: CellSpec): void {
    const { rows } = this;
    if ('clean' in cell) this.#bytes(row, column, cell.clean, CLEAN);
    else if ('text' in cell) this.#bytes(row, column, cell.text, TEXT);
    else if ('inside' in cell) {
      this.#bytes(row, column, cell.inside, JSON_STRING, cell.inside.includes('\\') ? ESCAPES : 0);
    } else if ('raw' in cell) this.#bytes(row, column, cell.raw, JSON_RAW);
    else if ('int' in cell) this.#value(row, column, INT, cell.int);
    else if ('float' in cell) this.#value(row, column, FLOAT, cell.float);
    else if ('bool' in cell) this.#value(row, column, BOOL, cell.bool ? 1 : 0);
    else if ('time' in cell) rows.setTime(row, column, cell.time, 0, 3);
    else if ('list' in cell) {
      for (const text of cell.list) rows.append(row, column, this.literals.text(text));
      if (cell.list.length === 0) rows.setSpan(row, column, rows.side & ~7, 0, LIST);
    } else rows.setSpan(row, column, 0, 0, NULL);
  }

  #value(row: Address, column: number, kind: number, value: number): void {
    const at = this.rows.cell(row, column);
    this.rows.memory.u32[(at >>> 2) + 1] = meta(kind, 0);
    this.rows.memory.f64[(at >>> 3) + 1] = value;
  }

  #bytes(row: Address, column: number, text: string | Uint8Array, kind: number, flags = 0): void {
    const bytes = Buffer.from(text as string);
    const at = this.rows.side;
    this.rows.memory.u8.set(bytes, at);
    this.rows.side = at + bytes.length + 16;
    this.rows.setSpan(row, column, at, bytes.length, kind, flags);
  }

  step(
    name: string,
    options: unknown,
    outputsOf: StepContext['outputsOf'] = () => 0,
  ): CompiledStep {
    const definition = STEPS.get(name);
    if (definition === undefined) throw new Error(`no step ${name}`);
    return definition.compile(options, {
      literals: this.literals,
      table: this.shape,
      column: (layout, path) => layout.byPath.get(path)?.index ?? -1,
      outputsOf,
    });
  }

  /** The row's cells as a test reads them: texts decoded, numbers and booleans as such, lists as arrays. */
  read(index: number): Record<string, unknown> {
    const { rows } = this;
    const row = rows.at(index);
    const out: Record<string, unknown> = {};
    for (const { path, index: column } of this.#layout(rows.layout(row)).columns) {
      const value = this.#read(row, column);
      if (value !== undefined) out[path] = value;
    }
    return out;
  }

  #read(row: Address, column: number): unknown {
    const { rows } = this;
    switch (rows.kind(row, column)) {
      case INT:
      case FLOAT:
        return rows.value(row, column);
      case BOOL:
        return rows.value(row, column) === 1;
      case LIST:
        return rows.texts(row, column);
      case JSON_RAW:
        return { json: rows.text(row, column) };
      case NULL:
        return null;
      default:
        return rows.text(row, column);
    }
  }
}
