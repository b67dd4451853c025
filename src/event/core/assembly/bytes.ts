/** Looking at bytes, sixteen at a time. Loads may read up to 63 bytes past `end`: every region ends with that much slack. */

export const LF: u32 = 0x0a;
export const CR: u32 = 0x0d;
export const SP: u32 = 0x20;

/** Address of the first `byte` in [at, end), or end. */
@inline
export function find(at: usize, end: usize, byte: u8): usize {
  const wanted = i8x16.splat(byte);
  while (at + 64 <= end) {
    const a = i8x16.eq(v128.load(at), wanted);
    const b = i8x16.eq(v128.load(at, 16), wanted);
    const c = i8x16.eq(v128.load(at, 32), wanted);
    const d = i8x16.eq(v128.load(at, 48), wanted);
    if (v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) break;
    at += 64;
  }
  while (at < end) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(at), wanted));
    if (found != 0) {
      at += ctz(found);
      return at < end ? at : end;
    }
    at += 16;
  }
  return end;
}

/** Copies a span of any length; the store may spill 15 bytes past it. */
@inline
export function copyShort(to: usize, from: usize, length: usize): void {
  for (let k: usize = 0; k < length; k += 16) v128.store(to + k, v128.load(from + k));
}

export function same(a: usize, b: usize, length: usize): bool {
  while (length >= 8) {
    if (load<u64>(a) != load<u64>(b)) return false;
    a += 8;
    b += 8;
    length -= 8;
  }
  return length == 0 || (load<u64>(a) ^ load<u64>(b)) << (64 - (<u64>length << 3)) == 0;
}

@inline
export function isDigit(byte: u32): bool {
  return byte - 0x30 <= 9;
}

/** NUL, CR and LF at the end of a record belong to the transport. */
@inline
export function isEnding(byte: u32): bool {
  return byte == LF || byte == CR || byte == 0;
}

/** Value of two digits, or -1. */
@inline
export function twoDigits(at: usize): i32 {
  const pair: u32 = load<u16>(at);
  const tens = (pair & 0xff) - 0x30;
  const ones = (pair >>> 8) - 0x30;
  return tens <= 9 && ones <= 9 ? <i32>(tens * 10 + ones) : -1;
}
