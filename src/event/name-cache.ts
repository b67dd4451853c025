import type { LiteralArea } from './literals.ts';
import type { Address, CoreMemory } from './memory.ts';
import type { Names } from './names.ts';
import type { NameList } from './program.ts';
import type { Rows } from './rows.ts';

interface Rendered {
  readonly address: Address;
  readonly length: number;
}

/** Bytes for rendered names: some hundred, so that a day's change or a second dataset costs one more rendering each. */
const CACHE_BYTES = 32 * 1024;

/**
 * Makes the names of rows ready for the NAME op: rendered once for each combination of texts and time,
 * then found again by two comparisons.
 */
export class NameCache {
  readonly #names: Names;
  readonly #list: NameList;
  readonly #memory: CoreMemory;
  readonly #wrap: (name: string) => string;
  readonly #start: Address;
  readonly #known = new Map<number, Map<number | string, Rendered>>();
  #next: Address;

  /** @param wrap the bytes around a name: what NAME writes */
  constructor(
    memory: CoreMemory,
    literals: LiteralArea,
    names: Names,
    list: NameList,
    wrap: (name: string) => string,
  ) {
    this.#memory = memory;
    this.#names = names;
    this.#list = list;
    this.#wrap = wrap;
    this.#start = literals.reserve(CACHE_BYTES);
    this.#next = this.#start;
  }

  /**
   * Sets the names of entries from `from` on; entry `from` gets the list's first place.
   * @returns the entry behind the last that got one: less than `count` when the list or the cache is full
   */
  fill(rows: Rows, list: Address, from: number, count: number): number {
    const { u32 } = this.#memory;
    const names = this.#names;
    const end = Math.min(count, from + this.#list.capacity);
    let lastTime = Number.NaN;
    let last: number | string = '';
    let rendered: Rendered | undefined;
    for (let entry = from; entry < end; entry++) {
      names.read(rows, u32[(list >>> 2) + entry] as Address);
      if (names.time !== lastTime || names.combination !== last || rendered === undefined) {
        lastTime = names.time;
        last = names.combination;
        rendered = this.#find();
        if (rendered === undefined) {
          if (entry > from) return entry; // the names so far must stay where they are until they are written
          this.#clear();
          rendered = this.#find();
          if (rendered === undefined) throw new RangeError('a name does not fit the name cache');
        }
      }
      this.#list.set(entry - from, rendered.address, rendered.length);
    }
    return end;
  }

  #find(): Rendered | undefined {
    const { time, combination } = this.#names;
    const known = this.#known.get(time)?.get(combination);
    if (known !== undefined) return known;
    const text = this.#wrap(this.#names.render());
    const length = Buffer.byteLength(text);
    if (this.#next + length > this.#start + CACHE_BYTES) return undefined;
    const rendered = { address: this.#next, length };
    this.#memory.bytes.write(text, this.#next, 'utf8');
    this.#next += length;
    let ofTime = this.#known.get(time);
    if (ofTime === undefined) {
      ofTime = new Map();
      this.#known.set(time, ofTime);
    }
    ofTime.set(combination, rendered);
    return rendered;
  }

  /** A batch begins: its names are numbered anew, so nothing rendered before can be found again. */
  forget(): void {
    this.#names.forget();
    this.#clear();
  }

  #clear(): void {
    this.#known.clear();
    this.#next = this.#start;
  }
}
