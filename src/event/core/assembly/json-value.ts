import {
  addressOf,
  BOOL,
  CELL_BYTES,
  CLEAN,
  FLOAT,
  INT,
  JSON_RAW,
  JSON_STRING,
  kindOf,
  LIST,
  lengthOf,
  TEXT,
  TIME,
  valueOf,
} from './cell';
import { doubleText, INTEGER_TEXT, integerAt, isNumber, scratch } from './number';
import { byte, fits, IN_JSON, json, raw, span, text } from './out';
import { TIME_TEXT, timeAt } from './time-text';

const QUOTE: u32 = 0x22;
const WORDS: usize = memory.data<u8>([
  0x74,
  0x72,
  0x75,
  0x65, // true
  0x66,
  0x61,
  0x6c,
  0x73,
  0x65, // false
  0x6e,
  0x75,
  0x6c,
  0x6c, // null
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
]);

export function truthText(o: usize, value: bool): usize {
  return value ? span(o, WORDS, 4) : span(o, WORDS + 4, 5);
}

function nullText(o: usize): usize {
  return span(o, WORDS + 9, 4);
}

export function integerText(o: usize, value: f64): usize {
  if (fits(o, INTEGER_TEXT)) return integerAt(o, value);
  return span(o, scratch(), integerAt(scratch(), value) - scratch());
}

export function floatText(o: usize, cell: usize): usize {
  const at = addressOf(cell);
  const length = lengthOf(cell);
  if (isNumber(at, length)) return span(o, at, length);
  return span(o, scratch(), doubleText(valueOf(cell)));
}

export function timeText(o: usize, ms: f64, nanos: u32, digits: usize): usize {
  if (fits(o, TIME_TEXT)) return timeAt(o, ms, nanos, digits);
  return span(o, scratch(), timeAt(scratch(), ms, nanos, digits) - scratch());
}

/** Text of an INT, FLOAT, BOOL or TIME. */
export function scalarText(o: usize, cell: usize, kind: u32): usize {
  if (kind == INT) return integerText(o, valueOf(cell));
  if (kind == FLOAT) return floatText(o, cell);
  if (kind == BOOL) return truthText(o, valueOf(cell) == 1);
  return timeText(o, valueOf(cell), <u32>addressOf(cell), lengthOf(cell));
}

/** The cell as a JSON value. */
export function jsonValue(o: usize, cell: usize): usize {
  const kind = kindOf(cell);
  switch (kind) {
    case TEXT: {
      const at = addressOf(cell);
      return byte(text(byte(o, QUOTE), at, at + lengthOf(cell), IN_JSON), QUOTE);
    }
    case CLEAN:
    case JSON_STRING:
      return quoted(o, cell);
    case JSON_RAW:
      return json(o, addressOf(cell), lengthOf(cell));
    case INT:
    case FLOAT:
    case BOOL:
      return scalarText(o, cell, kind);
    case TIME:
      return byte(scalarText(byte(o, QUOTE), cell, kind), QUOTE);
    case LIST:
      return list(o, addressOf(cell), lengthOf(cell));
    default:
      return nullText(o);
  }
}

function quoted(o: usize, cell: usize): usize {
  return byte(jsonInside(byte(o, QUOTE), cell), QUOTE);
}

/** The inside of a JSON string; nothing for kinds that are no text. */
export function jsonInside(o: usize, cell: usize): usize {
  const at = addressOf(cell);
  const length = lengthOf(cell);
  switch (kindOf(cell)) {
    case CLEAN:
      return span(o, at, length);
    case TEXT:
      return text(o, at, at + length, IN_JSON);
    case JSON_STRING:
      return json(o, at, length);
    default:
      return o;
  }
}

function list(o: usize, first: usize, count: usize): usize {
  o = raw(o, 0x5b); // [
  for (let k: usize = 0; k < count; k++) {
    if (k > 0) o = raw(o, 0x2c);
    const cell = first + k * CELL_BYTES;
    o = kindOf(cell) == LIST ? nullText(o) : jsonValue(o, cell);
  }
  return raw(o, 0x5d);
}
