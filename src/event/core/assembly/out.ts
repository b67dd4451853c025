import { MEASURE_LIMIT } from '../../ops';
import { utf8Step } from './utf8';

/** How a text's bytes are written; see ../../reference/out.ts. */
export const AS_IS: u32 = 0;
export const IN_JSON: u32 = 1;
export const IN_COPY: u32 = 2;
export const IN_FIELD: u32 = 3;
export const IN_ARRAY: u32 = 4;

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
/** Longer spans are worth the call of memory.copy. */
const LONG_SPAN: usize = 512;

/**
 * Output positions are passed and returned, so that they stay in a register. Behind `limit` nothing is stored, but positions go on
 * (as far as `cap`): a row that does not fit is measured by the pass that tried to write it.
 */
let limit: usize = 0;
let cap: usize = 0;
/** Format that JSON is written inside of: each of its bytes is escaped once more. */
let outer: u32 = AS_IS;

export function open(end: usize): void {
  limit = end;
  cap = end + MEASURE_LIMIT;
  outer = AS_IS;
}

export function nest(style: u32): void {
  outer = style;
}

/** Whether `bytes` can be stored at `o` without a look at each. */
@inline
export function fits(o: usize, bytes: usize): bool {
  return o + bytes <= limit;
}

/** One byte, past all escaping. */
@inline
export function raw(o: usize, byte: u32): usize {
  if (o < limit) {
    store<u8>(o, <u8>byte);
    return o + 1;
  }
  return o < cap ? o + 1 : cap;
}

@inline
export function byte(o: usize, value: u32): usize {
  return outer == AS_IS ? raw(o, value) : asciiIn(o, value, outer);
}

/** Bytes that nothing needs to escape. Reads up to 15 bytes behind the span. */
@inline
export function span(o: usize, at: usize, length: usize): usize {
  if (fits(o, length + 16)) {
    const end = o + length;
    if (length > LONG_SPAN) {
      memory.copy(o, at, length);
      return end;
    }
    do {
      v128.store(o, v128.load(at));
      o += 16;
      at += 16;
    } while (o < end);
    return end;
  }
  return tightSpan(o, at, length);
}

function tightSpan(o: usize, at: usize, length: usize): usize {
  if (fits(o, length)) {
    memory.copy(o, at, length);
    return o + length;
  }
  const end = min<usize>(o + length, cap);
  while (o < limit) store<u8>(o++, load<u8>(at++));
  return end;
}

/** Bytes of JSON or literals, escaped where they stand inside another format. */
export function bytes(o: usize, at: usize, length: usize): usize {
  if (outer == AS_IS) return span(o, at, length);
  for (const end = at + length; at < end; at++) o = asciiIn(o, load<u8>(at), outer);
  return o;
}

export function replacement(o: usize): usize {
  o = raw(o, 0xef); // U+FFFD
  o = raw(o, 0xbf);
  return raw(o, 0xbd);
}

@inline
function escaped(o: usize, letter: u32): usize {
  return raw(raw(o, BACKSLASH), letter);
}

/** Letter of the short escape of 0x08 to 0x0d. */
@inline
function letterOf(control: u32): u32 {
  // b t n v f r, a byte each
  return <u32>((0x72_66_76_6e_74_62 as u64) >> ((control - 8) << 3)) & 0xff;
}

function asciiIn(o: usize, value: u32, style: u32): usize {
  if (value == 0) return replacement(o);
  if (style == IN_FIELD) {
    if (value == QUOTE || value == BACKSLASH) return escaped(o, value);
    return raw(o, value == 0x0a || value == 0x0d ? 0x20 : value);
  }
  if (value == BACKSLASH) {
    o = escaped(o, BACKSLASH);
    return style == IN_ARRAY ? escaped(o, BACKSLASH) : o;
  }
  if (value == QUOTE && style == IN_ARRAY) return raw(escaped(o, BACKSLASH), QUOTE);
  if (value >= 0x08 && value <= 0x0d) return escaped(o, letterOf(value));
  return raw(o, value);
}

function asciiInJson(o: usize, value: u32): usize {
  if (value == QUOTE || value == BACKSLASH) return byte(byte(o, BACKSLASH), value);
  if (value >= 0x20) return byte(o, value);
  o = byte(o, BACKSLASH);
  if (value >= 0x08 && value <= 0x0d && value != 0x0b) return byte(o, letterOf(value));
  o = byte(o, 0x75); // u
  if (value == 0 && outer != AS_IS) {
    for (let k = 0; k < 3; k++) o = byte(o, 0x66); // f
    return byte(o, 0x64); // d
  }
  o = byte(byte(o, 0x30), 0x30);
  o = byte(o, 0x30 + (value >>> 4));
  const low = value & 15;
  return byte(o, low < 10 ? 0x30 + low : 0x57 + low);
}

/** One code point. */
export function character(o: usize, code: u32, style: u32): usize {
  if (code < 0x80) return style == IN_JSON ? asciiInJson(o, code) : asciiIn(o, code, style);
  if (code < 0x800) {
    o = raw(o, 0xc0 | (code >>> 6));
  } else {
    if (code < 0x10000) {
      o = raw(o, 0xe0 | (code >>> 12));
    } else {
      o = raw(o, 0xf0 | (code >>> 18));
      o = raw(o, 0x80 | ((code >>> 12) & 0x3f));
    }
    o = raw(o, 0x80 | ((code >>> 6) & 0x3f));
  }
  return raw(o, 0x80 | (code & 0x3f));
}

/** Any bytes, as valid UTF-8: each maximal invalid part becomes U+FFFD. */
export function text(o: usize, at: usize, end: usize, style: u32): usize {
  const quote = i8x16.splat(<i8>(style == IN_COPY ? BACKSLASH : QUOTE));
  const backslash = i8x16.splat(<i8>BACKSLASH);
  const space = i8x16.splat(0x20);
  while (at < end) {
    // Plain ASCII is the same in every format, so `outer` does not matter here.
    if (fits(o, 16)) {
      const block = v128.load(at);
      v128.store(o, block);
      // As signed bytes, controls and everything beyond ASCII lie below the space.
      const special = i8x16.bitmask(
        v128.or(
          i8x16.lt_s(block, space),
          v128.or(i8x16.eq(block, quote), i8x16.eq(block, backslash)),
        ),
      );
      const plain: usize = special != 0 ? <usize>ctz(special) : 16;
      if (plain >= end - at) return o + (end - at);
      at += plain;
      o += plain;
      if (plain == 16) continue;
    }
    const value: u32 = load<u8>(at);
    if (value < 0x80) {
      o = character(o, value, style);
      at++;
      continue;
    }
    do {
      const step = utf8Step(at, end);
      if (step > 0) {
        for (let k = 0; k < step; k++) o = raw(o, load<u8>(at + k));
        at += step;
      } else {
        o = replacement(o);
        at -= step;
      }
    } while (at < end && load<u8>(at) >= 0x80);
  }
  return o;
}

function hex4(at: usize): u32 {
  let value: u32 = 0;
  for (let k: usize = 0; k < 4; k++) {
    const digit: u32 = load<u8>(at + k);
    value = (value << 4) + (digit <= 0x39 ? digit - 0x30 : (digit | 0x20) - 0x57);
  }
  return value;
}

/** Bytes of the escape that `codeOf` read last. */
let escapeLength: usize = 0;

/** Code point of the escape at `at`; a lone surrogate counts as U+FFFD. */
function codeOf(at: usize, end: usize): u32 {
  escapeLength = 2;
  const letter: u32 = load<u8>(at + 1);
  switch (letter) {
    case 0x62: // b
      return 0x08;
    case 0x74: // t
      return 0x09;
    case 0x6e: // n
      return 0x0a;
    case 0x76: // v: never in JSON
      return 0x0b;
    case 0x66: // f
      return 0x0c;
    case 0x72: // r
      return 0x0d;
    case 0x75: // u
      break;
    default:
      return letter; // " \ / stand for themselves
  }
  escapeLength = 6;
  const unit = hex4(at + 2);
  if (unit < 0xd800 || unit > 0xdfff) return unit;
  const pairs = unit < 0xdc00 && at + 12 <= end && load<u16>(at + 6) == 0x755c; // \u
  const low = pairs ? hex4(at + 8) : 0;
  if (low < 0xdc00 || low > 0xdfff) return 0xfffd;
  escapeLength = 12;
  return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/** The inside of a validated JSON string, decoded. */
export function decoded(o: usize, at: usize, end: usize, style: u32): usize {
  while (at < end) {
    let run = at;
    while (run < end && load<u8>(run) != BACKSLASH) run++;
    o = text(o, at, run, style);
    if (run >= end) return o;
    o = character(o, codeOf(run, end), style);
    at = run + escapeLength;
  }
  return o;
}

/** Validated JSON, or the inside of a JSON string, as JSON. */
@inline
export function json(o: usize, at: usize, length: usize): usize {
  return outer == AS_IS ? span(o, at, length) : nestedJson(o, at, length);
}

function nestedJson(o: usize, at: usize, length: usize): usize {
  const end = at + length;
  const backslash = i8x16.splat(<i8>BACKSLASH);
  const quote = i8x16.splat(<i8>(outer == IN_COPY ? BACKSLASH : QUOTE));
  while (at < end) {
    if (fits(o, 16)) {
      const block = v128.load(at);
      v128.store(o, block);
      const special = i8x16.bitmask(
        v128.or(i8x16.eq(block, quote), i8x16.eq(block, backslash)),
      );
      const plain: usize = special != 0 ? <usize>ctz(special) : 16;
      if (plain >= end - at) return o + (end - at);
      at += plain;
      o += plain;
      if (plain == 16) continue;
    }
    const size: usize = load<u8>(at) != BACKSLASH ? 1 : load<u8>(at + 1) == 0x75 ? 6 : 2;
    if (size == 6 && hex4(at + 2) == 0) o = asciiInJson(o, 0);
    else o = bytes(o, at, min<usize>(size, end - at));
    at += size;
  }
  return o;
}
