import {
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
} from '../cell.ts';
import type { Address, CoreMemory } from '../memory.ts';
import { isNumber } from '../scalar-text.ts';
import { formatNumber } from '../text.ts';
import { formatTime } from '../time.ts';
import { IN_JSON, type Out } from './out.ts';

/** Text of an INT, FLOAT, BOOL or TIME; undefined for other kinds. */
export function scalarText(memory: CoreMemory, cell: Address): string | undefined {
  const word = memory.u32[(cell >>> 2) + 1] as number;
  const address = memory.u32[cell >>> 2] as number;
  const value = memory.f64[(cell >>> 3) + 1] as number;
  switch (kindOf(word)) {
    case INT:
      return formatNumber(value);
    case FLOAT: {
      const source = memory.bytes.toString(
        'latin1',
        address,
        address + Math.min(lengthOf(word), 33),
      );
      return isNumber(source) ? source : formatNumber(value);
    }
    case BOOL:
      return value === 1 ? 'true' : 'false';
    case TIME:
      return formatTime(value, address, lengthOf(word));
    default:
      return undefined;
  }
}

/** The cell as a JSON value. An absent cell, which only a list can hold, is null. */
export function jsonValue(out: Out, cell: Address): void {
  const { u32 } = out.memory;
  const word = u32[(cell >>> 2) + 1] as number;
  const address = u32[cell >>> 2] as number;
  const length = lengthOf(word);
  switch (kindOf(word)) {
    case CLEAN:
    case TEXT:
    case JSON_STRING:
      out.byte(0x22);
      jsonInside(out, cell);
      out.byte(0x22);
      break;
    case JSON_RAW:
      out.json(address, length);
      break;
    case INT:
    case FLOAT:
    case BOOL:
      out.ascii(scalarText(out.memory, cell) as string);
      break;
    case TIME:
      out.ascii(`"${scalarText(out.memory, cell)}"`);
      break;
    case LIST:
      jsonList(out, address, length);
      break;
    default:
      out.ascii('null');
  }
}

/** The inside of a JSON string; nothing for kinds that are no text. */
export function jsonInside(out: Out, cell: Address): void {
  const { u32 } = out.memory;
  const word = u32[(cell >>> 2) + 1] as number;
  const address = u32[cell >>> 2] as number;
  const length = lengthOf(word);
  const kind = kindOf(word);
  if (kind === CLEAN) out.span(address, length);
  else if (kind === JSON_STRING) out.json(address, length);
  else if (kind === TEXT) out.text(address, address + length, IN_JSON);
}

function jsonList(out: Out, first: Address, count: number): void {
  out.byte(0x5b);
  for (let k = 0; k < count; k++) {
    if (k > 0) out.byte(0x2c);
    const cell = first + k * CELL_BYTES;
    // A list within a list is raw JSON; a cell that says otherwise would let this recurse without end.
    if (kindOf(out.memory.u32[(cell >>> 2) + 1] as number) === LIST) out.ascii('null');
    else jsonValue(out, cell);
  }
  out.byte(0x5d);
}
