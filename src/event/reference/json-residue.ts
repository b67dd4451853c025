import { hashMember } from '../hash.ts';
import { JSON_MAX_KEYS } from '../json-codes.ts';
import type { Address, CoreMemory } from '../memory.ts';
import { RESIDUE_BYTES, RESIDUE_ADDRESS, RESIDUE_COUNT } from '../row.ts';

const SLOTS = 2 * JSON_MAX_KEYS;
const INDEX_BITS = 13;
const INDEX_MASK = (1 << INDEX_BITS) - 1;

/**
 * The residue of the row that is being scanned: entries (row.ts) in free room, found again by a hash of key and node,
 * because a repeated key replaces the value of its first occurrence. A slot is generation << 13 | entry + 1: starting
 * again is free of clearing.
 */
export class ResidueSet {
  readonly #memory: CoreMemory;
  readonly #slots = new Uint32Array(SLOTS);
  #generation = 0;
  #base: Address = 0;
  count = 0;

  constructor(memory: CoreMemory) {
    this.#memory = memory;
  }

  /** Takes over what the row has. @param base 8-aligned, with room for JSON_MAX_KEYS entries or as many as can come */
  start(row: Address, base: Address): void {
    const { u8, u32 } = this.#memory;
    this.#base = base;
    this.count = 0;
    if (++this.#generation > 0xffff_ffff >>> INDEX_BITS) {
      this.#slots.fill(0);
      this.#generation = 1;
    }
    const old = u32[(row >>> 2) + RESIDUE_ADDRESS] as number;
    const end = old + (u32[(row >>> 2) + RESIDUE_COUNT] as number) * RESIDUE_BYTES;
    for (let from = old; from < end; from += RESIDUE_BYTES) {
      const entry = from >>> 2;
      if (u32[entry + 4] === 0) continue;
      const slot = this.#find(
        u32[entry + 5] as number,
        u32[entry] as number,
        u32[entry + 1] as number,
        u32[entry + 2] as number,
      );
      u8.copyWithin(base + this.count * RESIDUE_BYTES, from, from + RESIDUE_BYTES);
      this.#slots[slot] = this.#mark();
      this.count++;
    }
  }

  /**
   * Adds a member, or gives it a new value.
   * @param keyHash hashBytes of the key
   * @returns false when the row has JSON_MAX_KEYS already
   */
  put(
    node: number,
    key: Address,
    keyLength: number,
    keyHash: number,
    value: Address,
    valueLength: number,
  ): boolean {
    const { u32 } = this.#memory;
    const hash = hashMember(keyHash, node);
    const slot = this.#find(hash, node, key, keyLength);
    const held = this.#held(slot);
    if (held < 0 && this.count === JSON_MAX_KEYS) return false;
    const entry = (this.#base + (held < 0 ? this.count : held) * RESIDUE_BYTES) >>> 2;
    u32[entry + 3] = value;
    u32[entry + 4] = valueLength;
    if (held >= 0) return true;
    u32[entry] = node;
    u32[entry + 1] = key;
    u32[entry + 2] = keyLength;
    u32[entry + 5] = hash;
    this.#slots[slot] = this.#mark();
    this.count++;
    return true;
  }

  /** Moves the entries to where they stay and tells the row. @returns the address behind them */
  finish(row: Address, at: Address): Address {
    const { u8, u32 } = this.#memory;
    const bytes = this.count * RESIDUE_BYTES;
    u8.copyWithin(at, this.#base, this.#base + bytes);
    u32[(row >>> 2) + RESIDUE_ADDRESS] = at;
    u32[(row >>> 2) + RESIDUE_COUNT] = this.count;
    return at + bytes;
  }

  #mark(): number {
    return ((this.#generation << INDEX_BITS) | (this.count + 1)) >>> 0;
  }

  /** Entry that a slot of this generation names, or -1. */
  #held(slot: number): number {
    const word = this.#slots[slot] as number;
    return word >>> INDEX_BITS === this.#generation ? (word & INDEX_MASK) - 1 : -1;
  }

  /** The slot that names the member, or the free one where it belongs. */
  #find(hash: number, node: number, key: Address, keyLength: number): number {
    const { u32 } = this.#memory;
    let slot = hash & (SLOTS - 1);
    for (;;) {
      const held = this.#held(slot);
      if (held < 0) return slot;
      const entry = (this.#base + held * RESIDUE_BYTES) >>> 2;
      if (
        u32[entry + 5] === hash &&
        u32[entry] === node &&
        u32[entry + 2] === keyLength &&
        this.#same(u32[entry + 1] as number, key, keyLength)
      ) {
        return slot;
      }
      slot = (slot + 1) & (SLOTS - 1);
    }
  }

  #same(a: Address, b: Address, length: number): boolean {
    const { u8 } = this.#memory;
    for (let k = 0; k < length; k++) if (u8[a + k] !== u8[b + k]) return false;
    return true;
  }
}
