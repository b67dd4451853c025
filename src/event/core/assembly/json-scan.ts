import {
  JSON_CONTROL,
  JSON_DEPTH,
  JSON_END,
  JSON_ESCAPE,
  JSON_MAX_DEPTH,
  JSON_NUMBER,
  JSON_OK,
  JSON_SYNTAX,
  JSON_UTF8,
} from '../../json-codes';
import { isDigit } from './bytes';
import { utf8Step } from './utf8';

/** Validation, as ../../reference/json-scan.ts does it. Functions answer the address behind what they read, or 0 after `fail`. */

export const SEEN_ESCAPE: u32 = 1;
export const SEEN_LONE_SURROGATE: u32 = 2;
export const SEEN_LINE_BREAK: u32 = 4;

export const QUOTE: u32 = 0x22;
export const COMMA: u32 = 0x2c;
export const COLON: u32 = 0x3a;
export const OPEN_BRACKET: u32 = 0x5b;
export const CLOSE_BRACKET: u32 = 0x5d;
export const OPEN_BRACE: u32 = 0x7b;
export const CLOSE_BRACE: u32 = 0x7d;
const BACKSLASH: u32 = 0x5c;

let end: usize = 0;
let seen: u32 = 0;
let code: u32 = JSON_OK;
let errorAt: usize = 0;

export function startScan(at: usize, stop: usize): void {
  end = stop;
  seen = 0;
  code = JSON_OK;
  errorAt = at;
}

@inline
export function scanEnd(): usize {
  return end;
}
@inline
export function seenBits(): u32 {
  return seen;
}
@inline
export function forgetSeen(): void {
  seen = 0;
}
@inline
export function errorCode(): u32 {
  return code;
}
@inline
export function errorAddress(): usize {
  return errorAt;
}

export function fail(reason: u32, at: usize): usize {
  code = reason;
  errorAt = at;
  return 0;
}

export function unexpected(at: usize): usize {
  return fail(at < end ? JSON_SYNTAX : JSON_END, at);
}

@inline
export function skipSpace(at: usize): usize {
  return at < end && load<u8>(at) > 0x20 ? at : skipManySpaces(at);
}

function skipManySpaces(at: usize): usize {
  while (at < end) {
    const byte: u32 = load<u8>(at);
    if (byte == 0x09 || byte == 0x0a || byte == 0x0d) seen |= SEEN_LINE_BREAK;
    else if (byte != 0x20) break;
    at++;
  }
  return at;
}

/** @param at behind the opening quote @returns the closing quote */
export function scanString(at: usize): usize {
  while (at < end) {
    const bytes = v128.load(at);
    // Signed: everything that is not ASCII counts as below 0x20.
    const special = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
        i8x16.lt_s(bytes, i8x16.splat(0x20)),
      ),
    );
    if (special == 0) {
      at += 16;
      continue;
    }
    at += ctz(special);
    if (at >= end) break;
    const byte: u32 = load<u8>(at);
    if (byte == QUOTE) return at;
    if (byte == BACKSLASH) {
      at = scanEscape(at);
      if (at == 0) return 0;
    } else if (byte < 0x20) {
      return fail(JSON_CONTROL, at);
    } else {
      at = scanWide(at);
      if (at == 0) return 0;
    }
  }
  return fail(JSON_END, end);
}

/** Characters beyond ASCII rarely come alone. */
function scanWide(at: usize): usize {
  do {
    const step = utf8Step(at, end);
    if (step < 0) return fail(JSON_UTF8, at);
    at += step;
  } while (at < end && load<u8>(at) >= 0x80);
  return at;
}

function scanEscape(at: usize): usize {
  seen |= SEEN_ESCAPE;
  if (at + 1 >= end) return fail(JSON_END, end);
  switch (<u32>load<u8>(at, 1)) {
    case 0x22: // "
    case 0x5c: // \
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 2;
    case 0x75: {
      const unit = hex4(at + 2, end);
      if (unit < 0) return fail(JSON_ESCAPE, at);
      if (unit < 0xd800 || unit > 0xdfff) return at + 6;
      if (unit < 0xdc00 && isLowSurrogate(at + 6, end)) return at + 12;
      seen |= SEEN_LONE_SURROGATE;
      return at + 6;
    }
    default:
      return fail(JSON_ESCAPE, at);
  }
}

export function isLowSurrogate(at: usize, stop: usize): bool {
  if (at + 6 > stop || load<u16>(at) != 0x755c) return false; // \u
  const unit = hex4(at + 2, stop);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Four hexadecimal digits, or -1. */
export function hex4(at: usize, stop: usize): i32 {
  if (at + 4 > stop) return -1;
  let value: i32 = 0;
  for (let k: usize = 0; k < 4; k++) {
    const byte: u32 = load<u8>(at + k);
    const letter = (byte | 0x20) - 0x61;
    if (isDigit(byte)) value = (value << 4) + (byte - 0x30);
    else if (letter <= 5) value = (value << 4) + letter + 10;
    else return -1;
  }
  return value;
}

export function scanNumber(at: usize): usize {
  let p = load<u8>(at) == 0x2d ? at + 1 : at; // -
  const int = p;
  p = skipDigits(p);
  if (p == int) return fail(JSON_NUMBER, at);
  if (load<u8>(int) == 0x30 && p > int + 1) return fail(JSON_NUMBER, at);
  if (p < end && load<u8>(p) == 0x2e) {
    const fraction = p + 1;
    p = skipDigits(fraction);
    if (p == fraction) return fail(JSON_NUMBER, at);
  }
  if (p < end && (load<u8>(p) | 0x20) == 0x65) {
    p++;
    if (p < end && (load<u8>(p) == 0x2b || load<u8>(p) == 0x2d)) p++; // + -
    const exponent = p;
    p = skipDigits(p);
    if (p == exponent) return fail(JSON_NUMBER, at);
  }
  return p;
}

@inline
function skipDigits(at: usize): usize {
  while (at < end && isDigit(load<u8>(at))) at++;
  return at;
}

const TRUE: u32 = 0x65757274;
const NULL: u32 = 0x6c6c756e;
const ALSE: u32 = 0x65736c61;

/** @param at its first letter, t, f or n */
export function scanLiteral(at: usize): usize {
  const first: u32 = load<u8>(at);
  const length: usize = first == 0x66 ? 5 : 4;
  if (at + length > end) return fail(JSON_SYNTAX, at);
  const good =
    first == 0x66 ? load<u32>(at, 1) == ALSE : load<u32>(at) == (first == 0x74 ? TRUE : NULL);
  return good ? at + length : fail(JSON_SYNTAX, at);
}

@inline
export function isNumberStart(byte: u32): bool {
  return byte == 0x2d || isDigit(byte);
}

/** Validates any value. @param depth objects and arrays around it */
export function skipValue(at: usize, depth: u32): usize {
  if (at >= end) return unexpected(at);
  const byte: u32 = load<u8>(at);
  if (byte == QUOTE) {
    const quote = scanString(at + 1);
    return quote == 0 ? 0 : quote + 1;
  }
  if (isNumberStart(byte)) return scanNumber(at);
  if (byte == OPEN_BRACE) return skipObject(at, depth + 1);
  if (byte == OPEN_BRACKET) return skipArray(at, depth + 1);
  if (byte == 0x74 || byte == 0x66 || byte == 0x6e) return scanLiteral(at); // t f n
  return unexpected(at);
}

function skipObject(at: usize, depth: u32): usize {
  if (<i32>depth > JSON_MAX_DEPTH) return fail(JSON_DEPTH, at);
  let p = skipSpace(at + 1);
  if (p < end && load<u8>(p) == CLOSE_BRACE) return p + 1;
  while (true) {
    if (p >= end || load<u8>(p) != QUOTE) return unexpected(p);
    p = scanString(p + 1);
    if (p == 0) return 0;
    p = skipSpace(p + 1);
    if (p >= end || load<u8>(p) != COLON) return unexpected(p);
    p = skipValue(skipSpace(p + 1), depth);
    if (p == 0) return 0;
    p = skipSpace(p);
    if (p >= end) return unexpected(p);
    if (load<u8>(p) == CLOSE_BRACE) return p + 1;
    if (load<u8>(p) != COMMA) return unexpected(p);
    p = skipSpace(p + 1);
  }
}

function skipArray(at: usize, depth: u32): usize {
  if (<i32>depth > JSON_MAX_DEPTH) return fail(JSON_DEPTH, at);
  let p = skipSpace(at + 1);
  if (p < end && load<u8>(p) == CLOSE_BRACKET) return p + 1;
  while (true) {
    p = skipValue(p, depth);
    if (p == 0) return 0;
    p = skipSpace(p);
    if (p >= end) return unexpected(p);
    if (load<u8>(p) == CLOSE_BRACKET) return p + 1;
    if (load<u8>(p) != COMMA) return unexpected(p);
    p = skipSpace(p + 1);
  }
}
