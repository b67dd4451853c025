/**
 * Working room of the routines: between the static data and the first region, which starts at 64 KiB (../../regions.ts).
 * Not static data itself: that would be zeros in the module. Whoever uses a part of it sets it up.
 */
export const PARTS: usize = (__heap_base + 15) & ~15;
export const PARTS_BYTES: usize = 512 * 24;
export const SLOTS: usize = PARTS + PARTS_BYTES;
export const SLOTS_BYTES: usize = 2 * 4096 * 4;

/** Must not exceed 64 KiB. */
export function scratchEnd(): usize {
  return SLOTS + SLOTS_BYTES;
}
