import {
  FIELD_ANY,
  FIELD_BOOLEAN,
  FIELD_FLOAT,
  FIELD_INTEGER,
  FIELD_STRING,
  MAX_STAMP,
} from '../../ops';
import { ABSENT, addressOf, BOOL, FLOAT, INT, kindOf, NULL, TIME, valueOf } from './cell';
import { integerOf, numberOf, plainText, truthOf } from './copy-value';
import { truthText } from './json-value';
import { INTEGER_TEXT, scratch, signedAt } from './number';
import { fits, IN_FIELD, raw, span } from './out';

/** What became of the field that `lineField` saw last. */
export const FIELD_WRITTEN: u32 = 0;
export const FIELD_ABSENT: u32 = 1;
export const FIELD_MISFIT: u32 = 2;

let state: u32 = FIELD_ABSENT;

export function fieldState(): u32 {
  return state;
}

/** `key=value,` of line protocol. */
export function lineField(
  o: usize,
  cell: usize,
  key: usize,
  keyLength: usize,
  declared: u32,
): usize {
  const kind = kindOf(cell);
  state = FIELD_ABSENT;
  if (kind == ABSENT || kind >= NULL) return o;
  const type = declared == FIELD_ANY ? typeOf(kind) : declared;
  state = FIELD_MISFIT;
  // The key first: whether the value fits shows while it is written.
  const value = span(o, key, keyLength);
  let after: usize = 0;
  switch (type) {
    case FIELD_INTEGER:
      after = integerOf(value, cell, kind, 64);
      if (after != 0) after = raw(after, 0x69); // i
      break;
    case FIELD_FLOAT:
      after = numberOf(value, cell, kind);
      break;
    case FIELD_BOOLEAN: {
      const truth = truthOf(cell, kind);
      if (truth >= 0) after = truthText(value, truth == 1);
      break;
    }
    case FIELD_STRING:
      after = raw(plainText(raw(value, 0x22), cell, kind, IN_FIELD), 0x22);
      break;
    default:
      break;
  }
  if (after == 0) return o;
  state = FIELD_WRITTEN;
  return raw(after, 0x2c);
}

function typeOf(kind: u32): u32 {
  if (kind == INT) return FIELD_INTEGER;
  if (kind == FLOAT) return FIELD_FLOAT;
  return kind == BOOL ? FIELD_BOOLEAN : FIELD_STRING;
}

/** Nanoseconds since 1970 of a TIME that InfluxDB can hold, else of the fallback; 0 when neither is one. */
export function lineStamp(o: usize, cell: usize, fallback: usize): usize {
  if (!isStamp(cell)) {
    if (!isStamp(fallback)) return 0;
    cell = fallback;
  }
  const nanos = <i64>valueOf(cell) * 1_000_000 + <i64>addressOf(cell);
  if (fits(o, INTEGER_TEXT)) return signedAt(o, nanos);
  return span(o, scratch(), signedAt(scratch(), nanos) - scratch());
}

function isStamp(cell: usize): bool {
  return kindOf(cell) == TIME && Math.abs(valueOf(cell)) <= <f64>MAX_STAMP;
}
