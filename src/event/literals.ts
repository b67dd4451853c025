import type { Address, CoreMemory, Region } from './memory.ts';
import { SLACK } from './memory.ts';

export interface Literal {
  readonly address: Address;
  readonly length: number;
}

/**
 * Constants and programs of a compiled pipeline, written once when the worker starts.
 * Each is followed by 16 zero bytes, so that SIMD compares and copies may read past its end.
 */
export class LiteralArea {
  readonly #memory: CoreMemory;
  readonly #start: Address;
  readonly #end: Address;
  readonly #known = new Map<string, Literal>();
  #next: Address;

  constructor(memory: CoreMemory, region: Region) {
    this.#memory = memory;
    this.#start = region.start;
    this.#next = region.start;
    this.#end = region.end - SLACK;
  }

  /** The text's bytes (UTF-8), shared by all who ask for the same text. @throws RangeError when the area is full */
  text(value: string): Literal {
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const bytes = Buffer.from(value, 'utf8');
    const literal = { address: this.reserve(bytes.length), length: bytes.length };
    this.#memory.u8.set(bytes, literal.address);
    this.#known.set(value, literal);
    return literal;
  }

  /** Whether a span lies here: a constant, so the same address means the same text. */
  holds(address: Address): boolean {
    return address >= this.#start && address < this.#end;
  }

  /** Words (op lists, tries, tables), 16-byte aligned. */
  words(values: ArrayLike<number>): Address {
    const at = this.reserve(values.length * 4);
    this.#memory.u32.set(values, at >>> 2);
    return at;
  }

  /** Uninitialised room, 16-byte aligned. */
  reserve(bytes: number): Address {
    const at = this.#next;
    const next = at + ((bytes + 16 + 15) & ~15);
    if (next > this.#end)
      throw new RangeError('the compiled pipelines do not fit the literal area');
    this.#next = next;
    return at;
  }
}
