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
} from '../json-codes.ts';
import type { Address } from '../memory.ts';
import { utf8Step } from '../utf8.ts';

/** Bits of `seen`. */
export const SEEN_ESCAPE = 1;
/** A `\uD800`-`\uDFFF` without its other half. */
export const SEEN_LONE_SURROGATE = 2;
/** TAB, LF or CR between tokens. */
export const SEEN_LINE_BREAK = 4;

/** Where the scan of a text stands. Functions answer the address behind what they read, or 0 after `fail`. */
export interface Scan {
  readonly u8: Uint8Array;
  end: Address;
  /** What the tokens since it was last cleared had in them. */
  seen: number;
  code: number;
  errorAt: Address;
}

export function newScan(u8: Uint8Array): Scan {
  return { u8, end: 0, seen: 0, code: JSON_OK, errorAt: 0 };
}

export function fail(scan: Scan, code: number, at: Address): 0 {
  scan.code = code;
  scan.errorAt = at;
  return 0;
}

export function unexpected(scan: Scan, at: Address): 0 {
  return fail(scan, at < scan.end ? JSON_SYNTAX : JSON_END, at);
}

/** RFC 8259 section 2: SP, TAB, LF, CR. */
export function skipSpace(scan: Scan, at: Address): Address {
  const { u8, end } = scan;
  let p = at;
  while (p < end) {
    const byte = u8[p] as number;
    if (byte > 0x20) break;
    if (byte === 0x09 || byte === 0x0a || byte === 0x0d) scan.seen |= SEEN_LINE_BREAK;
    else if (byte !== 0x20) break;
    p++;
  }
  return p;
}

/** @param at behind the opening quote @returns the closing quote */
export function scanString(scan: Scan, at: Address): Address {
  const { u8, end } = scan;
  let p = at;
  while (p < end) {
    const byte = u8[p] as number;
    if (byte === 0x22) return p; // "
    if (byte === 0x5c) {
      p = scanEscape(scan, p);
      if (p === 0) return 0;
    } else if (byte < 0x20) {
      return fail(scan, JSON_CONTROL, p);
    } else if (byte < 0x80) {
      p++;
    } else {
      const step = utf8Step(u8, p, end);
      if (step < 0) return fail(scan, JSON_UTF8, p);
      p += step;
    }
  }
  return fail(scan, JSON_END, end);
}

/** @param at the backslash */
function scanEscape(scan: Scan, at: Address): Address {
  const { u8, end } = scan;
  scan.seen |= SEEN_ESCAPE;
  if (at + 1 >= end) return fail(scan, JSON_END, end);
  switch (u8[at + 1]) {
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
      const unit = hex4(u8, at + 2, end);
      if (unit < 0) return fail(scan, JSON_ESCAPE, at);
      if (unit < 0xd800 || unit > 0xdfff) return at + 6;
      if (unit < 0xdc00 && isLowSurrogate(u8, at + 6, end)) return at + 12;
      scan.seen |= SEEN_LONE_SURROGATE;
      return at + 6;
    }
    default:
      return fail(scan, JSON_ESCAPE, at);
  }
}

export function isLowSurrogate(u8: Uint8Array, at: Address, end: Address): boolean {
  if (end - at < 6 || u8[at] !== 0x5c || u8[at + 1] !== 0x75) return false;
  const unit = hex4(u8, at + 2, end);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Four hexadecimal digits, or -1. */
export function hex4(u8: Uint8Array, at: Address, end: Address): number {
  if (end - at < 4) return -1;
  let value = 0;
  for (let p = at; p < at + 4; p++) {
    const byte = u8[p] as number;
    const lower = byte | 0x20;
    if (byte >= 0x30 && byte <= 0x39) value = value * 16 + byte - 0x30;
    else if (lower >= 0x61 && lower <= 0x66) value = value * 16 + lower - 0x57;
    else return -1;
  }
  return value;
}

/** RFC 8259 section 6: [ "-" ] int [ frac ] [ exp ]. */
export function scanNumber(scan: Scan, at: Address): Address {
  const { u8, end } = scan;
  let p = u8[at] === 0x2d ? at + 1 : at; // -
  const int = p;
  p = skipDigits(u8, p, end);
  if (p === int) return fail(scan, JSON_NUMBER, at);
  if (u8[int] === 0x30 && p > int + 1) return fail(scan, JSON_NUMBER, at);
  if (p < end && u8[p] === 0x2e) {
    const fraction = p + 1;
    p = skipDigits(u8, fraction, end);
    if (p === fraction) return fail(scan, JSON_NUMBER, at);
  }
  if (p < end && ((u8[p] as number) | 0x20) === 0x65) {
    p++;
    if (p < end && (u8[p] === 0x2b || u8[p] === 0x2d)) p++; // + -
    const exponent = p;
    p = skipDigits(u8, exponent, end);
    if (p === exponent) return fail(scan, JSON_NUMBER, at);
  }
  return p;
}

export function skipDigits(u8: Uint8Array, at: Address, end: Address): Address {
  let p = at;
  while (p < end && ((u8[p] as number) - 0x30) >>> 0 <= 9) p++;
  return p;
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

/** @param at its first letter, t, f or n */
export function scanLiteral(scan: Scan, at: Address): Address {
  const { u8, end } = scan;
  const word = u8[at] === 0x74 ? TRUE : u8[at] === 0x66 ? FALSE : NULL;
  if (end - at < word.length) return fail(scan, JSON_SYNTAX, at);
  for (let k = 0; k < word.length; k++) {
    if (u8[at + k] !== word[k]) return fail(scan, JSON_SYNTAX, at);
  }
  return at + word.length;
}

/** Validates any value. @param depth objects and arrays around it */
export function skipValue(scan: Scan, at: Address, depth: number): Address {
  if (at >= scan.end) return unexpected(scan, at);
  const byte = scan.u8[at] as number;
  switch (byte) {
    case 0x22: {
      const quote = scanString(scan, at + 1);
      return quote === 0 ? 0 : quote + 1;
    }
    case 0x7b:
      return skipObject(scan, at, depth + 1);
    case 0x5b:
      return skipArray(scan, at, depth + 1);
    case 0x74: // t
    case 0x66: // f
    case 0x6e: // n
      return scanLiteral(scan, at);
    default:
      return isNumberStart(byte) ? scanNumber(scan, at) : unexpected(scan, at);
  }
}

export function isNumberStart(byte: number): boolean {
  return byte === 0x2d || (byte >= 0x30 && byte <= 0x39);
}

function skipObject(scan: Scan, at: Address, depth: number): Address {
  const { u8 } = scan;
  if (depth > JSON_MAX_DEPTH) return fail(scan, JSON_DEPTH, at);
  let p = skipSpace(scan, at + 1);
  if (p < scan.end && u8[p] === 0x7d) return p + 1;
  for (;;) {
    if (p >= scan.end || u8[p] !== 0x22) return unexpected(scan, p);
    p = scanString(scan, p + 1);
    if (p === 0) return 0;
    p = skipSpace(scan, p + 1);
    if (p >= scan.end || u8[p] !== 0x3a) return unexpected(scan, p); // :
    p = skipValue(scan, skipSpace(scan, p + 1), depth);
    if (p === 0) return 0;
    p = skipSpace(scan, p);
    if (p >= scan.end) return unexpected(scan, p);
    if (u8[p] === 0x7d) return p + 1;
    if (u8[p] !== 0x2c) return unexpected(scan, p);
    p = skipSpace(scan, p + 1);
  }
}

function skipArray(scan: Scan, at: Address, depth: number): Address {
  const { u8 } = scan;
  if (depth > JSON_MAX_DEPTH) return fail(scan, JSON_DEPTH, at);
  let p = skipSpace(scan, at + 1);
  if (p < scan.end && u8[p] === 0x5d) return p + 1;
  for (;;) {
    p = skipValue(scan, p, depth);
    if (p === 0) return 0;
    p = skipSpace(scan, p);
    if (p >= scan.end) return unexpected(scan, p);
    if (u8[p] === 0x5d) return p + 1;
    if (u8[p] !== 0x2c) return unexpected(scan, p);
    p = skipSpace(scan, p + 1);
  }
}
