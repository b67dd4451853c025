import {
  FRAME_BAD,
  FRAME_DONE,
  FRAME_INDEX_FULL,
  FRAME_TOO_LONG,
  FRAMING_AUTO,
  FRAMING_LF,
  FRAMING_OCTET,
  MAX_COUNT_DIGITS,
} from '../../framing-words';
import { CR, find, isDigit, isEnding, LF, SP } from './bytes';
import { answer } from './result';
import { INDEX_ENTRY_BYTES } from './row';

const COUNTED: u32 = 0;
const LINE: u32 = 1;
const UNDECIDED: u32 = 2;

/** What `readHead` read. */
let headCount: u32 = 0;
let headBody: usize = 0;

/** See ../../reference/frames.ts. */
export function frames(
  at: usize,
  end: usize,
  origin: usize,
  mode: u32,
  index: usize,
  capacity: u32,
  maxRecord: u32,
): u32 {
  let next = at;
  let written: u32 = 0;
  let empty: u32 = 0;
  let reason: u32 = FRAME_DONE;
  let declared: u32 = 0;
  for (;;) {
    if (mode != FRAMING_LF) {
      while (next < end && isSeparator(load<u8>(next))) {
        if (load<u8>(next) == LF && mode == FRAMING_AUTO) empty++;
        next++;
      }
    }
    if (next >= end) break;
    const kind = mode == FRAMING_LF ? LINE : readHead(next, end, mode, maxRecord);
    if (kind == UNDECIDED) break;
    let start = next;
    let stop: usize = 0;
    let behind: usize = 0;
    if (kind == COUNTED) {
      if (headCount > maxRecord) {
        next = headBody;
        declared = headCount;
        reason = FRAME_TOO_LONG;
        break;
      }
      start = headBody;
      stop = start + headCount;
      if (stop > end) break;
      behind = stop;
      if (mode == FRAMING_AUTO && behind < end && load<u8>(behind) == LF) behind++;
    } else if (mode == FRAMING_OCTET) {
      reason = FRAME_BAD;
      break;
    } else {
      const limit = min<usize>(end, start + maxRecord + 1);
      stop = find(start, limit, <u8>LF);
      if (stop == limit) {
        if (end - start > <usize>maxRecord) reason = FRAME_TOO_LONG;
        break;
      }
      behind = stop + 1;
    }
    while (stop > start && isEnding(load<u8>(stop - 1))) stop--;
    if (stop == start) {
      empty++;
      next = behind;
      continue;
    }
    if (written == capacity) {
      reason = FRAME_INDEX_FULL;
      break;
    }
    const entry = index + <usize>written * INDEX_ENTRY_BYTES;
    store<u32>(entry, <u32>(start - origin));
    store<u32>(entry, <u32>(stop - start), 4);
    store<u64>(entry, 0, 8);
    written++;
    next = behind;
  }
  answer(0, <u32>next);
  answer(1, empty);
  answer(2, reason);
  answer(3, declared);
  return written;
}

function readHead(at: usize, end: usize, mode: u32, maxRecord: u32): u32 {
  let p = at;
  let count: u32 = 0;
  if (load<u8>(p) == 0x30) return LINE;
  while (p < end && p - at <= <usize>MAX_COUNT_DIGITS) {
    const byte: u32 = load<u8>(p);
    if (!isDigit(byte)) break;
    count = count * 10 + byte - 0x30;
    p++;
  }
  if (p - at > <usize>MAX_COUNT_DIGITS) return LINE;
  if (p == end) return UNDECIDED;
  if (p == at || load<u8>(p) != SP) return LINE;
  if (count > maxRecord && mode == FRAMING_AUTO) {
    if (p + 1 == end) return UNDECIDED;
    if (load<u8>(p, 1) != 0x3c) return LINE; // <
  }
  headCount = count;
  headBody = p + 1;
  return COUNTED;
}

@inline
function isSeparator(byte: u32): bool {
  return byte == SP || byte == LF || byte == CR || byte == 0;
}
