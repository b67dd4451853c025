import { ABSENT, kindOf } from '../cell.ts';
import type { Address, CoreMemory } from '../memory.ts';
import {
  ENCODE_DONE,
  ENCODE_PAGE_FULL,
  ENCODE_ROW_TOO_LARGE,
  MAX_DEPTH,
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
  PROGRAM_HEADER,
  RESIDUE_MARK,
} from '../ops.ts';
import { ORDINAL, RESIDUE_ADDRESS, RESIDUE_BYTES, RESIDUE_COUNT } from '../row.ts';
import { copyValue } from './copy-value.ts';
import { jsonInside, jsonValue } from './json-value.ts';
import { FIELD_MISFIT, FIELD_WRITTEN, lineField, lineStamp } from './line-value.ts';
import { Out } from './out.ts';

const outs = new WeakMap<CoreMemory, Out>();

function outOf(memory: CoreMemory): Out {
  const known = outs.get(memory) ?? new Out(memory);
  outs.set(memory, known);
  return known;
}

/** What a row's ops count. */
interface Tally {
  misfits: number;
  hidden: number;
}

/** Runs an op list over rows. Contract in core.ts, ops in ops.ts. */
export function encode(
  memory: CoreMemory,
  result: Uint32Array,
  program: Address,
  list: Address,
  from: number,
  count: number,
  origin: Address,
  at: Address,
  end: Address,
  trace: Address,
): number {
  const { u32 } = memory;
  const out = outOf(memory);
  const tally: Tally = { misfits: 0, hidden: 0 };
  let state = ENCODE_DONE;
  let needed = 0;
  let written = 0;
  let skipped = 0;
  let entry = from;
  out.open(at, end);
  for (; entry < count; entry++) {
    const row = u32[(list >>> 2) + entry] as number;
    const name = (u32[program >>> 2] as number) + (entry - from) * 8;
    const start = out.at;
    const before = { ...tally };
    const whole = runRow(out, program, row, name, tally);
    if (out.at > end) {
      needed = out.at - start;
      state = needed > end - origin ? ENCODE_ROW_TOO_LARGE : ENCODE_PAGE_FULL;
      Object.assign(tally, before);
      out.at = start;
      break;
    }
    if (whole) {
      u32[(trace >>> 2) + written * 2] = u32[(row >>> 2) + ORDINAL] as number;
      u32[(trace >>> 2) + written * 2 + 1] = out.at - origin;
      written++;
    } else {
      out.at = start;
      skipped++;
    }
  }
  result[0] = out.at;
  result[1] = state;
  result[2] = needed;
  result[3] = written;
  result[4] = skipped;
  result[5] = tally.misfits;
  result[6] = tally.hidden;
  return entry;
}

/** @returns false when the row is a point without fields, which is no point */
function runRow(out: Out, program: Address, row: Address, name: Address, tally: Tally): boolean {
  const { u32 } = out.memory;
  const marks = (u32[(program >>> 2) + 1] as number) >>> 2;
  /** For each open object: where it starts, and where its first member does. */
  const opened: [Address, Address][] = [];
  let body = out.at;
  let fields = 0;
  let p = (program >>> 2) + PROGRAM_HEADER;
  const word = (k: number): number => u32[p + k] as number;
  for (;;) {
    switch (word(0)) {
      case OP_END:
        return true;
      case OP_TEXT:
        out.span(word(1), word(2));
        body = out.at;
        p += 3;
        break;
      case OP_NAME:
        out.span(u32[name >>> 2] as number, u32[(name >>> 2) + 1] as number);
        p += 1;
        break;
      case OP_INSIDE:
        jsonInside(out, row + word(1));
        p += 2;
        break;
      case OP_MEMBER: {
        const cell = row + word(1);
        if (kindOf(u32[(cell >>> 2) + 1] as number) !== ABSENT) {
          out.span(word(2), word(3));
          jsonValue(out, cell);
          out.byte(0x2c);
        }
        p += 4;
        break;
      }
      case OP_OPEN: {
        const start = out.at;
        out.span(word(1), word(2));
        if (opened.length < MAX_DEPTH) opened.push([start, out.at]);
        p += 3;
        break;
      }
      case OP_CLOSE: {
        residue(out, word(1), row, marks, tally);
        const [start, first] = opened.pop() ?? [out.at, out.at];
        const empty = out.at === first;
        if (empty) out.at = start;
        else closeObject(out, 0x2c);
        u32[marks + word(2)] = empty ? 0 : 1;
        p += 3;
        break;
      }
      case OP_CLOSE_DOCUMENT:
        residue(out, word(1), row, marks, tally);
        if (out.at === body) {
          out.byte(0x7d);
          out.byte(0x0a);
        } else {
          closeObject(out, 0x0a);
        }
        p += 2;
        break;
      case OP_COLUMN:
        if (!copyValue(out, row + word(1), word(2))) tally.misfits++;
        out.byte(word(3));
        p += 4;
        break;
      case OP_FIELD: {
        const state = lineField(out, row + word(1), word(2), word(3), word(4));
        if (state === FIELD_MISFIT) tally.misfits++;
        else if (state === FIELD_WRITTEN) fields++;
        p += 5;
        break;
      }
      case OP_STAMP:
        if (fields === 0) return false;
        out.at--;
        out.byte(0x20);
        if (!lineStamp(out, row + word(1), row + word(2))) out.at--;
        out.byte(0x0a);
        p += 3;
        break;
      default:
        return true;
    }
  }
}

/** Overwrites the last member's comma. */
function closeObject(out: Out, behind: number): void {
  out.at--;
  out.byte(0x7d);
  out.byte(behind);
}

/** Members of an object that no column names. `table` says what the layout itself may have written there. */
function residue(out: Out, table: Address, row: Address, marks: number, tally: Tally): void {
  const { u32, u8 } = out.memory;
  const known = table >>> 2;
  const first = (u32[(row >>> 2) + RESIDUE_ADDRESS] as number) >>> 2;
  const count = u32[(row >>> 2) + RESIDUE_COUNT] as number;
  const node = u32[known] as number;
  const keys = u32[known + 2] as number;
  for (let k = 0; k < count; k++) {
    const entry = first + (k * RESIDUE_BYTES) / 4;
    const valueLength = u32[entry + 4] as number;
    if (u32[entry] !== node || valueLength === 0) continue;
    const key = u32[entry + 1] as number;
    const keyLength = u32[entry + 2] as number;
    if (hidden(key, keyLength)) {
      tally.hidden++;
      continue;
    }
    out.byte(0x22);
    out.span(key, keyLength);
    out.byte(0x22);
    out.byte(0x3a);
    out.span(u32[entry + 3] as number, valueLength);
    out.byte(0x2c);
  }

  /** Whether the document already has a member of that name here. */
  function hidden(key: Address, length: number): boolean {
    if ((((u32[known + 1] as number) >>> (length & 31)) & 1) === 0) return false;
    for (let k = 0; k < keys; k++) {
      const at = known + 3 + k * 3;
      if (u32[at + 1] !== length) continue;
      const same = u32[at] as number;
      let n = 0;
      while (n < length && u8[same + n] === u8[key + n]) n++;
      if (n < length) continue;
      const where = u32[at + 2] as number;
      if (where >= RESIDUE_MARK) return u32[marks + (where - RESIDUE_MARK)] === 1;
      return kindOf(u32[((row + where) >>> 2) + 1] as number) !== ABSENT;
    }
    return false;
  }
}
