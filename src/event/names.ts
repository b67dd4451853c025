import { ABSENT, CLEAN, JSON_STRING, kindOf, lengthOf, NULL, TEXT, TIME } from './cell.ts';
import type { Column, Layout } from './layout.ts';
import type { Literal, LiteralArea } from './literals.ts';
import type { Address, CoreMemory } from './memory.ts';
import { MAX_TIME, MIN_TIME } from './ops.ts';
import { DROPPED, FLAGS, OUTPUTS, ROW_HEADER_BYTES } from './row.ts';
import type { Rows } from './rows.ts';

/**
 * Text from data that becomes part of a name (index, key, tag) passes a pattern and caps on length and count:
 * otherwise an event could write to any index, or make a million of them.
 */
export interface NameRule {
  /** Matches the whole text, in lower case when `lower`. */
  readonly allowed: RegExp;
  readonly lower: boolean;
  readonly maxLength: number;
  /**
   * Distinct texts of one batch; further ones are rejected. Never counted over batches: what a batch becomes must not
   * depend on what the worker saw before it.
   */
  readonly capacity: number;
}

export const INDEX_NAMES: NameRule = {
  allowed: /^[a-z0-9_.]+$/,
  lower: true,
  maxLength: 64,
  capacity: 100,
};
export const TAG_NAMES: NameRule = {
  allowed: /^[\x21-\x7e]+$/,
  lower: false,
  maxLength: 128,
  capacity: 1000,
};
/** As many as the keys of a batch, see aggregate.ts. Braces would choose the cluster's hash slot. */
export const KEY_NAMES: NameRule = {
  allowed: /^[\x21-\x7a|~]+$/,
  lower: false,
  maxLength: 128,
  capacity: 10_000,
};

/** Numbers of the texts that are always there. */
export const NO_NAME = 0;
export const OTHER_NAME = 1;
export const REJECTED_NAME = 2;
const FIRST_NAME = 3;

/** What stands for a name that is absent or not allowed. */
export const DEFAULT_NAME = 'unknown';
/** Stands for names beyond a cap of counters. */
export const OVERFLOW_NAME = '_other';

/** Numbers the texts of a column that become names. Constants are recognised by their address alone. */
export class NameColumn {
  readonly rule: NameRule;
  readonly #memory: CoreMemory;
  readonly #literals: LiteralArea;
  readonly #column: number;
  readonly #texts: string[] = ['', OVERFLOW_NAME, DEFAULT_NAME];
  readonly #numbers = new Map<string, number>();
  readonly #constants = new Map<number, number>();
  #lastAddress = 0;
  #lastWord = 0;
  #lastNumber = NO_NAME;

  constructor(memory: CoreMemory, literals: LiteralArea, column: Column, rule: NameRule) {
    this.rule = rule;
    this.#memory = memory;
    this.#literals = literals;
    this.#column = column.index;
  }

  /** Numbers are below this. */
  get radix(): number {
    return this.rule.capacity + FIRST_NAME;
  }

  text(number: number): string {
    return this.#texts[number] ?? DEFAULT_NAME;
  }

  /** Lets go of all names: a batch begins. Numbers given before mean nothing any more. */
  forget(): void {
    this.#texts.length = FIRST_NAME;
    this.#numbers.clear();
    this.#constants.clear();
    this.#lastWord = 0;
    this.#lastNumber = NO_NAME;
  }

  number(rows: Rows, row: Address): number {
    const { u32 } = this.#memory;
    const cell = rows.cell(row, this.#column) >>> 2;
    const address = u32[cell] as number;
    const word = u32[cell + 1] as number;
    if (word === this.#lastWord && address === this.#lastAddress) return this.#lastNumber;
    const kind = kindOf(word);
    if (kind === ABSENT || kind === NULL) return NO_NAME;
    if (kind !== CLEAN || !this.#literals.holds(address)) return this.#read(rows, row, kind, word);
    // An address below 2^26 and a length below 2^24.
    const constant = address * 0x100_0000 + lengthOf(word);
    let number = this.#constants.get(constant);
    if (number === undefined) {
      number = this.#read(rows, row, kind, word);
      this.#constants.set(constant, number);
    }
    this.#lastAddress = address;
    this.#lastWord = word;
    this.#lastNumber = number;
    return number;
  }

  #read(rows: Rows, row: Address, kind: number, word: number): number {
    const length = lengthOf(word);
    const address = rows.address(row, this.#column);
    if (kind === CLEAN || kind === TEXT) {
      if (length > this.rule.maxLength) return REJECTED_NAME;
      // Bytes beyond ASCII are in no pattern, so latin1 is as good as UTF-8.
      return this.#numberOf(this.#memory.bytes.toString('latin1', address, address + length));
    }
    if (kind === JSON_STRING && length > 6 * this.rule.maxLength) return REJECTED_NAME;
    const text = rows.text(row, this.#column);
    return text === undefined ? REJECTED_NAME : this.#numberOf(text);
  }

  #numberOf(text: string): number {
    const { rule } = this;
    if (text === '') return NO_NAME;
    if (text.length > rule.maxLength) return REJECTED_NAME;
    const name = rule.lower ? text.toLowerCase() : text;
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    if (!rule.allowed.test(name) || this.#numbers.size >= rule.capacity) return REJECTED_NAME;
    this.#numbers.set(name, this.#texts.length);
    this.#texts.push(name);
    return this.#texts.length - 1;
  }
}

/** How the names of an output are made. */
export interface NameShape {
  readonly columns: readonly NameColumn[];
  /** Seconds during which the name stays the same; 0: always. */
  readonly step: number;
  /** @param numbers one for each column @param seconds epoch, a multiple of `step` */
  render(numbers: readonly number[], seconds: number): string;
}

/** Hidden column with the time that names use; see pipeline/standard-fields.ts. */
const NAME_TIME = '_index_date';

/** Tells which name each row has: rows with the same `combination` and `time` share one. */
export class Names {
  readonly shape: NameShape;
  /** Of the row that `read` saw last. */
  combination: number | string = 0;
  /** In steps since 1970. */
  time = 0;
  readonly #numbers: number[];
  readonly #f64: Float64Array;
  readonly #u32: Uint32Array;
  readonly #timeCell: number;
  readonly #wide: boolean;

  constructor(memory: CoreMemory, base: Layout, shape: NameShape) {
    this.shape = shape;
    this.#u32 = memory.u32;
    this.#f64 = memory.f64;
    this.#numbers = shape.columns.map(() => NO_NAME);
    const time = base.byPath.get(NAME_TIME) ?? base.byPath.get('@timestamp');
    this.#timeCell = time === undefined ? -1 : ROW_HEADER_BYTES + time.index * 16;
    const combinations = shape.columns.reduce((product, { radix }) => product * radix, 1);
    this.#wide = combinations > Number.MAX_SAFE_INTEGER;
  }

  /** A batch begins. */
  forget(): void {
    for (const column of this.shape.columns) column.forget();
  }

  read(rows: Rows, row: Address): void {
    const { columns, step } = this.shape;
    const numbers = this.#numbers;
    let combination = 0;
    for (let k = 0; k < columns.length; k++) {
      const column = columns[k] as NameColumn;
      const number = column.number(rows, row);
      numbers[k] = number;
      combination = combination * column.radix + number;
    }
    this.combination = this.#wide ? numbers.join() : combination;
    if (step > 0) this.time = this.#stepOf(rows, row, step);
  }

  #stepOf(rows: Rows, row: Address, step: number): number {
    const cell = row + this.#timeCell;
    const known = this.#timeCell >= 0 && kindOf(this.#u32[(cell >>> 2) + 1] as number) === TIME;
    const ms = known ? (this.#f64[(cell >>> 3) + 1] as number) : rows.arrival;
    return Math.floor(Math.min(Math.max(ms, MIN_TIME), MAX_TIME) / (step * 1000));
  }

  /** Epoch seconds of the last row's step; 0 for names without a time. */
  get seconds(): number {
    return this.time * this.shape.step;
  }

  /** The last row's name. */
  render(): string {
    return this.shape.render(this.#numbers, this.seconds);
  }

  /** The name that stands for all beyond a cap. */
  renderOverflow(rows: Rows): { name: string; seconds: number } {
    const { step, columns } = this.shape;
    const seconds = step === 0 ? 0 : Math.floor(rows.arrival / (step * 1000)) * step;
    const numbers = columns.map(() => OTHER_NAME);
    return { name: this.shape.render(numbers, seconds), seconds };
  }
}

const REJECTED_TAG = 'name_rejected';

/** Tags rows of an output of which a name had to be replaced. */
export class NameTagger {
  readonly #columns: readonly NameColumn[];
  readonly #tags: Column | undefined;
  readonly #tag: Literal;
  readonly #bit: number;

  /** @param output its number within the pipeline */
  constructor(base: Layout, literals: LiteralArea, columns: readonly NameColumn[], output: number) {
    this.#bit = 1 << output;
    this.#columns = columns;
    this.#tags = base.byPath.get('tags');
    this.#tag = literals.text(REJECTED_TAG);
  }

  /** @returns rows with a name that was not allowed @throws SideBufferFull */
  apply(rows: Rows): number {
    if (this.#columns.length === 0) return 0;
    const { u32 } = rows.memory;
    let rejected = 0;
    for (let k = 0, row = rows.table; k < rows.count; k++, row += rows.stride) {
      if (((u32[(row >>> 2) + FLAGS] as number) & DROPPED) !== 0) continue;
      if (((u32[(row >>> 2) + OUTPUTS] as number) & this.#bit) === 0) continue;
      for (const column of this.#columns) {
        if (column.number(rows, row) !== REJECTED_NAME) continue;
        rejected++;
        if (this.#tags !== undefined) this.#append(rows, row, this.#tags.index);
        break;
      }
    }
    return rejected;
  }

  /** Another output of the pipeline may have tagged the row already. */
  #append(rows: Rows, row: Address, tags: number): void {
    if (!rows.texts(row, tags).includes(REJECTED_TAG)) rows.append(row, tags, this.#tag);
  }
}
