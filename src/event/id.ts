/**
 * An event's id: 128 bits from (incarnation, source, stream) and the record's position in the stream, so that the same record
 * always has the same id. The stream's key is made of SHA-256 where streams are opened; a record's part is a bijection of 128 bits for each key (xor, then the
 * finalisation of MurmurHash3_x86_128), so two records of one stream never share an id.
 */

/** Hex digits of an id. */
export const ID_DIGITS = 32;

/** The stream's key as four words, little endian. */
export type StreamKey = readonly [number, number, number, number];

/** 32 lower-case hex digits. @param low position, low word @param high high word */
export function eventId(key: StreamKey, low: number, high: number, child: number): string {
  const words = new Uint32Array(4);
  eventIdWords(key, low, high, child, words);
  return [...words].map((word) => word.toString(16).padStart(8, '0')).join('');
}

/** The id as four words, the most significant first. */
export function eventIdWords(
  key: StreamKey,
  low: number,
  high: number,
  child: number,
  out: Uint32Array,
): void {
  let h1 = key[0] ^ low;
  let h2 = key[1] ^ high;
  let h3 = key[2] ^ child;
  let h4 = key[3];
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = mix(h2 + h1);
  h3 = mix(h3 + h1);
  h4 = mix(h4 + h1);
  h1 = mix(h1);
  h1 = (h1 + h2 + h3 + h4) | 0;
  out[0] = h1;
  out[1] = h2 + h1;
  out[2] = h3 + h1;
  out[3] = h4 + h1;
}

/** fmix32 of MurmurHash3: a bijection of 32 bits. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
