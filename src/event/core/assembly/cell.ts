/** Cells, as ../../cell.ts describes them. */
export const CELL_BYTES: usize = 16;

export const ABSENT: u32 = 0;
export const CLEAN: u32 = 1;
export const TEXT: u32 = 2;
export const JSON_STRING: u32 = 3;
export const JSON_RAW: u32 = 4;
export const INT: u32 = 5;
export const FLOAT: u32 = 6;
export const BOOL: u32 = 7;
export const TIME: u32 = 8;
export const LIST: u32 = 9;
export const NULL: u32 = 10;

/** Flag of JSON_STRING. */
export const ESCAPES: u32 = 1;

@inline
export function wordOf(cell: usize): u32 {
  return load<u32>(cell, 4);
}

@inline
export function kindOf(cell: usize): u32 {
  return load<u32>(cell, 4) & 15;
}

@inline
export function lengthOf(cell: usize): usize {
  return load<u32>(cell, 4) >>> 8;
}

@inline
export function addressOf(cell: usize): usize {
  return load<u32>(cell);
}

@inline
export function valueOf(cell: usize): f64 {
  return load<f64>(cell, 8);
}
