import type { Address, CoreMemory } from '../memory.ts';
import { MEASURE_LIMIT } from '../ops.ts';
import { utf8Step } from '../utf8.ts';

/** How a text's bytes are written. */
export const AS_IS = 0;
export const IN_JSON = 1;
export const IN_COPY = 2;
/** Inside the quotes of a string field of line protocol. */
export const IN_FIELD = 3;
/** Inside the quotes of a text[] element, itself in COPY text. */
export const IN_ARRAY = 4;

const BACKSLASH = 0x5c;
const QUOTE = 0x22;

/** Letters of the short escapes of 0x08 to 0x0d: b t n v f r. JSON has no \v. */
const LETTERS = [0x62, 0x74, 0x6e, 0x76, 0x66, 0x72];
const HEX = '0123456789abcdef';

/**
 * Output that never writes behind its limit: what does not fit is counted instead, so a row that is too large is measured
 * by the same pass that tries to write it.
 */
export class Out {
  readonly memory: CoreMemory;
  readonly #u8: Uint8Array;
  /** Next byte; behind `limit` when the row did not fit. */
  at: Address = 0;
  limit: Address = 0;
  /** Format that JSON is written inside of: each of its bytes is escaped once more. */
  outer = AS_IS;
  #cap: Address = 0;

  constructor(memory: CoreMemory) {
    this.memory = memory;
    this.#u8 = memory.u8;
  }

  open(at: Address, limit: Address): void {
    this.at = at;
    this.limit = limit;
    this.#cap = limit + MEASURE_LIMIT;
    this.outer = AS_IS;
  }

  #raw(byte: number): void {
    if (this.at < this.limit) this.#u8[this.at] = byte;
    if (this.at < this.#cap) this.at++;
  }

  #escaped(byte: number): void {
    this.#raw(BACKSLASH);
    this.#raw(byte);
  }

  byte(byte: number): void {
    if (this.outer === AS_IS) this.#raw(byte);
    else this.#asciiIn(byte, this.outer);
  }

  ascii(text: string): void {
    if (this.outer === AS_IS && this.at + text.length <= this.limit) {
      for (let k = 0; k < text.length; k++) this.#u8[this.at++] = text.charCodeAt(k);
      return;
    }
    for (let k = 0; k < text.length; k++) this.byte(text.charCodeAt(k));
  }

  /** Bytes that need no escaping of their own. */
  span(address: Address, length: number): void {
    if (this.outer === AS_IS && this.at + length <= this.limit) {
      this.#u8.copyWithin(this.at, address, address + length);
      this.at += length;
      return;
    }
    for (let k = address; k < address + length; k++) this.byte(this.#u8[k] as number);
  }

  replacement(): void {
    this.ascii('\xef\xbf\xbd'); // U+FFFD
  }

  /** Any bytes, as valid UTF-8: each maximal invalid part becomes U+FFFD. */
  text(address: Address, end: Address, style: number): void {
    const u8 = this.#u8;
    let p = address;
    while (p < end) {
      let run = p;
      while (run < end && isPlain(u8[run] as number)) run++;
      if (run > p) {
        this.span(p, run - p);
        p = run;
        continue;
      }
      const step = utf8Step(u8, p, end);
      if (step < 0) this.replacement();
      else if (step === 1) this.character(u8[p] as number, style);
      else this.span(p, step);
      p += Math.abs(step);
    }
  }

  /** One code point. */
  character(code: number, style: number): void {
    if (code < 0x80) {
      if (style === IN_JSON) this.#asciiInJson(code);
      else this.#asciiIn(code, style);
    } else {
      for (const byte of Buffer.from(String.fromCodePoint(code), 'utf8')) this.byte(byte);
    }
  }

  #asciiInJson(byte: number): void {
    if (byte === QUOTE || byte === BACKSLASH) {
      this.byte(BACKSLASH);
      this.byte(byte);
    } else if (byte >= 0x20) {
      this.byte(byte);
    } else if (byte >= 0x08 && byte <= 0x0d && byte !== 0x0b) {
      this.byte(BACKSLASH);
      this.byte(LETTERS[byte - 0x08] as number);
    } else if (byte === 0 && this.outer !== AS_IS) {
      this.ascii('\\ufffd'); // no store behind COPY or line protocol takes NUL
    } else {
      this.ascii(`\\u00${HEX[byte >> 4]}${HEX[byte & 15]}`);
    }
  }

  #asciiIn(byte: number, style: number): void {
    if (byte === 0) {
      for (const part of [0xef, 0xbf, 0xbd]) this.#raw(part);
    } else if (style === IN_FIELD) {
      if (byte === QUOTE || byte === BACKSLASH) this.#escaped(byte);
      else this.#raw(byte === 0x0a || byte === 0x0d ? 0x20 : byte); // a record is one line
    } else if (byte === BACKSLASH) {
      this.#escaped(BACKSLASH);
      if (style === IN_ARRAY) this.#escaped(BACKSLASH);
    } else if (byte === QUOTE && style === IN_ARRAY) {
      this.#escaped(BACKSLASH);
      this.#raw(QUOTE);
    } else if (byte >= 0x08 && byte <= 0x0d) {
      this.#escaped(LETTERS[byte - 0x08] as number);
    } else {
      this.#raw(byte);
    }
  }

  /** The inside of a validated JSON string, decoded. */
  decoded(address: Address, end: Address, style: number): void {
    const u8 = this.#u8;
    let p = address;
    while (p < end) {
      let run = p;
      while (run < end && u8[run] !== BACKSLASH) run++;
      this.text(p, run, style);
      p = run;
      if (p >= end) return;
      const { code, length } = readEscape(u8, p, end);
      this.character(code, style);
      p += length;
    }
  }

  /** Validated JSON, or the inside of a JSON string, as JSON. */
  json(address: Address, length: number): void {
    if (this.outer === AS_IS) {
      this.span(address, length);
      return;
    }
    const u8 = this.#u8;
    const end = address + length;
    for (let p = address; p < end; ) {
      const size = u8[p] !== BACKSLASH ? 1 : u8[p + 1] === 0x75 ? 6 : 2; // u
      if (size === 6 && hex4(u8, p + 2) === 0) this.ascii('\\ufffd');
      else this.span(p, Math.min(size, end - p));
      p += size;
    }
  }
}

/** ASCII that no format escapes. */
function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== BACKSLASH;
}

function hex4(u8: Uint8Array, at: Address): number {
  let value = 0;
  for (let k = at; k < at + 4; k++) {
    const byte = u8[k] as number;
    value = value * 16 + (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57);
  }
  return value;
}

/** Code point and length of the escape at `at`; a lone surrogate counts as U+FFFD. */
function readEscape(u8: Uint8Array, at: Address, end: Address): { code: number; length: number } {
  const letter = u8[at + 1] as number;
  if (letter !== 0x75) {
    const short = LETTERS.indexOf(letter);
    return { code: short < 0 ? letter : short + 0x08, length: 2 }; // " \ / stand for themselves
  }
  const unit = hex4(u8, at + 2);
  if (unit < 0xd800 || unit > 0xdfff) return { code: unit, length: 6 };
  const pairs = unit < 0xdc00 && at + 12 <= end && u8[at + 6] === BACKSLASH && u8[at + 7] === 0x75;
  const low = pairs ? hex4(u8, at + 8) : 0;
  if (low < 0xdc00 || low > 0xdfff) return { code: 0xfffd, length: 6 };
  return { code: 0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00), length: 12 };
}
