import { CELL_BYTES, CLEAN, meta } from '../cell.ts';
import { eventIdWords, ID_DIGITS } from '../id.ts';
import type { Address, CoreMemory } from '../memory.ts';
import { ORDINAL, RAW_ADDRESS, ROW_HEADER_BYTES } from '../row.ts';

const WORD = 0x1_0000_0000;

/** Gives each row its id. Contract in core.ts, the hash in id.ts. */
export function ids(
  memory: CoreMemory,
  _result: Uint32Array,
  table: Address,
  stride: number,
  count: number,
  idColumn: number,
  key: Address,
  baseLow: number,
  baseHigh: number,
  byOffset: number,
  origin: Address,
  side: Address,
  sideEnd: Address,
): Address {
  if (side + count * ID_DIGITS > sideEnd) return 0;
  const { u8, u32, f64 } = memory;
  const id = new Uint32Array(4);
  const k = key >>> 2;
  const words = [u32[k], u32[k + 1], u32[k + 2], u32[k + 3]] as [number, number, number, number];
  for (let n = 0; n < count; n++) {
    const row = table + n * stride;
    const header = row >>> 2;
    const step =
      byOffset === 1
        ? (u32[header + RAW_ADDRESS] as number) - origin
        : (u32[header + ORDINAL] as number);
    const low = (baseLow >>> 0) + step;
    const high = (baseHigh + (low >= WORD ? 1 : 0)) | 0;
    const at = side + n * ID_DIGITS;
    eventIdWords(words, low | 0, high, 0, id);
    for (let d = 0; d < ID_DIGITS; d++) {
      const digit = ((id[d >> 3] as number) >>> (28 - ((d & 7) << 2))) & 15;
      u8[at + d] = digit + (digit < 10 ? 0x30 : 0x57);
    }
    const cell = row + ROW_HEADER_BYTES + idColumn * CELL_BYTES;
    u32[cell >>> 2] = at;
    u32[(cell >>> 2) + 1] = meta(CLEAN, ID_DIGITS);
    f64[(cell >>> 3) + 1] = 0;
  }
  return side + count * ID_DIGITS;
}
