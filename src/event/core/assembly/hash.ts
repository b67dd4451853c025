/** The hashes of ../../hash.ts. */
@inline
export function hashBytes(at: usize, length: u32): u32 {
  let h = length;
  const whole = at + (length & ~3);
  for (; at < whole; at += 4) h = mix(h, load<u32>(at));
  const rest = length & 3;
  if (rest != 0) h = mix(h, load<u32>(at) & ((1 << (rest << 3)) - 1));
  h ^= h >>> 15;
  return h * 0x85ebca6b;
}

@inline
export function hashMember(key: u32, node: u32): u32 {
  const h = (key ^ node) * 0xc2b2ae35;
  return h ^ (h >>> 13);
}

@inline
function mix(h: u32, word: u32): u32 {
  return rotl<u32>((h ^ word) * 0x9e3779b1, 15);
}
