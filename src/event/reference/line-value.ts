import { ABSENT, BOOL, FLOAT, INT, kindOf, NULL, TIME } from '../cell.ts';
import type { Address } from '../memory.ts';
import {
  FIELD_ANY,
  FIELD_BOOLEAN,
  FIELD_FLOAT,
  FIELD_INTEGER,
  FIELD_STRING,
  MAX_STAMP,
} from '../ops.ts';
import { integerText, numberText, plainText, truth } from './copy-value.ts';
import { IN_FIELD, type Out } from './out.ts';

/** What became of a field. */
export const FIELD_WRITTEN = 0;
export const FIELD_ABSENT = 1;
export const FIELD_MISFIT = 2;

/** `key=value,` of line protocol. */
export function lineField(
  out: Out,
  cell: Address,
  key: Address,
  keyLength: number,
  declared: number,
): number {
  const kind = kindOf(out.memory.u32[(cell >>> 2) + 1] as number);
  if (kind === ABSENT || kind >= NULL) return FIELD_ABSENT;
  const type = declared === FIELD_ANY ? typeOf(kind) : declared;
  let text: string | undefined;
  if (type === FIELD_INTEGER) {
    text = integerText(out.memory, cell, kind, 64);
    if (text !== undefined) text += 'i';
  } else if (type === FIELD_FLOAT) {
    text = numberText(out.memory, cell, kind);
  } else if (type === FIELD_BOOLEAN) {
    const value = truth(out.memory, cell, kind);
    if (value !== undefined) text = value === 1 ? 'true' : 'false';
  }
  if (text === undefined && type !== FIELD_STRING) return FIELD_MISFIT;
  out.span(key, keyLength);
  if (text === undefined) {
    out.byte(0x22);
    plainText(out, cell, kind, IN_FIELD);
    out.byte(0x22);
  } else {
    out.ascii(text);
  }
  out.byte(0x2c);
  return FIELD_WRITTEN;
}

function typeOf(kind: number): number {
  switch (kind) {
    case INT:
      return FIELD_INTEGER;
    case FLOAT:
      return FIELD_FLOAT;
    case BOOL:
      return FIELD_BOOLEAN;
    default:
      return FIELD_STRING;
  }
}

/** Nanoseconds since 1970 of a TIME that InfluxDB can hold, else of the fallback, else nothing. */
export function lineStamp(out: Out, cell: Address, fallback: Address): boolean {
  const { u32, f64 } = out.memory;
  for (const at of [cell, fallback]) {
    const ms = f64[(at >>> 3) + 1] as number;
    if (kindOf(u32[(at >>> 2) + 1] as number) !== TIME || Math.abs(ms) > MAX_STAMP) continue;
    out.ascii(String(BigInt(ms) * 1_000_000n + BigInt(u32[at >>> 2] as number)));
    return true;
  }
  return false;
}
