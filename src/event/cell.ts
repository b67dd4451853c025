/**
 * A cell says where a field's value lies and what it is. 16 bytes, little endian, 8-byte aligned:
 *
 *   byte 0        4                8                       16
 *        ┌────────┬────────────────┬───────────────────────┐
 *        │address │ length<<8      │ value (float64)       │
 *        │  u32   │ | flags<<4|kind│                       │
 *        └────────┴────────────────┴───────────────────────┘
 *
 * kind          address            length            value
 * ABSENT        0                  0                 0            the whole cell is zero
 * CLEAN         first byte         bytes             -            valid UTF-8, nothing to escape in JSON (no " \ or < 0x20)
 * TEXT          first byte         bytes             -            any bytes: invalid UTF-8 and controls possible
 * JSON_STRING   first byte inside  bytes inside      -            the inside of a validated JSON string; ESCAPES flag when it has any
 * JSON          first byte         bytes             -            validated raw JSON (object, array, or a number too wide for a double), no line breaks
 * INT           source text or 0   its bytes or 0    the integer  |value| <= 2^53
 * FLOAT         source text or 0   its bytes or 0    the double   finite
 * BOOL          0                  0                 0 or 1
 * TIME          nanoseconds within digits shown      epoch ms     address 0..999999; length 3, 6 or 9; value a whole number of ms
 *               the millisecond                                  LOCAL_TIME flag: the text named no zone, value counts as if UTC
 * LIST          array of cells     count of cells    -            in the side buffer; nested lists are JSON
 * NULL          0                  0                 0            JSON null: present, but without a value
 */
export const CELL_BYTES = 16;

export const ABSENT = 0;
export const CLEAN = 1;
export const TEXT = 2;
export const JSON_STRING = 3;
export const JSON_RAW = 4;
export const INT = 5;
export const FLOAT = 6;
export const BOOL = 7;
export const TIME = 8;
export const LIST = 9;
export const NULL = 10;

export type CellKind =
  | typeof ABSENT
  | typeof CLEAN
  | typeof TEXT
  | typeof JSON_STRING
  | typeof JSON_RAW
  | typeof INT
  | typeof FLOAT
  | typeof BOOL
  | typeof TIME
  | typeof LIST
  | typeof NULL;

/** Flag of JSON_STRING: at least one backslash escape is inside. */
export const ESCAPES = 1;

/** Flag of TIME: the text named no zone; whoever knows the zone moves the value. Encoders ignore it. */
export const LOCAL_TIME = 1;

/** Longest span that a cell can hold: 24 bits. `max_event` stays below it. */
export const MAX_SPAN = 0xff_ff_ff;

export function meta(kind: number, length: number, flags = 0): number {
  return ((length << 8) | (flags << 4) | kind) >>> 0;
}
export function kindOf(word: number): number {
  return word & 15;
}
export function flagsOf(word: number): number {
  return (word >>> 4) & 15;
}
export function lengthOf(word: number): number {
  return word >>> 8;
}
