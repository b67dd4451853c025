/**
 * Hash of a key's bytes, four at a time. For look-ups only: stable within a version, no defence against
 * chosen collisions (the number of keys in one event is bounded instead).
 */
export function hashBytes(u8: Uint8Array, at: number, length: number): number {
  let h = length;
  const whole = at + (length & ~3);
  for (let p = at; p < whole; p += 4) {
    const word =
      (u8[p] as number) |
      ((u8[p + 1] as number) << 8) |
      ((u8[p + 2] as number) << 16) |
      ((u8[p + 3] as number) << 24);
    h = mix(h, word);
  }
  let tail = 0;
  for (let k = (length & 3) - 1; k >= 0; k--) tail = (tail << 8) | (u8[whole + k] as number);
  if ((length & 3) !== 0) h = mix(h, tail);
  h ^= h >>> 15;
  return Math.imul(h, 0x85ebca6b) >>> 0;
}

/** Hash of a key within an object. @param node shape id of the object */
export function hashMember(key: number, node: number): number {
  const h = Math.imul(key ^ node, 0xc2b2ae35);
  return (h ^ (h >>> 13)) >>> 0;
}

function mix(h: number, word: number): number {
  const x = Math.imul(h ^ word, 0x9e3779b1);
  return (x << 15) | (x >>> 17);
}
