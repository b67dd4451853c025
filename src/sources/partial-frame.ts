import { MAX_COUNT_DIGITS } from '../event/framing.ts';

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
const SP = 0x20;
const ZERO = 0x30; // 0
const NINE = 0x39; // 9

export type FramingMode = 'auto' | 'lf' | 'octet';

/** What the beginning of an unfinished frame tells about its end. */
export interface PartialFrame {
  /** `unknown`: only separators or part of an octet count so far, or a count that the framing has to judge. */
  readonly kind: 'lf' | 'octet' | 'unknown';
  /** Offset of the record: behind separators and octet count. */
  readonly start: number;
  /** Offset behind an octet-counted frame. */
  readonly end: number;
}

/**
 * Reads the beginning of an unfinished frame (RFC 6587, as the core's `frames` decides it), so that what arrives later
 * is searched for the frame's end only once, and not from the frame's beginning each time.
 */
export function partialFrame(
  bytes: Uint8Array,
  mode: FramingMode,
  maxRecord: number,
): PartialFrame {
  if (mode === 'lf') return { kind: 'lf', start: 0, end: 0 };
  let first = 0;
  while (first < bytes.length && isSeparator(bytes[first])) first += 1;
  const line: PartialFrame = { kind: mode === 'auto' ? 'lf' : 'unknown', start: first, end: 0 };
  const unknown: PartialFrame = { kind: 'unknown', start: first, end: 0 };
  if (first === bytes.length) return unknown;
  if (bytes[first] === ZERO) return line;

  let at = first;
  let count = 0;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? SP;
    if (byte < ZERO || byte > NINE) break;
    count = count * 10 + byte - ZERO;
    if (at - first >= MAX_COUNT_DIGITS) return line;
  }
  if (at === bytes.length) return unknown;
  if (at === first || bytes[at] !== SP) return line;
  if (count > maxRecord) return unknown;
  return { kind: 'octet', start: at + 1, end: at + 1 + count };
}

/** @returns bytes of `MSG-LEN SP`; 0 for a record without an announced length */
export function octetCountLength(declared: number): number {
  return declared === 0 ? 0 : String(declared).length + 1;
}

/** @returns the record without the line end, CR and NUL that some senders put there */
export function trimEnd(record: Uint8Array): Uint8Array {
  let end = record.length;
  while (end > 0 && isLineEnd(record[end - 1])) end -= 1;
  return end === record.length ? record : record.subarray(0, end);
}

function isSeparator(byte: number | undefined): boolean {
  return byte === SP || isLineEnd(byte);
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === LF || byte === CR || byte === NUL;
}
