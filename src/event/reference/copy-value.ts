import {
  ABSENT,
  BOOL,
  CELL_BYTES,
  CLEAN,
  ESCAPES,
  FLOAT,
  flagsOf,
  INT,
  JSON_RAW,
  JSON_STRING,
  kindOf,
  LIST,
  lengthOf,
  NULL,
  TEXT,
  TIME,
} from '../cell.ts';
import type { Address, CoreMemory } from '../memory.ts';
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
} from '../ops.ts';
import {
  isAddress,
  isInteger,
  isNumber,
  isUuid,
  jsonNumbersFit,
  readTimestamp,
} from '../scalar-text.ts';
import { formatTime } from '../time.ts';
import { jsonValue, scalarText } from './json-value.ts';
import { AS_IS, IN_ARRAY, IN_COPY, type Out } from './out.ts';

/**
 * The cell as a column of COPY text (PostgreSQL, section COPY, "Text Format").
 * @returns false when a value is there but does not fit the type: `\N` stands for it
 */
export function copyValue(out: Out, cell: Address, type: number): boolean {
  const kind = kindOf(out.memory.u32[(cell >>> 2) + 1] as number);
  const present = kind !== ABSENT && kind < NULL;
  const fits = present && typedValue(out, cell, kind, type);
  if (!fits) out.ascii('\\N');
  return fits || !present;
}

function typedValue(out: Out, cell: Address, kind: number, type: number): boolean {
  switch (type) {
    case COPY_TEXT:
      plainText(out, cell, kind, IN_COPY);
      return true;
    case COPY_JSON:
      return json(out, cell, kind);
    case COPY_TEXT_ARRAY:
      textArray(out, cell, kind);
      return true;
    default: {
      const text = typedScalar(out.memory, cell, kind, type);
      if (text !== undefined) out.ascii(text);
      return text !== undefined;
    }
  }
}

/** Any kind as text, escaped for where it goes. */
export function plainText(out: Out, cell: Address, kind: number, style: number): void {
  const { u32 } = out.memory;
  const word = u32[(cell >>> 2) + 1] as number;
  const address = u32[cell >>> 2] as number;
  const length = lengthOf(word);
  if (kind === CLEAN) out.span(address, length);
  else if (kind === TEXT) out.text(address, address + length, style);
  else if (kind === JSON_STRING) out.decoded(address, address + length, style);
  else if (kind === JSON_RAW || kind === LIST) {
    out.outer = style;
    jsonValue(out, cell);
    out.outer = AS_IS;
  } else {
    out.ascii(scalarText(out.memory, cell) as string);
  }
}

function json(out: Out, cell: Address, kind: number): boolean {
  const { u8, u32 } = out.memory;
  const address = u32[cell >>> 2] as number;
  const length = lengthOf(u32[(cell >>> 2) + 1] as number);
  if (kind === JSON_RAW && !jsonNumbersFit(u8, address, address + length)) return false;
  out.outer = IN_COPY;
  jsonValue(out, cell);
  out.outer = AS_IS;
  return true;
}

/** The text of a short text or raw JSON without escapes, as latin1; undefined for other cells. */
export function shortText(memory: CoreMemory, cell: Address, kind: number): string | undefined {
  const word = memory.u32[(cell >>> 2) + 1] as number;
  const textual =
    kind === CLEAN ||
    kind === TEXT ||
    kind === JSON_RAW ||
    (kind === JSON_STRING && (flagsOf(word) & ESCAPES) === 0);
  if (!textual || lengthOf(word) > MAX_SCALAR_TEXT) return undefined;
  const address = memory.u32[cell >>> 2] as number;
  return memory.bytes.toString('latin1', address, address + lengthOf(word));
}

/** Text of a whole number of at most `bits` bits, or undefined. */
export function integerText(
  memory: CoreMemory,
  cell: Address,
  kind: number,
  bits: number,
): string | undefined {
  const value = memory.f64[(cell >>> 3) + 1] as number;
  const text =
    kind === INT || (kind === FLOAT && Number.isSafeInteger(value))
      ? String(value)
      : shortText(memory, cell, kind);
  return text !== undefined && isInteger(text, bits) ? text : undefined;
}

/** Text of a number that a double can hold, or undefined. */
export function numberText(memory: CoreMemory, cell: Address, kind: number): string | undefined {
  if (kind === INT || kind === FLOAT) return scalarText(memory, cell);
  const text = shortText(memory, cell, kind);
  return text !== undefined && isNumber(text) ? text : undefined;
}

/** 1, 0, or undefined when the cell is no truth value. */
export function truth(memory: CoreMemory, cell: Address, kind: number): number | undefined {
  if (kind === BOOL) return memory.f64[(cell >>> 3) + 1] === 1 ? 1 : 0;
  const text = kind === JSON_RAW ? undefined : shortText(memory, cell, kind);
  return text === 'true' ? 1 : text === 'false' ? 0 : undefined;
}

function typedScalar(
  memory: CoreMemory,
  cell: Address,
  kind: number,
  type: number,
): string | undefined {
  switch (type) {
    case COPY_BIGINT:
      return integerText(memory, cell, kind, 64);
    case COPY_INTEGER:
      return integerText(memory, cell, kind, 32);
    case COPY_DOUBLE:
      return numberText(memory, cell, kind);
    case COPY_BOOLEAN: {
      const value = truth(memory, cell, kind);
      return value === undefined ? undefined : value === 1 ? 't' : 'f';
    }
    case COPY_TIMESTAMP:
      return timestampText(memory, cell, kind);
    case COPY_INET:
    case COPY_UUID: {
      const text = shortText(memory, cell, kind);
      if (text === undefined) return undefined;
      return (type === COPY_INET ? isAddress(text) : isUuid(text)) ? text : undefined;
    }
    default:
      return undefined;
  }
}

/** ISO text in UTC. A text that names its zone counts as the time that it means. */
function timestampText(memory: CoreMemory, cell: Address, kind: number): string | undefined {
  let ms = memory.f64[(cell >>> 3) + 1] as number;
  let nanos = memory.u32[cell >>> 2] as number;
  let digits = lengthOf(memory.u32[(cell >>> 2) + 1] as number);
  if (kind !== TIME) {
    if (shortText(memory, cell, kind) === undefined) return undefined;
    const read = readTimestamp(memory.u8, nanos, nanos + digits);
    if (read === undefined) return undefined;
    ({ ms, nanos, digits } = read);
  }
  return ms >= MIN_COPY_TIME && ms <= MAX_TIME ? formatTime(ms, nanos, digits) : undefined;
}

/** `{"a","b"}`: a list's elements, those of a raw JSON array, or the one value. */
function textArray(out: Out, cell: Address, kind: number): void {
  const { u8, u32 } = out.memory;
  const address = u32[cell >>> 2] as number;
  const length = lengthOf(u32[(cell >>> 2) + 1] as number);
  out.byte(0x7b);
  if (kind === LIST) {
    for (let k = 0; k < length; k++) {
      if (k > 0) out.byte(0x2c);
      arrayElement(out, address + k * CELL_BYTES);
    }
  } else if (kind === JSON_RAW && u8[address] === 0x5b) {
    jsonArray(out, address, address + length);
  } else {
    arrayElement(out, cell);
  }
  out.byte(0x7d);
}

function arrayElement(out: Out, cell: Address): void {
  const kind = kindOf(out.memory.u32[(cell >>> 2) + 1] as number);
  if (kind < CLEAN || kind > LIST) {
    out.ascii('NULL');
    return;
  }
  out.byte(0x22);
  plainText(out, cell, kind, IN_ARRAY);
  out.byte(0x22);
}

/** Elements of a validated JSON array: strings decoded, other values as their JSON text. */
function jsonArray(out: Out, address: Address, end: Address): void {
  const u8 = out.memory.u8;
  let first = true;
  for (let p = address + 1; p < end - 1; ) {
    const byte = u8[p] as number;
    if (byte === 0x20 || byte === 0x2c) {
      p++;
      continue;
    }
    const behind = Math.min(jsonEnd(u8, p, end), end - 1);
    if (!first) out.byte(0x2c);
    first = false;
    if (byte === 0x6e) {
      out.ascii('NULL'); // null
    } else {
      out.byte(0x22);
      if (byte === 0x22) out.decoded(p + 1, behind - 1, IN_ARRAY);
      else {
        out.outer = IN_ARRAY;
        out.json(p, behind - p);
        out.outer = AS_IS;
      }
      out.byte(0x22);
    }
    p = behind;
  }
}

/** Address behind the JSON value at `at`. */
function jsonEnd(u8: Uint8Array, at: Address, end: Address): Address {
  let depth = 0;
  let p = at;
  while (p < end) {
    const byte = u8[p] as number;
    if (byte === 0x22) {
      p++;
      while (p < end && u8[p] !== 0x22) p += u8[p] === 0x5c ? 2 : 1;
      if (depth === 0) return p + 1;
    } else if (byte === 0x5b || byte === 0x7b) {
      depth++;
    } else if (byte === 0x5d || byte === 0x7d) {
      if (depth === 0) return p;
      if (--depth === 0) return p + 1;
    } else if (depth === 0 && (byte === 0x2c || byte === 0x20)) {
      return p;
    }
    p++;
  }
  return end;
}
