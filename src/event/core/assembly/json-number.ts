import { isDigit } from './bytes';

/** The value of a validated JSON number. */

/** A correctly rounded double takes tables that V8 has already. */
@external('env', 'parseDouble')
declare function parseDouble(at: usize, length: usize): f64;

const POWERS: StaticArray<f64> = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
];
const MAX_SAFE: u64 = (1 << 53) - 1;

let integer: i64 = 0;

@inline
export function integerValue(): f64 {
  return <f64>integer;
}

/** Whether the text is a whole number without fraction or exponent. */
export function isIntegerText(at: usize, end: usize): bool {
  if (load<u8>(at) == 0x2d) at++; // -
  while (at < end && isDigit(load<u8>(at))) at++;
  return at == end;
}

/** Reads a whole number within 2^53 - 1 either way into `integerValue`. */
export function readInteger(at: usize, end: usize): bool {
  const negative = load<u8>(at) == 0x2d;
  if (negative) at++;
  if (end - at > 16) return false;
  let value: u64 = 0;
  for (; at < end; at++) value = value * 10 + <u64>(load<u8>(at) - 0x30);
  if (value > MAX_SAFE) return false;
  integer = negative ? -(<i64>value) : <i64>value;
  return true;
}

/** The nearest double, infinite when it is too large. */
export function readDouble(at: usize, end: usize): f64 {
  let p = at;
  const negative = load<u8>(p) == 0x2d;
  if (negative) p++;
  let mantissa: u64 = 0;
  let digits = 0;
  let scale: i32 = 0;
  let fraction = false;
  for (; p < end; p++) {
    const byte: u32 = load<u8>(p);
    if (byte == 0x2e) {
      fraction = true;
      continue;
    }
    if (!isDigit(byte)) break;
    mantissa = mantissa * 10 + <u64>(byte - 0x30);
    if (mantissa != 0) digits++;
    if (fraction) scale--;
    if (digits > 18) return parseDouble(at, end - at);
  }
  if (p < end) {
    p++;
    const down = load<u8>(p) == 0x2d;
    if (down || load<u8>(p) == 0x2b) p++;
    if (end - p > 4) return parseDouble(at, end - at);
    let exponent: i32 = 0;
    for (; p < end; p++) exponent = exponent * 10 + <i32>(load<u8>(p) - 0x30);
    scale += down ? -exponent : exponent;
  }
  // Both factors are exact: one rounding (W. D. Clinger, "How to read floating point numbers accurately").
  if (mantissa > MAX_SAFE || scale < -22 || scale > 22) return parseDouble(at, end - at);
  const power = unchecked(POWERS[scale < 0 ? -scale : scale]);
  const value = scale < 0 ? <f64>mantissa / power : <f64>mantissa * power;
  return negative ? -value : value;
}
