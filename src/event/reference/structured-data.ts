import type { Address, CoreMemory } from '../memory.ts';
import { MAX_SD_PARAMS } from '../syslog-words.ts';

const SP = 0x20;
const QUOTE = 0x22;
const EQUALS = 0x3d;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;

/** What `readStructuredData` found. */
export interface StructuredData {
  /** The elements as one JSON object; undefined for the nil value. */
  json: string | undefined;
  /** Behind the last byte that was read: where it went wrong, if it did. */
  end: Address;
}

/**
 * RFC 5424 section 6.3 as a JSON object: SD-ID → { PARAM-NAME: value }. A repeated parameter becomes an array,
 * repeated SD-IDs become one.
 *
 *   STRUCTURED-DATA = "-" / 1*("[" SD-ID *(SP PARAM-NAME "=" %d34 PARAM-VALUE %d34) "]")
 *
 * @returns false when the bytes are something else
 */
export function readStructuredData(
  memory: CoreMemory,
  at: Address,
  end: Address,
  out: StructuredData,
): boolean {
  const { u8 } = memory;
  out.json = undefined;
  out.end = at;
  if (at < end && u8[at] === 0x2d) {
    out.end = at + 1;
    return true;
  }
  const elements = new Map<string, Map<string, string[]>>();
  let p = at;
  let parts = 0;
  const name = (): string | undefined => {
    const start = p;
    while (p < end && isNameByte(u8[p] as number)) p++;
    out.end = p;
    return p === start ? undefined : memory.bytes.toString('latin1', start, p);
  };
  while (p < end && u8[p] === OPEN) {
    p++;
    const id = name();
    if (id === undefined || ++parts > MAX_SD_PARAMS) return false;
    let params = elements.get(id);
    if (params === undefined) elements.set(id, (params = new Map<string, string[]>()));
    while (p < end && u8[p] === SP) {
      p++;
      const key = name();
      if (key === undefined || ++parts > MAX_SD_PARAMS) return false;
      if (p + 1 >= end || u8[p] !== EQUALS || u8[p + 1] !== QUOTE) return false;
      const start = p + 2;
      p = closingQuote(u8, start, end);
      out.end = p;
      if (p === end) return false;
      const value = memory.bytes.toString('utf8', start, p).replace(/\\(["\\\]])/g, '$1');
      const known = params.get(key);
      if (known === undefined) params.set(key, [value]);
      else known.push(value);
      p++;
    }
    out.end = p;
    if (p === end || u8[p] !== CLOSE) return false;
    p++;
  }
  out.end = p;
  if (parts === 0) return false;
  out.json = toJson(elements);
  return true;
}

/** SD-NAME: printable ASCII without `=`, `]` and `"`. */
function isNameByte(byte: number): boolean {
  return byte > SP && byte < 0x7f && byte !== EQUALS && byte !== CLOSE && byte !== QUOTE;
}

function closingQuote(u8: Uint8Array, at: Address, end: Address): Address {
  let p = at;
  while (p < end && u8[p] !== QUOTE) {
    const isEscape =
      u8[p] === BACKSLASH &&
      p + 1 < end &&
      (u8[p + 1] === QUOTE || u8[p + 1] === BACKSLASH || u8[p + 1] === CLOSE);
    p += isEscape ? 2 : 1;
  }
  return p;
}

function toJson(elements: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>): string {
  const members: string[] = [];
  for (const [id, params] of elements) {
    const inner: string[] = [];
    for (const [key, values] of params) {
      const value = values.length === 1 ? JSON.stringify(values[0]) : JSON.stringify(values);
      inner.push(`${JSON.stringify(key)}:${value}`);
    }
    members.push(`${JSON.stringify(id)}:{${inner.join(',')}}`);
  }
  return `{${members.join(',')}}`;
}
