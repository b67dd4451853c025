import {
  COPY_BIGINT,
  COPY_BOOLEAN,
  COPY_DOUBLE,
  COPY_INET,
  COPY_INTEGER,
  COPY_JSON,
  COPY_TEXT,
  COPY_TEXT_ARRAY,
  COPY_TIMESTAMP,
  COPY_UUID,
  MAX_SCALAR_TEXT,
  MAX_TIME,
  MIN_COPY_TIME,
} from '../../ops';
import {
  ABSENT,
  addressOf,
  BOOL,
  CELL_BYTES,
  CLEAN,
  ESCAPES,
  FLOAT,
  INT,
  JSON_RAW,
  JSON_STRING,
  kindOf,
  LIST,
  lengthOf,
  NULL,
  TEXT,
  TIME,
  valueOf,
  wordOf,
} from './cell';
import { floatText, integerText, jsonValue, scalarText, timeText } from './json-value';
import { behindString, isAddress, isInteger, isNumber, isUuid, jsonNumbersFit } from './number';
import { AS_IS, decoded, IN_ARRAY, IN_COPY, json, nest, raw, span, text } from './out';
import { parseTimestamp, timeDigits, timeIsLocal, timeMs, timeNanos } from './time';

const QUOTE: u32 = 0x22;

/** Whether the value that `copyValue` wrote last was there but did not fit its type. */
let misfit = false;

export function isMisfit(): bool {
  return misfit;
}

/** The cell as a column of COPY text; `\N` when absent or a misfit. */
export function copyValue(o: usize, cell: usize, type: u32): usize {
  misfit = false;
  const kind = kindOf(cell);
  if (kind != ABSENT && kind < NULL) {
    const after = typedValue(o, cell, kind, type);
    if (after != 0) return after;
    misfit = true;
  }
  return raw(raw(o, 0x5c), 0x4e); // \N
}

/** 0 when the value does not fit; then nothing was written. */
function typedValue(o: usize, cell: usize, kind: u32, type: u32): usize {
  switch (type) {
    case COPY_TEXT:
      return plainText(o, cell, kind, IN_COPY);
    case COPY_JSON:
      return jsonColumn(o, cell, kind);
    case COPY_TEXT_ARRAY:
      return textArray(o, cell, kind);
    case COPY_BIGINT:
      return integerOf(o, cell, kind, 64);
    case COPY_INTEGER:
      return integerOf(o, cell, kind, 32);
    case COPY_DOUBLE:
      return numberOf(o, cell, kind);
    case COPY_BOOLEAN: {
      const value = truthOf(cell, kind);
      return value < 0 ? 0 : raw(o, value == 1 ? 0x74 : 0x66); // t f
    }
    case COPY_TIMESTAMP:
      return timestamp(o, cell, kind);
    case COPY_INET:
      if (!isShort(cell, kind) || !isAddress(addressOf(cell), lengthOf(cell))) return 0;
      return span(o, addressOf(cell), lengthOf(cell));
    case COPY_UUID:
      if (!isShort(cell, kind) || !isUuid(addressOf(cell), lengthOf(cell))) return 0;
      return span(o, addressOf(cell), lengthOf(cell));
    default:
      return 0;
  }
}

/** Any kind as text, escaped for where it goes. */
export function plainText(o: usize, cell: usize, kind: u32, style: u32): usize {
  const at = addressOf(cell);
  switch (kind) {
    case CLEAN:
      return span(o, at, lengthOf(cell));
    case TEXT:
      return text(o, at, at + lengthOf(cell), style);
    case JSON_STRING:
      return decoded(o, at, at + lengthOf(cell), style);
    case JSON_RAW:
    case LIST:
      nest(style);
      o = jsonValue(o, cell);
      nest(AS_IS);
      return o;
    default:
      return scalarText(o, cell, kind);
  }
}

function jsonColumn(o: usize, cell: usize, kind: u32): usize {
  const at = addressOf(cell);
  if (kind == JSON_RAW && !jsonNumbersFit(at, at + lengthOf(cell))) return 0;
  nest(IN_COPY);
  o = jsonValue(o, cell);
  nest(AS_IS);
  return o;
}

/** A short text or raw JSON without escapes. */
function isShort(cell: usize, kind: u32): bool {
  if (lengthOf(cell) > <usize>MAX_SCALAR_TEXT) return false;
  if (kind == JSON_STRING) return ((wordOf(cell) >>> 4) & ESCAPES) == 0;
  return kind == CLEAN || kind == TEXT || kind == JSON_RAW;
}

/** A whole number of at most `bits` bits; 0 when it is none. */
export function integerOf(o: usize, cell: usize, kind: u32, bits: u32): usize {
  const value = valueOf(cell);
  const whole = Math.trunc(value) == value && Math.abs(value) <= 9_007_199_254_740_991.0;
  if (kind == INT || (kind == FLOAT && whole)) {
    if (bits == 32 && (value < -2_147_483_648.0 || value > 2_147_483_647.0)) return 0;
    return integerText(o, value);
  }
  if (!isShort(cell, kind) || !isInteger(addressOf(cell), lengthOf(cell), bits)) return 0;
  return span(o, addressOf(cell), lengthOf(cell));
}

/** A number that a double can hold; 0 when it is none. */
export function numberOf(o: usize, cell: usize, kind: u32): usize {
  if (kind == INT) return integerText(o, valueOf(cell));
  if (kind == FLOAT) return floatText(o, cell);
  if (!isShort(cell, kind) || !isNumber(addressOf(cell), lengthOf(cell))) return 0;
  return span(o, addressOf(cell), lengthOf(cell));
}

/** 1, 0, or -1 when the cell is no truth value. */
export function truthOf(cell: usize, kind: u32): i32 {
  if (kind == BOOL) return valueOf(cell) == 1 ? 1 : 0;
  if (kind == JSON_RAW || !isShort(cell, kind)) return -1;
  const at = addressOf(cell);
  if (lengthOf(cell) == 4 && load<u32>(at) == 0x6575_7274) return 1; // true
  if (lengthOf(cell) == 5 && load<u32>(at) == 0x736c_6166 && load<u8>(at, 4) == 0x65) return 0; // false
  return -1;
}

/** ISO text in UTC; a text that names its zone counts as the time that it means. */
function timestamp(o: usize, cell: usize, kind: u32): usize {
  let ms = valueOf(cell);
  let nanos = <u32>addressOf(cell);
  let digits = lengthOf(cell);
  if (kind != TIME) {
    const at = addressOf(cell);
    if (!isShort(cell, kind) || parseTimestamp(at, at + digits) != at + digits || timeIsLocal())
      return 0;
    ms = timeMs();
    nanos = timeNanos();
    digits = timeDigits();
  }
  if (!(ms >= <f64>MIN_COPY_TIME && ms <= <f64>MAX_TIME)) return 0;
  return timeText(o, ms, nanos, digits);
}

/** `{"a","b"}`: a list's elements, those of a raw JSON array, or the one value. */
function textArray(o: usize, cell: usize, kind: u32): usize {
  const at = addressOf(cell);
  o = raw(o, 0x7b);
  if (kind == LIST) {
    const count = lengthOf(cell);
    for (let k: usize = 0; k < count; k++) {
      if (k > 0) o = raw(o, 0x2c);
      o = arrayElement(o, at + k * CELL_BYTES);
    }
  } else if (kind == JSON_RAW && load<u8>(at) == 0x5b) {
    o = jsonArray(o, at, at + lengthOf(cell));
  } else {
    o = arrayElement(o, cell);
  }
  return raw(o, 0x7d);
}

function nullElement(o: usize): usize {
  return raw(raw(raw(raw(o, 0x4e), 0x55), 0x4c), 0x4c); // NULL
}

function arrayElement(o: usize, cell: usize): usize {
  const kind = kindOf(cell);
  if (kind < CLEAN || kind > LIST) return nullElement(o);
  return raw(plainText(raw(o, QUOTE), cell, kind, IN_ARRAY), QUOTE);
}

/** Elements of a validated JSON array: strings decoded, other values as their JSON text. */
function jsonArray(o: usize, at: usize, end: usize): usize {
  let first = true;
  at++;
  while (at < end - 1) {
    const byte: u32 = load<u8>(at);
    if (byte == 0x20 || byte == 0x2c) {
      at++;
      continue;
    }
    const behind = min<usize>(jsonEnd(at, end), end - 1);
    if (!first) o = raw(o, 0x2c);
    first = false;
    if (byte == 0x6e) {
      o = nullElement(o);
    } else {
      o = raw(o, QUOTE);
      if (byte == QUOTE) {
        o = decoded(o, at + 1, behind - 1, IN_ARRAY);
      } else {
        nest(IN_ARRAY);
        o = json(o, at, behind - at);
        nest(AS_IS);
      }
      o = raw(o, QUOTE);
    }
    at = behind;
  }
  return o;
}

/** Address behind the JSON value at `at`. */
function jsonEnd(at: usize, end: usize): usize {
  let depth = 0;
  while (at < end) {
    const byte: u32 = load<u8>(at);
    if (byte == QUOTE) {
      at = behindString(at, end);
      if (depth == 0) return at;
      continue;
    }
    if (byte == 0x5b || byte == 0x7b) {
      depth++;
    } else if (byte == 0x5d || byte == 0x7d) {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    } else if (depth == 0 && (byte == 0x2c || byte == 0x20)) {
      return at;
    }
    at++;
  }
  return end;
}
