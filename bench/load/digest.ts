/**
 * Fields that must reach the sink unchanged, by their dotted path in the document.
 * `bench/tools/digest.h` has the same list.
 */
export const FIELDS = [
  '@timestamp',
  'host.name',
  'process.name',
  'process.pid',
  'log.syslog.msgid',
  'log.syslog.severity.code',
  'log.syslog.facility.code',
  'log.syslog.structured_data.origin.ip',
  'log.syslog.structured_data.origin.software',
  'message',
] as const;

export type Field = (typeof FIELDS)[number];

/** More events would take the sums past 2^53. `MAX_SEQUENCE` in `bench/tools/digest.h`. */
export const MAX_EVENTS = 2 ** 21;

/** The last step of MurmurHash3: spreads neighbouring numbers over 32 bits. */
function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * 32-bit hash of one ASCII value of event `sequence`. The event's number is the seed, so values
 * that changed places between two events change the sum; the order of arrival does not.
 */
export function fieldHash(sequence: number, value: string): number {
  let h = mix(sequence) ^ 0x811c9dc5; // FNV-1a from here
  for (let i = 0; i < value.length; i++) h = Math.imul(h ^ value.charCodeAt(i), 0x01000193);
  return mix(h);
}
