import { JSON_MAX_KEYS } from '../../json-codes';
import { copyShort, same } from './bytes';
import { hashMember } from './hash';
import { RESIDUE_ADDRESS, RESIDUE_BYTES, RESIDUE_COUNT } from './row';
import { SLOTS, SLOTS_BYTES } from './scratch';

/**
 * The residue of the row that is being scanned, as ../../reference/json-residue.ts keeps it. The table is no larger than
 * the event can need, so that small events stay in the first-level cache.
 */
const INDEX_BITS: u32 = 13;
const INDEX_MASK: u32 = (1 << 13) - 1;
const LAST_GENERATION: u32 = 0xffff_ffff >>> 13;

/** The first use clears the table. */
let generation: u32 = LAST_GENERATION;
let mask: u32 = 0;
let base: usize = 0;
let count: u32 = 0;

@inline
export function residueCount(): u32 {
  return count;
}

/** @param room entries that fit at `at` */
export function startResidue(row: usize, at: usize, room: u32): void {
  base = at;
  count = 0;
  mask = ((1 as u32) << (33 - clz<u32>(room | 15))) - 1;
  if (<i32>mask >= 2 * JSON_MAX_KEYS) mask = 2 * JSON_MAX_KEYS - 1;
  if (++generation > LAST_GENERATION) {
    memory.fill(SLOTS, 0, SLOTS_BYTES);
    generation = 1;
  }
  let from = <usize>load<u32>(row, RESIDUE_ADDRESS);
  const end = from + <usize>load<u32>(row, RESIDUE_COUNT) * RESIDUE_BYTES;
  for (; from < end; from += RESIDUE_BYTES) {
    if (load<u32>(from, 16) == 0) continue;
    const slot = findSlot(load<u32>(from, 20), load<u32>(from), load<u32>(from, 4), load<u32>(from, 8));
    memory.copy(base + <usize>count * RESIDUE_BYTES, from, RESIDUE_BYTES);
    store<u32>(slot, (generation << INDEX_BITS) | (count + 1));
    count++;
  }
}

/** @returns false when the row has JSON_MAX_KEYS already */
export function putResidue(
  node: u32,
  key: usize,
  keyLength: u32,
  keyHash: u32,
  value: usize,
  valueLength: u32,
): bool {
  const hash = hashMember(keyHash, node);
  const slot = findSlot(hash, node, key, keyLength);
  const word = load<u32>(slot);
  if (word >>> INDEX_BITS == generation) {
    const entry = base + <usize>((word & INDEX_MASK) - 1) * RESIDUE_BYTES;
    store<u32>(entry, <u32>value, 12);
    store<u32>(entry, valueLength, 16);
    return true;
  }
  if (count == JSON_MAX_KEYS) return false;
  const entry = base + <usize>count * RESIDUE_BYTES;
  store<u32>(entry, node);
  store<u32>(entry, <u32>key, 4);
  store<u32>(entry, keyLength, 8);
  store<u32>(entry, <u32>value, 12);
  store<u32>(entry, valueLength, 16);
  store<u32>(entry, hash, 20);
  count++;
  store<u32>(slot, (generation << INDEX_BITS) | count);
  return true;
}

/** @returns the address behind the entries */
export function finishResidue(row: usize, at: usize): usize {
  const bytes = <usize>count * RESIDUE_BYTES;
  // The entries move down: what is copied first is not read again.
  if (at + 16 <= base) copyShort(at, base, bytes);
  else memory.copy(at, base, bytes);
  store<u32>(row, <u32>at, RESIDUE_ADDRESS);
  store<u32>(row, count, RESIDUE_COUNT);
  return at + bytes;
}

@inline
function findSlot(hash: u32, node: u32, key: usize, keyLength: u32): usize {
  let k = hash;
  while (true) {
    const slot = SLOTS + (<usize>(k++ & mask) << 2);
    const word = load<u32>(slot);
    if (word >>> INDEX_BITS != generation) return slot;
    const entry = base + <usize>((word & INDEX_MASK) - 1) * RESIDUE_BYTES;
    if (load<u32>(entry, 20) != hash || load<u32>(entry) != node) continue;
    if (load<u32>(entry, 8) != keyLength) continue;
    if (same(load<u32>(entry, 4), key, keyLength)) return slot;
  }
}
