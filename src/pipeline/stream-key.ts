import { createHash } from 'node:crypto';

/**
 * The 128-bit key that the ids of a stream's records hash: two streams, or the same stream under another incarnation
 * of the data folder, never share ids.
 * @param incarnation 16 bytes
 */
export function streamKey(incarnation: Uint8Array, source: string, identity: string): Uint8Array {
  const hash = createHash('sha256').update(incarnation);
  // Lengths keep ("ab", "c") apart from ("a", "bc").
  for (const text of [source, identity]) hash.update(`${Buffer.byteLength(text)}:${text}`);
  return hash.digest().subarray(0, 16);
}
