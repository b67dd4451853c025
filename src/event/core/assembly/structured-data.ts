import { MAX_SD_PARAMS } from '../../syslog-words';
import { same, SP } from './bytes';
import { PARTS } from './scratch';
import { utf8Step } from './utf8';

/**
 * RFC 5424 section 6.3, as ../../reference/structured-data.ts reads it. First the elements and parameters are found
 * and validated, then they are printed. A part is one of them, 24 bytes:
 *
 *   0 group        its element's part, of elements with one name the first
 *   4 name         8 length
 *   12 value       16 its end; 0 for an element
 *   20 first       of parameters with one name in a group the first
 */
const PART_BYTES: usize = 24;
const GROUP: usize = 0;
const NAME: usize = 4;
const NAME_LENGTH: usize = 8;
const VALUE: usize = 12;
const VALUE_END: usize = 16;
const FIRST: usize = 20;

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const CLOSE: u32 = 0x5d;

let partsEnd: usize = PARTS;
/** Some name occurs twice: print by groups. */
let repeats: bool = false;
/** Where reading ended, or went wrong. */
let position: usize = 0;

@inline
export function hasStructuredData(): bool {
  return partsEnd != PARTS;
}

/** @returns the address behind it, or 0 */
export function readStructuredData(at: usize, end: usize): usize {
  partsEnd = PARTS;
  repeats = false;
  if (at < end && load<u8>(at) == 0x2d) return at + 1;
  let p = at;
  // A bit for each kind of name seen: only a name whose bit is set can be a repeated one.
  let ids: u64 = 0;
  while (p < end && load<u8>(p) == 0x5b) {
    const id = ++p;
    p = endOfName(p, end);
    let group = newPart(id, p);
    if (group == 0) return 0;
    let bit = nameBit(id, p);
    let names: u64 = 0;
    if ((ids & bit) != 0) {
      const known = findPart(PARTS, group, 0, id, p - id);
      if (known != 0) {
        repeats = true;
        store<u32>(group, <u32>known, GROUP);
        group = known;
        names = u64.MAX_VALUE;
      }
    }
    ids |= bit;
    while (p < end && load<u8>(p) == SP) {
      const name = ++p;
      p = endOfName(p, end);
      const part = newPart(name, p);
      if (part == 0) return 0;
      store<u32>(part, <u32>group, GROUP);
      bit = nameBit(name, p);
      if ((names & bit) != 0) {
        const known = findPart(group, part, group, name, p - name);
        if (known != 0) {
          repeats = true;
          store<u32>(part, <u32>known, FIRST);
        }
      }
      names |= bit;
      if (p + 1 >= end || load<u16>(p) != 0x223d) return 0; // ="
      store<u32>(part, <u32>(p + 2), VALUE);
      p = closingQuote(p + 2, end);
      if (p == 0) return 0;
      store<u32>(part, <u32>p, VALUE_END);
      p++;
    }
    if (p >= end || load<u8>(p) != CLOSE) return 0;
    p++;
  }
  return partsEnd == PARTS ? 0 : p;
}

/** End of what `copyStructuredData` wrote. */
let copied: usize = 0;

@inline
export function copiedEnd(): usize {
  return copied;
}

/**
 * The usual case, read and printed in one pass: ASCII, nothing to escape, no name twice.
 * @returns the address behind the structured data, or 0: anything else, malformed data and a lack of room included
 */
export function copyStructuredData(at: usize, end: usize, to: usize, limit: usize): usize {
  let p = at;
  let o = to;
  let ids: u64 = 0;
  let parts: i32 = 0;
  if (p >= end || load<u8>(p) != 0x5b || o + 64 > limit) return 0;
  store<u8>(o++, 0x7b); // {
  while (p < end && load<u8>(p) == 0x5b) {
    const id = p + 1;
    store<u8>(o, QUOTE);
    p = copyName(id, end, o + 1, limit);
    if (p == id || p >= end || ++parts > MAX_SD_PARAMS) return 0;
    o += p - id + 1;
    store<u32>(o, 0x7b3a22); // ":{
    o += 3;
    let bit = nameBit(id, p);
    if ((ids & bit) != 0) return 0;
    ids |= bit;
    let names: u64 = 0;
    while (load<u8>(p) == SP) {
      const name = p + 1;
      store<u8>(o, QUOTE);
      p = copyName(name, end, o + 1, limit);
      if (p == name || p + 1 >= end || load<u16>(p) != 0x223d) return 0; // ="
      if (++parts > MAX_SD_PARAMS) return 0;
      o += p - name + 1;
      bit = nameBit(name, p);
      if ((names & bit) != 0) return 0;
      names |= bit;
      store<u32>(o, 0x223a22); // ":"
      const value = p + 2;
      p = copyValue(value, end, o + 3, limit);
      if (p == 0 || p + 1 >= end) return 0;
      o += p - value + 3;
      store<u16>(o, 0x2c22); // ",
      o += 2;
      p++;
    }
    if (load<u8>(p) != CLOSE) return 0;
    p++;
    if (names != 0) o--; // the last comma
    store<u16>(o, 0x2c7d); // },
    o += 2;
  }
  store<u8>(o - 1, 0x7d);
  copied = o;
  return p;
}

/** Copies up to the first byte that ends a name or needs a closer look. @returns its address */
@inline
function copyName(at: usize, end: usize, o: usize, limit: usize): usize {
  while (at < end && o + 64 <= limit) {
    const bytes = v128.load(at);
    v128.store(o, bytes);
    const other = v128.or(
      v128.or(i8x16.lt_s(bytes, i8x16.splat(0x21)), i8x16.eq(bytes, i8x16.splat(0x7f))),
      v128.or(
        v128.or(
          i8x16.eq(bytes, i8x16.splat(0x3d)),
          i8x16.eq(v128.or(bytes, i8x16.splat(1)), i8x16.splat(0x5d)), // \ and ]
        ),
        i8x16.eq(bytes, i8x16.splat(0x22)),
      ),
    );
    const found = i8x16.bitmask(other);
    if (found != 0) return at + ctz(found);
    at += 16;
    o += 16;
  }
  return end;
}

/** Copies up to the closing quote. @returns its address, or 0 */
@inline
function copyValue(at: usize, end: usize, o: usize, limit: usize): usize {
  while (at < end && o + 64 <= limit) {
    const bytes = v128.load(at);
    v128.store(o, bytes);
    const special = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
        i8x16.lt_s(bytes, i8x16.splat(0x20)),
      ),
    );
    if (special != 0) {
      at += ctz(special);
      return at < end && load<u8>(at) == QUOTE ? at : 0;
    }
    at += 16;
    o += 16;
  }
  return 0;
}

/** @returns 0 when the name is empty or there are too many */
@inline
function newPart(name: usize, end: usize): usize {
  const part = partsEnd;
  if (name == end || part == PARTS + <usize>MAX_SD_PARAMS * PART_BYTES) return 0;
  store<u32>(part, <u32>part, GROUP);
  store<u32>(part, <u32>name, NAME);
  store<u32>(part, <u32>(end - name), NAME_LENGTH);
  store<u64>(part, 0, VALUE);
  store<u32>(part, <u32>part, FIRST);
  partsEnd = part + PART_BYTES;
  return part;
}

@inline
function nameBit(at: usize, end: usize): u64 {
  const mixed = <u32>(end - at) * 7 + <u32>load<u8>(at) * 3 + <u32>load<u8>(end - 1);
  return (1 as u64) << (mixed & 63);
}

/** The first part before `part` that has the name and belongs to the group; group 0: an element. */
function findPart(from: usize, part: usize, group: usize, name: usize, length: usize): usize {
  for (let p = from; p < part; p += PART_BYTES) {
    const isElement = load<u32>(p, VALUE) == 0;
    if (isElement != (group == 0)) continue;
    if (group != 0 && <usize>load<u32>(p, GROUP) != group) continue;
    if (<usize>load<u32>(p, NAME_LENGTH) != length) continue;
    if (same(load<u32>(p, NAME), name, length)) return p;
  }
  return 0;
}

/** SD-NAME: printable ASCII without `=`, `]` and `"`. */
@inline
function endOfName(at: usize, end: usize): usize {
  while (at < end) {
    const bytes = v128.load(at);
    // Signed: bytes from 0x80 on are negative.
    const other = v128.or(
      v128.or(i8x16.lt_s(bytes, i8x16.splat(0x21)), i8x16.eq(bytes, i8x16.splat(0x7f))),
      v128.or(
        v128.or(i8x16.eq(bytes, i8x16.splat(0x3d)), i8x16.eq(bytes, i8x16.splat(0x5d))),
        i8x16.eq(bytes, i8x16.splat(0x22)),
      ),
    );
    const found = i8x16.bitmask(other);
    if (found != 0) {
      at += ctz(found);
      return at < end ? at : end;
    }
    at += 16;
  }
  return end;
}

/** @returns 0 when the value does not end */
@inline
function closingQuote(at: usize, end: usize): usize {
  while (at < end) {
    const bytes = v128.load(at);
    const found = i8x16.bitmask(
      v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
    );
    if (found == 0) {
      at += 16;
      continue;
    }
    at += ctz(found);
    if (at >= end) return 0;
    if (load<u8>(at) == QUOTE) return at;
    at += at + 1 < end && isEscapable(load<u8>(at, 1)) ? 2 : 1;
  }
  return 0;
}

@inline
function isEscapable(byte: u32): bool {
  return byte == QUOTE || byte == BACKSLASH || byte == CLOSE;
}

/** Prints what was read as a JSON object. @returns the address behind it, or 0 without room */
export function writeStructuredData(to: usize, limit: usize): usize {
  let o = to;
  if (o + 16 > limit) return 0;
  store<u8>(o++, 0x7b); // {
  for (let part: usize = PARTS; part < partsEnd; ) {
    if (<usize>load<u32>(part, GROUP) != part || load<u32>(part, VALUE) != 0) {
      part += PART_BYTES;
      continue;
    }
    o = writeName(o, part, limit);
    if (o == 0) return 0;
    store<u8>(o++, 0x7b);
    const members = o;
    const end = repeats ? partsEnd : endOfElement(part);
    for (let param = part + PART_BYTES; param < end; param += PART_BYTES) {
      if (<usize>load<u32>(param, GROUP) != part || load<u32>(param, VALUE) == 0) continue;
      if (<usize>load<u32>(param, FIRST) != param) continue;
      o = writeParam(o, param, limit);
      if (o == 0) return 0;
    }
    if (o != members) o--; // the last comma
    store<u16>(o, 0x2c7d); // },
    o += 2;
    part = repeats ? part + PART_BYTES : end;
  }
  store<u8>(o - 1, 0x7d);
  return o;
}

@inline
function endOfElement(part: usize): usize {
  do part += PART_BYTES;
  while (part < partsEnd && load<u32>(part, VALUE) != 0);
  return part;
}

/** `"name":value,`, the value an array when the name repeats. */
@inline
function writeParam(o: usize, param: usize, limit: usize): usize {
  o = writeName(o, param, limit);
  if (o == 0) return 0;
  if (!repeats || !isRepeated(param)) {
    o = writeValue(o, load<u32>(param, VALUE), load<u32>(param, VALUE_END), limit);
    if (o == 0) return 0;
    store<u8>(o, 0x2c);
    return o + 1;
  }
  store<u8>(o++, 0x5b);
  for (let p = param; p < partsEnd; p += PART_BYTES) {
    if (<usize>load<u32>(p, FIRST) != param) continue;
    o = writeValue(o, load<u32>(p, VALUE), load<u32>(p, VALUE_END), limit);
    if (o == 0) return 0;
    store<u8>(o++, 0x2c);
  }
  store<u16>(o - 1, 0x2c5d); // ],
  return o + 1;
}

function isRepeated(param: usize): bool {
  for (let p = param + PART_BYTES; p < partsEnd; p += PART_BYTES) {
    if (<usize>load<u32>(p, FIRST) == param) return true;
  }
  return false;
}

/** `"name":` */
@inline
function writeName(o: usize, part: usize, limit: usize): usize {
  const end = <usize>load<u32>(part, NAME) + load<u32>(part, NAME_LENGTH);
  store<u8>(o, QUOTE);
  o = writeInside(o + 1, load<u32>(part, NAME), end, limit, false);
  if (o == 0) return 0;
  store<u16>(o, 0x3a22); // ":
  return o + 2;
}

/** `"value"` */
@inline
function writeValue(o: usize, at: usize, end: usize, limit: usize): usize {
  store<u8>(o, QUOTE);
  o = writeInside(o + 1, at, end, limit, true);
  if (o == 0) return 0;
  store<u8>(o, QUOTE);
  return o + 1;
}

/**
 * The bytes as the inside of a JSON string. Always leaves room for 32 bytes behind it.
 * @param unescape `\"`, `\\` and `\]` stand for their second byte
 */
function writeInside(o: usize, at: usize, end: usize, limit: usize, unescape: bool): usize {
  while (true) {
    if (o + 64 > limit) return 0;
    if (at >= end) return o;
    const bytes = v128.load(at);
    v128.store(o, bytes);
    const special = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
        i8x16.lt_s(bytes, i8x16.splat(0x20)),
      ),
    );
    const plain = min<usize>(special == 0 ? 16 : ctz(special), end - at);
    at += plain;
    o += plain;
    if (special == 0 || at >= end) continue;
    const byte: u32 = load<u8>(at);
    if (byte >= 0x80) {
      const step = utf8Step(at, end);
      if (step > 0) {
        store<u32>(o, load<u32>(at));
        at += step;
        o += step;
      } else {
        store<u32>(o, 0xbdbfef); // U+FFFD
        at += -step;
        o += 3;
      }
    } else if (byte == BACKSLASH && unescape && at + 1 < end && isEscapable(load<u8>(at, 1))) {
      const meant: u32 = load<u8>(at, 1);
      if (meant != CLOSE) store<u8>(o++, BACKSLASH);
      store<u8>(o++, <u8>meant);
      at += 2;
    } else {
      o = writeEscape(o, byte);
      at++;
    }
  }
}

/** The escape that JSON.stringify writes for `"`, `\` or a control character. */
export function writeEscape(o: usize, byte: u32): usize {
  let letter: u32 = 0;
  if (byte == QUOTE || byte == BACKSLASH) letter = byte;
  else if (byte == 0x08) letter = 0x62; // b
  else if (byte == 0x09) letter = 0x74; // t
  else if (byte == 0x0a) letter = 0x6e; // n
  else if (byte == 0x0c) letter = 0x66; // f
  else if (byte == 0x0d) letter = 0x72; // r
  if (letter != 0) {
    store<u8>(o, BACKSLASH);
    store<u8>(o, <u8>letter, 1);
    return o + 2;
  }
  store<u32>(o, 0x3030755c); // \u00
  const low = byte & 15;
  store<u8>(o, <u8>(0x30 + (byte >>> 4)), 4);
  store<u8>(o, <u8>(low < 10 ? 0x30 + low : 0x57 + low), 5);
  return o + 6;
}
