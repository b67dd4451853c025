/**
 * How counters are named. A script of a cluster may touch keys of one hash slot only, and the guard has to be changed
 * together with the counters; so every key ends in one of 16 fixed hash tags, and each tag has guards of its own:
 *
 *     counters:nginx.access:1767225600:{s7}
 *     └ prefix and key of the output ┘  └ N = CRC16(the part before ":{") mod 16, the CRC16 of Redis Cluster
 *
 * Reading: GET with the tag, or SCAN MATCH counters:nginx.access:*. The tag depends on the key alone, so a counter
 * has exactly one name.
 */
export const shards = 16;

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  return crc;
});

/** CRC16 as in the Redis Cluster specification (XMODEM: polynomial 1021, start 0). */
export function crc16(text: string): number {
  let crc = 0;
  for (const byte of Buffer.from(text))
    crc = ((crc << 8) ^ (table[(crc >> 8) ^ byte] ?? 0)) & 0xffff;
  return crc;
}

export const shardOf = (key: string): number => crc16(key) % shards;

/** @param key with the prefix, without the tag */
export const counterKey = (key: string, shard = shardOf(key)): string => `${key}:{s${shard}}`;

/** Holds the position of the last payload of a lane that was counted in a shard. */
export function guardKey(prefix: string, slot: string, lane: number, shard: number): string {
  return `${prefix}sluice:guard:${slot}:${lane}:{s${shard}}`;
}
