import { CLEAN } from './cell';

const ID_DIGITS: usize = 32;
/** Byte offsets in a row's header; see ../../row.ts. */
const RAW_ADDRESS: usize = 0;
const ORDINAL: usize = 8;
const ROW_HEADER_BYTES: usize = 32;

/** fmix32 of MurmurHash3: a bijection of 32 bits. */
@inline
function mix(h: u32): u32 {
  h = (h ^ (h >>> 16)) * 0x85ebca6b;
  h = (h ^ (h >>> 13)) * 0xc2b2ae35;
  return h ^ (h >>> 16);
}

/** Eight digits for each of two words, most significant first. */
@inline
function hex(at: usize, high: u32, low: u32): void {
  const words = i64x2(bswap<u32>(high) | (<u64>bswap<u32>(low) << 32), 0);
  const nibble = i8x16.splat(0x0f);
  // Each byte becomes its two nibbles: interleave the bytes shifted right with the bytes themselves.
  const upper = v128.and(v128.shr<u16>(words, 4), nibble);
  const lower = v128.and(words, nibble);
  const nibbles = v128.shuffle<u8>(
    upper, lower, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23,
  );
  const digits = i8x16(48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102);
  v128.store(at, i8x16.swizzle(digits, nibbles));
}

/** Gives each row its id. Contract in ../../core.ts, the hash in ../../id.ts. */
export function ids(
  table: usize,
  stride: usize,
  count: u32,
  idColumn: u32,
  key: usize,
  baseLow: u32,
  baseHigh: u32,
  byOffset: u32,
  origin: usize,
  side: usize,
  sideEnd: usize,
): usize {
  const end = side + <usize>count * ID_DIGITS;
  if (end > sideEnd) return 0;
  const k1 = load<u32>(key);
  const k2 = load<u32>(key, 4);
  const k3 = load<u32>(key, 8);
  const k4 = load<u32>(key, 12);
  const base = ((<u64>baseHigh) << 32) | <u64>baseLow;
  const cellOffset = ROW_HEADER_BYTES + (<usize>idColumn << 4);
  for (let row = table; side < end; row += stride, side += ID_DIGITS) {
    const step =
      byOffset == 1 ? load<u32>(row, RAW_ADDRESS) - <u32>origin : load<u32>(row, ORDINAL);
    const position = base + <u64>step;
    let h1 = k1 ^ <u32>position;
    let h2 = k2 ^ <u32>(position >>> 32);
    let h3 = k3;
    let h4 = k4;
    h1 += h2 + h3 + h4;
    h2 = mix(h2 + h1);
    h3 = mix(h3 + h1);
    h4 = mix(h4 + h1);
    h1 = mix(h1);
    h1 += h2 + h3 + h4;
    hex(side, h1, h2 + h1);
    hex(side + 16, h3 + h1, h4 + h1);
    const cell = row + cellOffset;
    store<u32>(cell, <u32>side);
    store<u32>(cell, (<u32>ID_DIGITS << 8) | CLEAN, 4);
    store<u64>(cell, 0, 8);
  }
  return side;
}
