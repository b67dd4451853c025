import {
  BOOL,
  CELL_BYTES,
  CLEAN,
  ESCAPES,
  FLOAT,
  INT,
  JSON_RAW,
  JSON_STRING,
  meta,
  NULL,
} from '../cell.ts';
import { hashBytes } from '../hash.ts';
import {
  JSON_DEPTH,
  JSON_KEYS,
  JSON_MAX_DEPTH,
  JSON_MAX_KEYS,
  JSON_NO_ROOM,
  JSON_NOT_OBJECT,
  JSON_OK,
  JSON_TRAILING,
} from '../json-codes.ts';
import { type Address, type CoreMemory, SLACK } from '../memory.ts';
import { RESIDUE_BYTES, RESIDUE_COUNT } from '../row.ts';
import { TRIE_HEADER_BYTES, TRIE_NODE_BYTES, TRIE_OBJECTS, TRIE_SLOT_BYTES } from '../trie.ts';
import { canonicalKey, copyClean } from './json-copy.ts';
import { ResidueSet } from './json-residue.ts';
import {
  fail,
  isNumberStart,
  newScan,
  type Scan,
  SEEN_ESCAPE,
  SEEN_LINE_BREAK,
  SEEN_LONE_SURROGATE,
  scanLiteral,
  scanNumber,
  scanString,
  skipSpace,
  skipValue,
  unexpected,
} from './json-scan.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const DOT = 0x2e;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const LETTER_N = 0x6e;

/**
 * One JSON object into cells and residue (RFC 8259). Contract in core.ts.
 *
 * Objects that the layout names are opened, their members looked up; `a.b` equals `{"a":{"b":…}}`. What the layout does not name
 * is validated and filed as residue. Objects merge, of equal members the last one wins. A scalar where the layout has an object, or an object
 * where it has a scalar, is filed below CONFLICT_PATH under its whole path (result[2] counts them).
 */
export function json(
  memory: CoreMemory,
  result: Uint32Array,
  row: Address,
  at: Address,
  length: number,
  trie: Address,
  node: number,
  side: Address,
  sideEnd: Address,
): Address {
  let reader = readers.get(memory);
  if (reader === undefined) readers.set(memory, (reader = new JsonReader(memory)));
  return reader.read(result, row, at, length, trie, node, side, sideEnd);
}

const readers = new WeakMap<CoreMemory, JsonReader>();

class JsonReader {
  readonly #memory: CoreMemory;
  readonly #u8: Uint8Array;
  readonly #u32: Uint32Array;
  readonly #scan: Scan;
  readonly #residue: ResidueSet;
  #row: Address = 0;
  #rowBytes = 0;
  #trie: Address = 0;
  #side: Address = 0;
  #sideEnd: Address = 0;
  #keys = 0;
  #conflicts = 0;
  /** Answers of #walk: the node that it reached, and the part of the key that it could not follow. */
  #hit: Address = 0;
  #rest: Address = 0;

  constructor(memory: CoreMemory) {
    this.#memory = memory;
    this.#u8 = memory.u8;
    this.#u32 = memory.u32;
    this.#scan = newScan(memory.u8);
    this.#residue = new ResidueSet(memory);
  }

  read(
    result: Uint32Array,
    row: Address,
    at: Address,
    length: number,
    trie: Address,
    node: number,
    side: Address,
    sideEnd: Address,
  ): Address {
    const scan = this.#scan;
    this.#row = row;
    this.#rowBytes = this.#u32[trie >>> 2] as number;
    this.#trie = trie;
    this.#side = side;
    this.#keys = 0;
    this.#conflicts = 0;
    scan.end = at + length;
    scan.code = JSON_OK;
    scan.errorAt = at;
    // The end of the side buffer holds the new residue until it is complete. A member takes four bytes at least.
    const known = this.#u32[(row >>> 2) + RESIDUE_COUNT] as number;
    const entries = Math.min(JSON_MAX_KEYS, known + (length >>> 2));
    const base = (sideEnd - this.#rowBytes - entries * RESIDUE_BYTES) & ~7;
    this.#sideEnd = base;
    if (base < side + SLACK) {
      fail(scan, JSON_NO_ROOM, at);
      return this.#answer(result, at, side);
    }
    const before = this.#u8.slice(row, row + this.#rowBytes);
    this.#residue.start(row, base);
    if (this.#readText(at, trie + TRIE_HEADER_BYTES + node * TRIE_NODE_BYTES)) {
      if (this.#residue.count > 0) this.#side = this.#residue.finish(row, (this.#side + 7) & ~7);
    } else {
      this.#u8.set(before, row);
      this.#side = side;
      this.#conflicts = 0;
    }
    return this.#answer(result, at, this.#side);
  }

  #answer(result: Uint32Array, at: Address, side: Address): Address {
    result[0] = this.#scan.code;
    result[1] = this.#scan.errorAt - at;
    result[2] = this.#conflicts;
    return side;
  }

  #readText(at: Address, node: Address): boolean {
    const scan = this.#scan;
    const u8 = this.#u8;
    const hasMark =
      scan.end - at >= 3 && u8[at] === 0xef && u8[at + 1] === 0xbb && u8[at + 2] === 0xbf;
    let p = skipSpace(scan, hasMark ? at + 3 : at);
    if (p >= scan.end) return unexpected(scan, p) !== 0;
    if (u8[p] !== OPEN_BRACE) return fail(scan, JSON_NOT_OBJECT, p) !== 0;
    p = this.#readObject(p, node, 1);
    if (p === 0) return false;
    p = skipSpace(scan, p);
    if (p < scan.end) return fail(scan, JSON_TRAILING, p) !== 0;
    return true;
  }

  /** @param at the brace @param node the object's node @param depth objects open, this one included */
  #readObject(at: Address, node: Address, depth: number): Address {
    const scan = this.#scan;
    const u8 = this.#u8;
    if (depth > JSON_MAX_DEPTH) return fail(scan, JSON_DEPTH, at);
    let p = skipSpace(scan, at + 1);
    if (p < scan.end && u8[p] === CLOSE_BRACE) return p + 1;
    for (;;) {
      if (p >= scan.end || u8[p] !== QUOTE) return unexpected(scan, p);
      if (++this.#keys > JSON_MAX_KEYS) return fail(scan, JSON_KEYS, p);
      const inside = p + 1;
      scan.seen = 0;
      const quote = scanString(scan, inside);
      if (quote === 0) return 0;
      let key = inside;
      let keyLength = quote - inside;
      if ((scan.seen & SEEN_ESCAPE) !== 0) {
        if (!this.#hasRoom(keyLength)) return fail(scan, JSON_NO_ROOM, inside);
        key = this.#side;
        keyLength = canonicalKey(u8, inside, keyLength, key);
        this.#side += keyLength;
      }
      p = skipSpace(scan, quote + 1);
      if (p >= scan.end || u8[p] !== COLON) return unexpected(scan, p);
      p = this.#readMember(skipSpace(scan, p + 1), node, key, keyLength, depth);
      if (p === 0) return 0;
      p = skipSpace(scan, p);
      if (p >= scan.end) return unexpected(scan, p);
      if (u8[p] === CLOSE_BRACE) return p + 1;
      if (u8[p] !== COMMA) return unexpected(scan, p);
      p = skipSpace(scan, p + 1);
    }
  }

  /** @param at the value @returns the address behind it, or 0 */
  #readMember(
    at: Address,
    parent: Address,
    key: Address,
    keyLength: number,
    depth: number,
  ): Address {
    const u32 = this.#u32;
    if (at >= this.#scan.end) return unexpected(this.#scan, at);
    this.#walk(parent, key, keyLength);
    const node = this.#hit;
    const rest = this.#rest;
    const restLength = key + keyLength - rest;
    const cell = u32[(node >>> 2) + 1] as number;
    const first = this.#u8[at];
    if (restLength === 0 && rest !== key) {
      if (cell === 0) {
        if (first === OPEN_BRACE) return this.#readObject(at, node, depth + 1);
        // A null says nothing against the object's members.
        if (first === LETTER_N) return scanLiteral(this.#scan, at);
        return this.#moveAside(at, node, 0, 0, depth);
      }
      const takesObjects = ((u32[(node >>> 2) + 2] as number) & TRIE_OBJECTS) !== 0;
      if (first === OPEN_BRACE && !takesObjects) return this.#moveAside(at, node, 0, 0, depth);
      return this.#readCell(at, cell, depth);
    }
    if (cell !== 0) return this.#moveAside(at, node, rest, restLength, depth);
    const id = u32[node >>> 2] as number;
    return this.#fileAway(at, id, rest, restLength, depth);
  }

  /** Follows a key, dotted or not, as far as the layout knows it. */
  #walk(parent: Address, key: Address, keyLength: number): void {
    const u8 = this.#u8;
    const end = key + keyLength;
    const dotted = isDotted(u8, key, end);
    let node = parent;
    let segment = key;
    for (;;) {
      let stop = end;
      if (dotted) {
        stop = segment;
        while (stop < end && u8[stop] !== DOT) stop++;
      }
      const child = this.#find(node, segment, stop - segment);
      if (child === 0) break;
      node = child;
      if (stop === end) {
        this.#hit = node;
        this.#rest = end;
        return;
      }
      segment = stop + 1;
    }
    this.#hit = node;
    this.#rest = segment;
  }

  /** The member's node, or 0. */
  #find(node: Address, key: Address, keyLength: number): Address {
    const u32 = this.#u32;
    const table = u32[(node >>> 2) + 3] as number;
    if (table === 0) return 0;
    const mask = u32[(node >>> 2) + 4] as number;
    const hash = hashBytes(this.#u8, key, keyLength);
    for (let k = hash & mask; ; k = (k + 1) & mask) {
      const slot = (this.#trie + table + k * TRIE_SLOT_BYTES) >>> 2;
      const child = u32[slot + 3] as number;
      if (child === 0) return 0;
      if (u32[slot + 2] !== hash || u32[slot + 1] !== keyLength) continue;
      if (this.#same(u32[slot] as number, key, keyLength)) return this.#trie + child;
    }
  }

  #same(a: Address, b: Address, length: number): boolean {
    const u8 = this.#u8;
    for (let k = 0; k < length; k++) if (u8[a + k] !== u8[b + k]) return false;
    return true;
  }

  /** Validates a value and files it as residue of the object with this shape id. */
  #fileAway(at: Address, id: number, key: Address, keyLength: number, depth: number): Address {
    const scan = this.#scan;
    scan.seen = 0;
    const end = skipValue(scan, at, depth);
    if (end === 0) return 0;
    const value = this.#cleaned(at, end - at, false);
    if (value === 0) return fail(scan, JSON_NO_ROOM, at);
    const hash = hashBytes(this.#u8, key, keyLength);
    if (!this.#residue.put(id, key, keyLength, hash, value, end - at)) {
      return fail(scan, JSON_KEYS, at);
    }
    return end;
  }

  /** Files a value below CONFLICT_PATH; its key is the node's path and, behind a dot, the rest of a key. */
  #moveAside(
    at: Address,
    node: Address,
    rest: Address,
    restLength: number,
    depth: number,
  ): Address {
    const u8 = this.#u8;
    const u32 = this.#u32;
    let key = u32[(node >>> 2) + 5] as number;
    let keyLength = u32[(node >>> 2) + 6] as number;
    if (restLength > 0) {
      const to = this.#side;
      if (!this.#hasRoom(keyLength + 1 + restLength)) return fail(this.#scan, JSON_NO_ROOM, at);
      u8.copyWithin(to, key, key + keyLength);
      u8[to + keyLength] = DOT;
      u8.copyWithin(to + keyLength + 1, rest, rest + restLength);
      key = to;
      keyLength += 1 + restLength;
      this.#side += keyLength;
    }
    this.#conflicts++;
    const conflicts = this.#trie + (u32[(this.#trie >>> 2) + 1] as number);
    return this.#fileAway(at, u32[conflicts >>> 2] as number, key, keyLength, depth);
  }

  #readCell(at: Address, offset: number, depth: number): Address {
    const scan = this.#scan;
    const first = this.#u8[at] as number;
    scan.seen = 0;
    if (first === QUOTE) {
      const quote = scanString(scan, at + 1);
      if (quote === 0) return 0;
      const length = quote - at - 1;
      const inside = this.#cleaned(at + 1, length, true);
      if (inside === 0) return fail(scan, JSON_NO_ROOM, at);
      const word =
        (scan.seen & SEEN_ESCAPE) === 0 ? meta(CLEAN, length) : meta(JSON_STRING, length, ESCAPES);
      this.#put(offset, inside, word, 0);
      return quote + 1;
    }
    if (isNumberStart(first)) return this.#readNumber(at, offset);
    if (first === OPEN_BRACE || first === OPEN_BRACKET) {
      const end = skipValue(scan, at, depth);
      if (end === 0) return 0;
      const value = this.#cleaned(at, end - at, false);
      if (value === 0) return fail(scan, JSON_NO_ROOM, at);
      this.#put(offset, value, meta(JSON_RAW, end - at), 0);
      return end;
    }
    if (first !== 0x74 && first !== 0x66 && first !== LETTER_N) return unexpected(scan, at); // t f
    const end = scanLiteral(scan, at);
    if (end === 0) return 0;
    if (first === LETTER_N) this.#put(offset, 0, meta(NULL, 0), 0);
    else this.#put(offset, 0, meta(BOOL, 0), first === 0x74 ? 1 : 0);
    return end;
  }

  #readNumber(at: Address, offset: number): Address {
    const end = scanNumber(this.#scan, at);
    if (end === 0) return 0;
    const length = end - at;
    const text = this.#memory.bytes.toString('latin1', at, end);
    const value = Number(text);
    const isInteger = !/[.eE]/.test(text);
    if (isInteger && Number.isSafeInteger(value)) {
      this.#put(offset, at, meta(INT, length), value + 0); // -0 counts as 0
    } else if (isInteger || !Number.isFinite(value)) {
      this.#put(offset, at, meta(JSON_RAW, length), 0);
    } else {
      this.#put(offset, at, meta(FLOAT, length), value);
    }
    return end;
  }

  #put(offset: number, address: Address, word: number, value: number): void {
    if (offset + CELL_BYTES > this.#rowBytes) return;
    const cell = this.#row + offset;
    this.#u32[cell >>> 2] = address;
    this.#u32[(cell >>> 2) + 1] = word;
    this.#memory.f64[(cell >>> 3) + 1] = value;
  }

  /** The span itself, or a clean copy in the side buffer where it needs one; 0 without room. */
  #cleaned(at: Address, length: number, inString: boolean): Address {
    const { seen } = this.#scan;
    if ((seen & (SEEN_LONE_SURROGATE | SEEN_LINE_BREAK)) === 0) return at;
    if (!this.#hasRoom(length)) return 0;
    const to = this.#side;
    copyClean(this.#u8, at, length, to, inString);
    this.#side = to + length;
    return to;
  }

  #hasRoom(bytes: number): boolean {
    return this.#side + bytes + SLACK <= this.#sideEnd;
  }
}

/** Dots between names, no name empty: only then is a key a path. */
function isDotted(u8: Uint8Array, key: Address, end: Address): boolean {
  let dots = 0;
  let previous = DOT;
  for (let p = key; p < end; p++) {
    const byte = u8[p] as number;
    if (byte === DOT) {
      if (previous === DOT) return false;
      dots++;
    }
    previous = byte;
  }
  return dots > 0 && previous !== DOT;
}
