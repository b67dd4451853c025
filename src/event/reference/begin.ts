import { CELL_BYTES } from '../cell.ts';
import type { Address, CoreMemory } from '../memory.ts';
import { INDEX_ENTRY_BYTES } from '../regions.ts';
import { FLAGS, ORDINAL, OUTPUTS, RAW_ADDRESS, RAW_LENGTH, ROW_HEADER_BYTES } from '../row.ts';

/** Starts a chunk of rows. Contract in core.ts. */
export function begin(
  memory: CoreMemory,
  _result: Uint32Array,
  table: Address,
  stride: number,
  count: number,
  bytes: Address,
  index: Address,
  firstOrdinal: number,
  peerColumn: number,
  peers: Address,
  outputs: number,
): void {
  const { u8, u32 } = memory;
  u8.fill(0, table, table + count * stride);
  const peerCell = ROW_HEADER_BYTES + peerColumn * CELL_BYTES;
  const hasPeer = peerColumn >= 0 && peerCell + CELL_BYTES <= stride;
  for (let k = 0; k < count; k++) {
    const row = table + k * stride;
    const header = row >>> 2;
    const entry = (index + k * INDEX_ENTRY_BYTES) >>> 2;
    u32[header + RAW_ADDRESS] = bytes + (u32[entry] as number);
    u32[header + RAW_LENGTH] = u32[entry + 1] as number;
    u32[header + ORDINAL] = firstOrdinal + k;
    u32[header + FLAGS] = (u32[entry + 3] as number) & 0xffff;
    u32[header + OUTPUTS] = outputs;
    if (hasPeer) {
      const peer = peers + (u32[entry + 2] as number) * CELL_BYTES;
      u8.copyWithin(row + peerCell, peer, peer + CELL_BYTES);
    }
  }
}
