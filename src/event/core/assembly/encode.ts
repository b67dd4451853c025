import {
  ENCODE_DONE,
  ENCODE_PAGE_FULL,
  ENCODE_ROW_TOO_LARGE,
  OP_CLOSE,
  OP_CLOSE_DOCUMENT,
  OP_COLUMN,
  OP_END,
  OP_FIELD,
  OP_INSIDE,
  OP_MEMBER,
  OP_NAME,
  OP_OPEN,
  OP_STAMP,
  OP_TEXT,
} from '../../ops';
import { ABSENT, addressOf, CLEAN, kindOf, lengthOf } from './cell';
import { copyValue, isMisfit } from './copy-value';
import { jsonInside, jsonValue } from './json-value';
import { FIELD_MISFIT, FIELD_WRITTEN, fieldState, lineField, lineStamp } from './line-value';
import { fits, open, raw, span } from './out';
import { answer } from './result';

const HEADER_BYTES: usize = 8;
const RESIDUE_MARK: u32 = 0x8000_0000;
/** Byte offsets in a row's header; see ../../row.ts. */
const ORDINAL: usize = 8;
const RESIDUE_ADDRESS: usize = 20;
const RESIDUE_COUNT: usize = 24;
const RESIDUE_BYTES: usize = 24;

/** For each open object: where it starts, and where its first member does. */
const OPENED: usize = memory.data(256, 16);

let misfits: u32 = 0;
let hidden: u32 = 0;

/** Runs an op list over rows. Contract in ../../core.ts, ops in ../../ops.ts. */
export function encode(
  program: usize,
  list: usize,
  from: u32,
  count: u32,
  origin: usize,
  at: usize,
  end: usize,
  trace: usize,
): u32 {
  const names = <usize>load<u32>(program);
  const marks = <usize>load<u32>(program, 4);
  let o = at;
  let state: u32 = ENCODE_DONE;
  let needed: u32 = 0;
  let written: u32 = 0;
  let skipped: u32 = 0;
  let entry = from;
  misfits = 0;
  hidden = 0;
  open(end);
  for (; entry < count; entry++) {
    const row = <usize>load<u32>(list + ((<usize>entry) << 2));
    const name = names + ((<usize>(entry - from)) << 3);
    const misfitsBefore = misfits;
    const hiddenBefore = hidden;
    const after = runRow(o, program + HEADER_BYTES, row, name, marks);
    if (after == 0) {
      skipped++;
      continue;
    }
    if (after > end) {
      needed = <u32>(after - o);
      state = needed > <u32>(end - origin) ? ENCODE_ROW_TOO_LARGE : ENCODE_PAGE_FULL;
      misfits = misfitsBefore;
      hidden = hiddenBefore;
      break;
    }
    o = after;
    store<u32>(trace, load<u32>(row, ORDINAL));
    store<u32>(trace, <u32>(o - origin), 4);
    trace += 8;
    written++;
  }
  answer(0, <u32>o);
  answer(1, state);
  answer(2, needed);
  answer(3, written);
  answer(4, skipped);
  answer(5, misfits);
  answer(6, hidden);
  return entry;
}

/** @returns the address behind the row, or 0 for a point without fields, which is no point */
function runRow(o: usize, p: usize, row: usize, name: usize, marks: usize): usize {
  let body = o;
  let opened = OPENED;
  let fields = 0;
  const withResidue = load<u32>(row, RESIDUE_COUNT) != 0;
  for (let op = load<u32>(p); op != OP_END; op = load<u32>(p)) {
    switch (op) {
      case OP_TEXT:
        o = span(o, load<u32>(p, 4), load<u32>(p, 8));
        body = o;
        p += 12;
        break;
      case OP_NAME:
        o = span(o, load<u32>(name), load<u32>(name, 4));
        p += 4;
        break;
      case OP_INSIDE:
        o = jsonInside(o, row + load<u32>(p, 4));
        p += 8;
        break;
      case OP_MEMBER: {
        const cell = row + load<u32>(p, 4);
        const kind = kindOf(cell);
        if (kind != ABSENT) {
          o = span(o, load<u32>(p, 8), load<u32>(p, 12));
          if (kind == CLEAN && fits(o, lengthOf(cell) + 32)) {
            store<u8>(o, 0x22);
            o = span(o + 1, addressOf(cell), lengthOf(cell));
            store<u16>(o, 0x2c22); // ",
            o += 2;
          } else {
            o = raw(jsonValue(o, cell), 0x2c);
          }
        }
        p += 16;
        break;
      }
      case OP_OPEN:
        store<u32>(opened, <u32>o);
        o = span(o, load<u32>(p, 4), load<u32>(p, 8));
        store<u32>(opened, <u32>o, 4);
        opened += 8;
        p += 12;
        break;
      case OP_CLOSE: {
        if (withResidue) o = residue(o, load<u32>(p, 4), row, marks);
        opened -= 8;
        const filled = o != load<u32>(opened, 4);
        if (filled) o = raw(raw(o - 1, 0x7d), 0x2c);
        else o = load<u32>(opened);
        store<u32>(marks + (load<u32>(p, 8) << 2), <u32>filled);
        p += 12;
        break;
      }
      case OP_CLOSE_DOCUMENT:
        if (withResidue) o = residue(o, load<u32>(p, 4), row, marks);
        o = raw(raw(o == body ? o : o - 1, 0x7d), 0x0a);
        p += 8;
        break;
      case OP_COLUMN:
        o = copyValue(o, row + load<u32>(p, 4), load<u32>(p, 8));
        if (isMisfit()) misfits++;
        o = raw(o, load<u32>(p, 12));
        p += 16;
        break;
      case OP_FIELD: {
        o = lineField(
          o,
          row + load<u32>(p, 4),
          load<u32>(p, 8),
          load<u32>(p, 12),
          load<u32>(p, 16),
        );
        const state = fieldState();
        if (state == FIELD_WRITTEN) fields++;
        else if (state == FIELD_MISFIT) misfits++;
        p += 20;
        break;
      }
      case OP_STAMP: {
        if (fields == 0) return 0;
        o = raw(o - 1, 0x20);
        const after = lineStamp(o, row + load<u32>(p, 4), row + load<u32>(p, 8));
        o = raw(after != 0 ? after : o - 1, 0x0a);
        p += 12;
        break;
      }
      default:
        return o;
    }
  }
  return o;
}

/** Members of an object that no column names. `table` says what the layout itself may have written there. */
function residue(o: usize, table: usize, row: usize, marks: usize): usize {
  const node = load<u32>(table);
  let entry = <usize>load<u32>(row, RESIDUE_ADDRESS);
  const end = entry + <usize>load<u32>(row, RESIDUE_COUNT) * RESIDUE_BYTES;
  for (; entry < end; entry += RESIDUE_BYTES) {
    const length = load<u32>(entry, 16);
    if (load<u32>(entry) != node || length == 0) continue;
    const key = <usize>load<u32>(entry, 4);
    const keyLength = load<u32>(entry, 8);
    if (isWritten(table, key, keyLength, row, marks)) {
      hidden++;
      continue;
    }
    o = span(raw(o, 0x22), key, keyLength);
    o = raw(raw(o, 0x22), 0x3a);
    o = raw(span(o, load<u32>(entry, 12), length), 0x2c);
  }
  return o;
}

/** Whether the document already has a member of that name here. */
function isWritten(table: usize, key: usize, length: u32, row: usize, marks: usize): bool {
  if (((load<u32>(table, 4) >>> (length & 31)) & 1) == 0) return false;
  const end = table + 12 + load<u32>(table, 8) * 12;
  for (let at = table + 12; at < end; at += 12) {
    if (load<u32>(at, 4) != length) continue;
    const known = <usize>load<u32>(at);
    let n: u32 = 0;
    while (n < length && load<u8>(known + n) == load<u8>(key + n)) n++;
    if (n < length) continue;
    const where = load<u32>(at, 8);
    if (where >= RESIDUE_MARK) return load<u32>(marks + ((where - RESIDUE_MARK) << 2)) == 1;
    return kindOf(row + where) != ABSENT;
  }
  return false;
}
