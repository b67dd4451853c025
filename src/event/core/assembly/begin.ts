import { CELL_BYTES } from './cell';
import {
  FLAGS,
  INDEX_ENTRY_BYTES,
  ORDINAL,
  OUTPUTS,
  RAW_ADDRESS,
  RAW_LENGTH,
  ROW_HEADER_BYTES,
} from './row';

/** See ../../reference/begin.ts. */
export function begin(
  table: usize,
  stride: usize,
  count: u32,
  bytes: usize,
  index: usize,
  firstOrdinal: u32,
  peerColumn: i32,
  peers: usize,
  outputs: u32,
): void {
  memory.fill(table, 0, <usize>count * stride);
  const peerCell = ROW_HEADER_BYTES + <usize>peerColumn * CELL_BYTES;
  const hasPeer = peerColumn >= 0 && peerCell + CELL_BYTES <= stride;
  let row = table;
  let entry = index;
  for (let k: u32 = 0; k < count; k++) {
    store<u32>(row, <u32>(bytes + load<u32>(entry)), RAW_ADDRESS);
    store<u32>(row, load<u32>(entry, 4), RAW_LENGTH);
    store<u32>(row, firstOrdinal + k, ORDINAL);
    store<u32>(row, load<u32>(entry, 12) & 0xffff, FLAGS);
    store<u32>(row, outputs, OUTPUTS);
    if (hasPeer) {
      v128.store(row + peerCell, v128.load(peers + <usize>load<u32>(entry, 8) * CELL_BYTES));
    }
    row += stride;
    entry += INDEX_ENTRY_BYTES;
  }
}
