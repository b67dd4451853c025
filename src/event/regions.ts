import type { Region } from './memory.ts';
import { SLACK } from './memory.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes of one input slot: a batch's records. An oversize record travels in the large slot. */
export const INPUT_BYTES = 512 * KIB;
/** Records of one batch at most; the index of a batch has INDEX_ENTRY_BYTES for each. */
export const INPUT_RECORDS = 4096;
/** An index entry: offset, length, peer number, row flags (u32 each). */
export const INDEX_ENTRY_BYTES = 16;
export const INPUT_SLOTS = 8;
export const LARGE_INPUT_BYTES = 10 * MIB + 64 * KIB;
/** Takes what a batch of common events becomes in NDJSON, so that a batch is one payload. */
export const PAGE_BYTES = 1536 * KIB;
export const LARGE_PAGE_BYTES = 16 * MIB;
/** Rows that are parsed and encoded together: small enough for the second-level cache. */
export const CHUNK_ROWS = 512;

/**
 * Where everything lies in a worker's memory (64 MiB of address space; pages are resident only once touched):
 *
 *   0       64K        1.5M    4M     20M        24.5M         35M          51M          64M
 *   ├ static ┤ literals ┤ table ┤ side ┤ 8 inputs ┤ large input ┤ large page ┤ 8 pages   ┤
 */
export interface Regions {
  readonly literals: Region;
  readonly table: Region;
  readonly side: Region;
  /** Batch records; slot k's index stands behind its bytes. */
  readonly inputs: readonly InputSlot[];
  readonly largeInput: InputSlot;
  readonly pages: readonly Region[];
  readonly largePage: Region;
}

export interface InputSlot {
  readonly bytes: Region;
  readonly index: Region;
}

export const WORKER_MEMORY_BYTES = 64 * MIB;

export function planRegions(total = WORKER_MEMORY_BYTES): Regions {
  let at = 64 * KIB; // AssemblyScript's static data lies below
  const take = (bytes: number): Region => {
    const region = { start: at, end: at + bytes };
    at = (region.end + SLACK + 63) & ~63;
    if (at > total) throw new RangeError(`worker memory of ${total} bytes is too small`);
    return region;
  };
  const literals = take(1408 * KIB);
  const table = take(2560 * KIB);
  const side = take(16 * MIB);
  const slot = (bytes: number): InputSlot => ({
    bytes: take(bytes),
    index: take(INPUT_RECORDS * INDEX_ENTRY_BYTES),
  });
  const inputs = Array.from({ length: INPUT_SLOTS }, () => slot(INPUT_BYTES));
  const largeInput = slot(LARGE_INPUT_BYTES);
  const largePage = take(LARGE_PAGE_BYTES);
  const pages: Region[] = [];
  while (at + PAGE_BYTES + 2 * SLACK < total) pages.push(take(PAGE_BYTES));
  return { literals, table, side, inputs, largeInput, pages, largePage };
}
