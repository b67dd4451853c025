import { MAX_SCALAR_TEXT } from '../../ops';

/** The shortest decimal of a double, as JavaScript prints it; returns its length. V8 has the tables for that already. */
@external('env', 'formatDouble')
declare function formatDouble(value: f64, at: usize): usize;

const SCRATCH: usize = memory.data(64, 16);

/** Address of the text that `doubleText` made. */
@inline
export function scratch(): usize {
  return SCRATCH;
}

export function doubleText(value: f64): usize {
  return formatDouble(value, SCRATCH);
}

/** Room that the digits of any 64-bit integer need. */
export const INTEGER_TEXT: usize = 24;

/** Writes a whole number of at most 2^53 as decimal digits. @returns the address behind them */
export function integerAt(at: usize, value: f64): usize {
  const small = <u32>value;
  return <f64>small == value ? smallAt(at, small) : signedAt(at, <i64>value);
}

export function signedAt(at: usize, value: i64): usize {
  if (value >= 0) return unsignedAt(at, <u64>value);
  store<u8>(at, 0x2d); // -
  return unsignedAt(at + 1, <u64>-value);
}

function unsignedAt(at: usize, value: u64): usize {
  if (value <= 0xffff_ffff) return smallAt(at, <u32>value);
  const high = value / 1_000_000_000;
  at = unsignedAt(at, high);
  padded(at, <u32>(value - high * 1_000_000_000), 9);
  return at + 9;
}

function smallAt(at: usize, value: u32): usize {
  if (value < 10) {
    store<u8>(at, <u8>(0x30 + value));
    return at + 1;
  }
  if (value < 100) {
    pair(at, value);
    return at + 2;
  }
  let digits: usize = 3;
  for (let bound: u32 = 1000; digits < 10 && value >= bound; digits++) bound *= 10;
  padded(at, value, digits);
  return at + digits;
}

/** Two digits. @param value below 100 */
@inline
export function pair(at: usize, value: u32): void {
  const tens = (value * 103) >>> 10;
  store<u16>(at, <u16>(0x3030 + tens + ((value - tens * 10) << 8)));
}

/** The last `digits` digits, zeros in front. */
@inline
export function padded(at: usize, value: u32, digits: usize): void {
  let p = at + digits;
  for (; p > at + 1; p -= 2) {
    const rest = value / 100;
    pair(p - 2, value - rest * 100);
    value = rest;
  }
  if (p > at) store<u8>(at, <u8>(0x30 + (value % 10)));
}

@inline
export function isDigit(byte: u32): bool {
  return byte - 0x30 <= 9;
}

/** The checks of ../../scalar-text.ts. */
export function isNumber(at: usize, length: usize): bool {
  if (length > 32) return false;
  const end = at + length;
  if (at < end && load<u8>(at) == 0x2d) at++; // -
  const whole = skipDigits(at, end);
  if (whole == at || (load<u8>(at) == 0x30 && whole > at + 1)) return false;
  at = whole;
  if (at < end && load<u8>(at) == 0x2e) {
    const fraction = skipDigits(at + 1, end);
    if (fraction == at + 1) return false;
    at = fraction;
  }
  if (at < end && (load<u8>(at) | 0x20) == 0x65) {
    at++; // e
    if (at < end && (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d)) at++;
    const exponent = skipDigits(at, end);
    if (exponent == at || exponent > at + 2) return false;
    at = exponent;
  }
  return at == end;
}

function skipDigits(at: usize, end: usize): usize {
  while (at < end && isDigit(load<u8>(at))) at++;
  return at;
}

/** A whole number that fits `bits` bits, 32 or 64. */
export function isInteger(at: usize, length: usize, bits: u32): bool {
  const end = at + length;
  const negative = at < end && load<u8>(at) == 0x2d;
  if (negative) at++;
  const digits = end - at;
  if (digits < 1 || digits > 19 || skipDigits(at, end) != end) return false;
  if (load<u8>(at) == 0x30 && digits > 1) return false;
  let value: u64 = 0;
  while (at < end) value = value * 10 + (load<u8>(at++) - 0x30);
  return value <= ((1 as u64) << (bits - 1)) - (negative ? 0 : 1);
}

@inline
function isHex(byte: u32): bool {
  return isDigit(byte) || (byte | 0x20) - 0x61 <= 5;
}

export function isUuid(at: usize, length: usize): bool {
  if (length != 32 && length != 36) return false;
  for (let k: usize = 0; k < length; k++) {
    const byte: u32 = load<u8>(at + k);
    const dash = length == 36 && (k == 8 || k == 13 || k == 18 || k == 23);
    if (dash ? byte != 0x2d : !isHex(byte)) return false;
  }
  return true;
}

/** An IPv4 or IPv6 address, with or without a prefix length. */
export function isAddress(at: usize, length: usize): bool {
  if (length > <usize>MAX_SCALAR_TEXT) return false;
  let end = at + length;
  let wide = false;
  let slash = at;
  while (slash < end && load<u8>(slash) != 0x2f) {
    if (load<u8>(slash) == 0x3a) wide = true;
    slash++;
  }
  if (slash < end) {
    if (!isPrefix(slash + 1, end, wide ? 128 : 32)) return false;
    end = slash;
  }
  return wide ? isIpv6(at, end) : isIpv4(at, end);
}

function isPrefix(at: usize, end: usize, most: u32): bool {
  const digits = end - at;
  if (digits < 1 || digits > 3 || (load<u8>(at) == 0x30 && digits > 1)) return false;
  let value: u32 = 0;
  for (; at < end; at++) {
    const byte: u32 = load<u8>(at);
    if (!isDigit(byte)) return false;
    value = value * 10 + byte - 0x30;
  }
  return value <= most;
}

function isIpv4(at: usize, end: usize): bool {
  for (let k = 0; k < 4; k++) {
    if (k > 0) {
      if (at >= end || load<u8>(at) != 0x2e) return false;
      at++;
    }
    const part = at;
    at = skipDigits(at, end);
    if (!isPrefix(part, at, 255)) return false;
  }
  return at == end;
}

/** RFC 4291 section 2.2: eight groups, or fewer and one `::`; the last two may be an IPv4 address. */
function isIpv6(at: usize, end: usize): bool {
  let groups = 0;
  let gap = false;
  if (at + 1 < end && load<u16>(at) == 0x3a3a) {
    gap = true;
    at += 2;
    if (at == end) return true;
  }
  for (;;) {
    const part = at;
    while (at < end && isHex(load<u8>(at))) at++;
    if (at < end && load<u8>(at) == 0x2e) {
      if (!isIpv4(part, end)) return false;
      groups += 2;
      break;
    }
    if (at == part || at - part > 4) return false;
    groups++;
    if (at == end) break;
    if (load<u8>(at) != 0x3a) return false;
    at++;
    if (at < end && load<u8>(at) == 0x3a) {
      if (gap) return false;
      gap = true;
      at++;
      if (at == end) break;
    }
  }
  return gap ? groups <= 7 : groups == 8;
}

/** Whether every number in validated JSON fits PostgreSQL's numeric; see ../../scalar-text.ts. */
export function jsonNumbersFit(at: usize, end: usize): bool {
  while (at < end) {
    const byte: u32 = load<u8>(at);
    if (byte == 0x22) {
      at = behindString(at, end);
    } else if (byte == 0x2d || isDigit(byte)) {
      const start = at;
      let exponent = end;
      while (at < end && isNumberByte(load<u8>(at))) {
        if ((load<u8>(at) | 0x20) == 0x65) exponent = at;
        at++;
      }
      if (at - start > 4000 || <i32>(at - exponent) > 6) return false;
    } else {
      at++;
    }
  }
  return true;
}

function isNumberByte(byte: u32): bool {
  return isDigit(byte) || byte == 0x2b || byte == 0x2d || byte == 0x2e || (byte | 0x20) == 0x65;
}

/** Address behind the JSON string whose quote is at `at`. */
export function behindString(at: usize, end: usize): usize {
  at++;
  while (at < end && load<u8>(at) != 0x22) at += load<u8>(at) == 0x5c ? 2 : 1;
  return at + 1;
}
