import {
  JSON_DEPTH,
  JSON_KEYS,
  JSON_MAX_DEPTH,
  JSON_MAX_KEYS,
  JSON_NO_ROOM,
  JSON_NOT_OBJECT,
  JSON_TRAILING,
} from '../../json-codes';
import { same } from './bytes';
import { BOOL, CELL_BYTES, CLEAN, ESCAPES, FLOAT, INT, JSON_RAW, JSON_STRING, NULL } from './cell';
import { hashBytes } from './hash';
import { canonicalKey, copyClean } from './json-copy';
import { integerValue, isIntegerText, readDouble, readInteger } from './json-number';
import { finishResidue, putResidue, residueCount, startResidue } from './json-residue';
import {
  CLOSE_BRACE,
  COLON,
  COMMA,
  errorAddress,
  errorCode,
  fail,
  forgetSeen,
  isNumberStart,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  SEEN_ESCAPE,
  SEEN_LINE_BREAK,
  SEEN_LONE_SURROGATE,
  scanEnd,
  scanLiteral,
  scanNumber,
  scanString,
  seenBits,
  skipSpace,
  skipValue,
  startScan,
  unexpected,
} from './json-scan';
import { answer } from './result';
import { RESIDUE_BYTES, RESIDUE_COUNT, SLACK } from './row';

/** Words of the trie; see ../../trie.ts. */
const ROW_BYTES: usize = 0;
const CONFLICTS: usize = 4;
const HEADER_BYTES: usize = 32;
const NODE_BYTES: usize = 32;
const ID: usize = 0;
const CELL: usize = 4;
const NODE_FLAGS: usize = 8;
const TABLE: usize = 12;
const MASK: usize = 16;
const PATH: usize = 20;
const PATH_LENGTH: usize = 24;
const SLOT_BITS: usize = 4;
const OBJECTS: u32 = 1;

const DOT: u32 = 0x2e;

let row: usize = 0;
let rowBytes: usize = 0;
let trie: usize = 0;
let side: usize = 0;
let sideLimit: usize = 0;
let keys: u32 = 0;
let moved: u32 = 0;
/** Answers of `walk`. */
let hit: usize = 0;
let rest: usize = 0;
let restHash: u32 = 0;

/** See ../../reference/json.ts. */
export function json(
  rowAt: usize,
  at: usize,
  length: u32,
  trieAt: usize,
  node: u32,
  sideAt: usize,
  sideEnd: usize,
): usize {
  row = rowAt;
  trie = trieAt;
  rowBytes = load<u32>(trieAt, ROW_BYTES);
  side = sideAt;
  keys = 0;
  moved = 0;
  startScan(at, at + length);
  const entries = min<u32>(JSON_MAX_KEYS, load<u32>(rowAt, RESIDUE_COUNT) + (length >>> 2));
  const taken = rowBytes + <usize>entries * RESIDUE_BYTES;
  const base = sideEnd > taken ? (sideEnd - taken) & ~7 : 0;
  sideLimit = base;
  if (base < sideAt + SLACK) {
    fail(JSON_NO_ROOM, at);
    return finish(at);
  }
  // The row as it was, behind the room for the entries.
  const before = sideEnd - rowBytes;
  memory.copy(before, rowAt, rowBytes);
  startResidue(rowAt, base, entries);
  if (readText(at, trieAt + HEADER_BYTES + <usize>node * NODE_BYTES)) {
    if (residueCount() > 0) side = finishResidue(rowAt, (side + 7) & ~7);
  } else {
    memory.copy(rowAt, before, rowBytes);
    side = sideAt;
    moved = 0;
  }
  return finish(at);
}

@inline
function finish(at: usize): usize {
  answer(0, errorCode());
  answer(1, <u32>(errorAddress() - at));
  answer(2, moved);
  return side;
}

function readText(at: usize, node: usize): bool {
  const end = scanEnd();
  const hasMark = at + 3 <= end && (load<u32>(at) & 0xff_ff_ff) == 0xbf_bb_ef;
  let p = skipSpace(hasMark ? at + 3 : at);
  if (p >= end) return unexpected(p) != 0;
  if (load<u8>(p) != OPEN_BRACE) return fail(JSON_NOT_OBJECT, p) != 0;
  p = readObject(p, node, 1);
  if (p == 0) return false;
  p = skipSpace(p);
  return p >= end || fail(JSON_TRAILING, p) != 0;
}

function readObject(at: usize, node: usize, depth: u32): usize {
  const end = scanEnd();
  if (<i32>depth > JSON_MAX_DEPTH) return fail(JSON_DEPTH, at);
  let p = skipSpace(at + 1);
  if (p < end && load<u8>(p) == CLOSE_BRACE) return p + 1;
  while (true) {
    if (p >= end || load<u8>(p) != QUOTE) return unexpected(p);
    if (<i32>++keys > JSON_MAX_KEYS) return fail(JSON_KEYS, p);
    const inside = p + 1;
    forgetSeen();
    const quote = scanString(inside);
    if (quote == 0) return 0;
    let key = inside;
    let keyLength = quote - inside;
    if ((seenBits() & SEEN_ESCAPE) != 0) {
      if (!hasRoom(keyLength)) return fail(JSON_NO_ROOM, inside);
      key = side;
      keyLength = canonicalKey(inside, keyLength, key);
      side += keyLength;
    }
    p = skipSpace(quote + 1);
    if (p >= end || load<u8>(p) != COLON) return unexpected(p);
    p = readMember(skipSpace(p + 1), node, key, keyLength, depth);
    if (p == 0) return 0;
    p = skipSpace(p);
    if (p >= end) return unexpected(p);
    if (load<u8>(p) == CLOSE_BRACE) return p + 1;
    if (load<u8>(p) != COMMA) return unexpected(p);
    p = skipSpace(p + 1);
  }
}

function readMember(at: usize, parent: usize, key: usize, keyLength: usize, depth: u32): usize {
  if (at >= scanEnd()) return unexpected(at);
  walk(parent, key, keyLength);
  const node = hit;
  const restLength = key + keyLength - rest;
  const cell = <usize>load<u32>(node, CELL);
  const first: u32 = load<u8>(at);
  if (restLength == 0 && rest != key) {
    if (cell == 0) {
      if (first == OPEN_BRACE) return readObject(at, node, depth + 1);
      if (first == 0x6e) return scanLiteral(at); // n
      return moveAside(at, node, 0, 0, depth);
    }
    const takesObjects = (load<u32>(node, NODE_FLAGS) & OBJECTS) != 0;
    if (first == OPEN_BRACE && !takesObjects) return moveAside(at, node, 0, 0, depth);
    return readCell(at, cell, depth);
  }
  if (cell != 0) return moveAside(at, node, rest, restLength, depth);
  return fileAway(at, load<u32>(node, ID), rest, restLength, restHash, depth);
}

/** Follows a key as far as the layout knows it; sets `hit`, `rest` and `restHash`. */
function walk(parent: usize, key: usize, keyLength: usize): void {
  const end = key + keyLength;
  if (!isDotted(key, end)) {
    const hash = hashBytes(key, <u32>keyLength);
    const child = findMember(parent, key, keyLength, hash);
    hit = child == 0 ? parent : child;
    rest = child == 0 ? key : end;
    restHash = hash;
    return;
  }
  let node = parent;
  let segment = key;
  for (;;) {
    let stop = segment;
    while (stop < end && load<u8>(stop) != DOT) stop++;
    const length = stop - segment;
    const child = findMember(node, segment, length, hashBytes(segment, <u32>length));
    if (child == 0) break;
    node = child;
    segment = stop == end ? end : stop + 1;
    if (stop == end) break;
  }
  hit = node;
  rest = segment;
  restHash = hashBytes(segment, <u32>(end - segment));
}

@inline
function findMember(node: usize, key: usize, keyLength: usize, hash: u32): usize {
  const table = <usize>load<u32>(node, TABLE);
  if (table == 0) return 0;
  const mask = load<u32>(node, MASK);
  let k = hash;
  while (true) {
    const slot = trie + table + (<usize>(k++ & mask) << SLOT_BITS);
    const child = <usize>load<u32>(slot, 12);
    if (child == 0) return 0;
    if (load<u32>(slot, 8) != hash || <usize>load<u32>(slot, 4) != keyLength) continue;
    if (same(load<u32>(slot), key, keyLength)) return trie + child;
  }
}

/** Dots between names, no name empty. */
@inline
function isDotted(key: usize, end: usize): bool {
  for (let p = key; p < end; p += 16) {
    const dots = i8x16.bitmask(i8x16.eq(v128.load(p), i8x16.splat(<i8>DOT)));
    if (dots != 0 && p + ctz(dots) < end) return namesAreWhole(key, end);
  }
  return false;
}

function namesAreWhole(key: usize, end: usize): bool {
  let previous = DOT;
  for (let p = key; p < end; p++) {
    const byte: u32 = load<u8>(p);
    if (byte == DOT && previous == DOT) return false;
    previous = byte;
  }
  return previous != DOT;
}

@inline
function fileAway(at: usize, id: u32, key: usize, keyLength: usize, hash: u32, depth: u32): usize {
  forgetSeen();
  const end = skipValue(at, depth);
  if (end == 0) return 0;
  const length = end - at;
  const value = cleaned(at, length, false);
  if (value == 0) return fail(JSON_NO_ROOM, at);
  if (!putResidue(id, key, <u32>keyLength, hash, value, <u32>length)) return fail(JSON_KEYS, at);
  return end;
}

function moveAside(at: usize, node: usize, tail: usize, tailLength: usize, depth: u32): usize {
  let key = <usize>load<u32>(node, PATH);
  let keyLength = <usize>load<u32>(node, PATH_LENGTH);
  if (tailLength > 0) {
    const to = side;
    if (!hasRoom(keyLength + 1 + tailLength)) return fail(JSON_NO_ROOM, at);
    memory.copy(to, key, keyLength);
    store<u8>(to + keyLength, <u8>DOT);
    memory.copy(to + keyLength + 1, tail, tailLength);
    key = to;
    keyLength += 1 + tailLength;
    side += keyLength;
  }
  moved++;
  const conflicts = trie + <usize>load<u32>(trie, CONFLICTS);
  const hash = hashBytes(key, <u32>keyLength);
  return fileAway(at, load<u32>(conflicts, ID), key, keyLength, hash, depth);
}

function readCell(at: usize, offset: usize, depth: u32): usize {
  const first: u32 = load<u8>(at);
  forgetSeen();
  if (first == QUOTE) {
    const quote = scanString(at + 1);
    if (quote == 0) return 0;
    const length = quote - at - 1;
    const inside = cleaned(at + 1, length, true);
    if (inside == 0) return fail(JSON_NO_ROOM, at);
    const kind = (seenBits() & SEEN_ESCAPE) == 0 ? CLEAN : (ESCAPES << 4) | JSON_STRING;
    put(offset, inside, (<u32>length << 8) | kind, 0);
    return quote + 1;
  }
  if (isNumberStart(first)) return readNumber(at, offset);
  if (first == OPEN_BRACE || first == OPEN_BRACKET) {
    const end = skipValue(at, depth);
    if (end == 0) return 0;
    const value = cleaned(at, end - at, false);
    if (value == 0) return fail(JSON_NO_ROOM, at);
    put(offset, value, (<u32>(end - at) << 8) | JSON_RAW, 0);
    return end;
  }
  if (first != 0x74 && first != 0x66 && first != 0x6e) return unexpected(at); // t f n
  const end = scanLiteral(at);
  if (end == 0) return 0;
  if (first == 0x6e) put(offset, 0, NULL, 0);
  else put(offset, 0, BOOL, first == 0x74 ? 1 : 0);
  return end;
}

function readNumber(at: usize, offset: usize): usize {
  const end = scanNumber(at);
  if (end == 0) return 0;
  const length = <u32>(end - at) << 8;
  if (isIntegerText(at, end)) {
    if (readInteger(at, end)) put(offset, at, length | INT, integerValue());
    else put(offset, at, length | JSON_RAW, 0);
    return end;
  }
  const value = readDouble(at, end);
  if (isFinite(value)) put(offset, at, length | FLOAT, value);
  else put(offset, at, length | JSON_RAW, 0);
  return end;
}

@inline
function put(offset: usize, address: usize, word: u32, value: f64): void {
  if (offset + CELL_BYTES > rowBytes) return;
  store<u32>(row + offset, <u32>address);
  store<u32>(row + offset, word, 4);
  store<f64>(row + offset, value, 8);
}

/** The span itself, or a clean copy in the side buffer where it needs one; 0 without room. */
@inline
function cleaned(at: usize, length: usize, inString: bool): usize {
  if ((seenBits() & (SEEN_LONE_SURROGATE | SEEN_LINE_BREAK)) == 0) return at;
  if (!hasRoom(length)) return 0;
  const to = side;
  copyClean(at, length, to, inString);
  side = to + length;
  return to;
}

@inline
function hasRoom(bytes: usize): bool {
  return side + bytes + SLACK <= sideLimit;
}
