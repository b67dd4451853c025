import {
  FRAME_BAD,
  FRAME_DONE,
  FRAME_INDEX_FULL,
  FRAME_TOO_LONG,
  FRAMING_AUTO,
  FRAMING_LF,
  FRAMING_OCTET,
  MAX_COUNT_DIGITS,
} from '../framing-words.ts';
import type { Address, CoreMemory } from '../memory.ts';
import { INDEX_ENTRY_BYTES } from '../regions.ts';

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
const SP = 0x20;
const LESS_THAN = 0x3c;

/** What stands at the start of a frame. */
const COUNTED = 0;
const LINE = 1;
const UNDECIDED = 2;

interface FrameHead {
  count: number;
  body: Address;
}

/** RFC 6587 section 3.4: octet counting or a line ended by LF. Contract in core.ts. */
export function frames(
  memory: CoreMemory,
  result: Uint32Array,
  at: Address,
  end: Address,
  origin: Address,
  mode: number,
  index: Address,
  capacity: number,
  maxRecord: number,
): number {
  const { u8, u32 } = memory;
  const head: FrameHead = { count: 0, body: 0 };
  let next = at;
  let written = 0;
  let empty = 0;
  let reason = FRAME_DONE;
  let declared = 0;
  for (;;) {
    if (mode !== FRAMING_LF) {
      while (next < end && isSeparator(u8[next] as number)) {
        if (u8[next] === LF && mode === FRAMING_AUTO) empty++;
        next++;
      }
    }
    if (next >= end) break;
    const kind = mode === FRAMING_LF ? LINE : readHead(u8, next, end, mode, maxRecord, head);
    if (kind === UNDECIDED) break;
    let start = next;
    let stop: Address;
    let behind: Address;
    if (kind === COUNTED) {
      if (head.count > maxRecord) {
        next = head.body;
        declared = head.count;
        reason = FRAME_TOO_LONG;
        break;
      }
      start = head.body;
      stop = start + head.count;
      if (stop > end) break;
      behind = stop;
      // Some senders count a record and end it with LF as well.
      if (mode === FRAMING_AUTO && behind < end && u8[behind] === LF) behind++;
    } else if (mode === FRAMING_OCTET) {
      reason = FRAME_BAD;
      break;
    } else {
      const limit = Math.min(end, start + maxRecord + 1);
      stop = start;
      while (stop < limit && u8[stop] !== LF) stop++;
      if (stop === limit) {
        if (end - start > maxRecord) reason = FRAME_TOO_LONG;
        break;
      }
      behind = stop + 1;
    }
    while (stop > start && isEnding(u8[stop - 1] as number)) stop--;
    if (stop === start) {
      empty++;
      next = behind;
      continue;
    }
    if (written === capacity) {
      reason = FRAME_INDEX_FULL;
      break;
    }
    const entry = (index + written * INDEX_ENTRY_BYTES) >>> 2;
    u32[entry] = start - origin;
    u32[entry + 1] = stop - start;
    u32[entry + 2] = 0;
    u32[entry + 3] = 0;
    written++;
    next = behind;
  }
  result[0] = next;
  result[1] = empty;
  result[2] = reason;
  result[3] = declared;
  return written;
}

/** MSG-LEN SP, MSG-LEN = NONZERO-DIGIT *7DIGIT. */
function readHead(
  u8: Uint8Array,
  at: Address,
  end: Address,
  mode: number,
  maxRecord: number,
  head: FrameHead,
): number {
  let p = at;
  let count = 0;
  if (u8[p] === 0x30) return LINE; // 0
  while (p < end && p - at <= MAX_COUNT_DIGITS) {
    const digit = (u8[p] as number) - 0x30;
    if (digit >>> 0 > 9) break;
    count = count * 10 + digit;
    p++;
  }
  if (p - at > MAX_COUNT_DIGITS) return LINE;
  if (p === end) return UNDECIDED;
  if (p === at || u8[p] !== SP) return LINE;
  if (count > maxRecord && mode === FRAMING_AUTO) {
    // `20260101 12:00 up` is a line: a count that large is believed only in front of a PRI.
    if (p + 1 === end) return UNDECIDED;
    if (u8[p + 1] !== LESS_THAN) return LINE;
  }
  head.count = count;
  head.body = p + 1;
  return COUNTED;
}

function isSeparator(byte: number): boolean {
  return byte === SP || byte === LF || byte === CR || byte === NUL;
}

function isEnding(byte: number): boolean {
  return byte === LF || byte === CR || byte === NUL;
}
