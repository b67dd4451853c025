/** Rows and index entries, as ../../row.ts and ../../regions.ts describe them: offsets in bytes. */
export const ROW_HEADER_BYTES: usize = 32;
export const RAW_ADDRESS: usize = 0;
export const RAW_LENGTH: usize = 4;
export const ORDINAL: usize = 8;
export const FLAGS: usize = 12;
export const OUTPUTS: usize = 16;
export const RESIDUE_ADDRESS: usize = 20;
export const RESIDUE_COUNT: usize = 24;

export const DROPPED: u32 = 1;
export const UNPARSED: u32 = 4;

export const RESIDUE_BYTES: usize = 24;
export const INDEX_ENTRY_BYTES: usize = 16;

/** Room that SIMD stores may spill into; see ../../memory.ts. */
export const SLACK: usize = 64;
