import { CELL_BYTES, CLEAN, INT, JSON_RAW, LOCAL_TIME, meta, TEXT, TIME } from '../cell.ts';
import type { Address, CoreMemory } from '../memory.ts';
import { SLACK } from '../memory.ts';
import { DROPPED, FLAGS, RAW_ADDRESS, RAW_LENGTH, UNPARSED } from '../row.ts';
import { SYSLOG_COLUMNS } from '../syslog-fields.ts';
import { FACILITY_NAMES_WORD, SEVERITY_NAMES_WORD } from '../syslog-words.ts';
import { newTimestamp, parseTimestamp } from '../time.ts';
import { readStructuredData, type StructuredData } from './structured-data.ts';

/** The part of the grammar that a record breaks. */
export type Malformed =
  | 'PRI'
  | 'VERSION'
  | 'TIMESTAMP'
  | 'HOSTNAME'
  | 'APP-NAME'
  | 'PROCID'
  | 'MSGID'
  | 'STRUCTURED-DATA';

/** A token of the header; length 0 = nil. */
interface Token {
  address: Address;
  length: number;
  clean: boolean;
}

interface Message5424 {
  priority: number;
  version: number;
  hasTime: boolean;
  readonly hostname: Token;
  readonly appname: Token;
  readonly procid: Token;
  readonly msgid: Token;
  readonly structuredData: StructuredData;
  message: Address;
  end: Address;
  /** Where it went wrong. */
  at: Address;
}

const newToken = (): Token => ({ address: 0, length: 0, clean: true });
const time = newTimestamp();
const parsed: Message5424 = {
  priority: 0,
  version: 0,
  hasTime: false,
  hostname: newToken(),
  appname: newToken(),
  procid: newToken(),
  msgid: newToken(),
  structuredData: { json: undefined, end: 0 },
  message: 0,
  end: 0,
  at: 0,
};

/**
 * RFC 5424 section 6:
 *
 *   SYSLOG-MSG = "<" PRIVAL ">" VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID SP STRUCTURED-DATA [SP MSG]
 *
 * Lenient: a time stamp without a zone or with up to nine fraction digits, tokens longer than the limits and with any
 * bytes but SP, any SD-ID, an element without parameters. NUL, CR and LF at the very end belong to the transport.
 */
function read(memory: CoreMemory, at: Address, length: number): Malformed | undefined {
  const { u8 } = memory;
  let end = at + length;
  while (end > at && isEnding(u8[end - 1] as number)) end--;
  parsed.end = end;
  parsed.at = at;
  let p = readPriority(u8, at, end);
  if (p === 0) return 'PRI';
  parsed.at = p;
  p = readVersion(u8, p, end);
  if (p === 0) return 'VERSION';
  parsed.at = p;
  p = readTime(u8, p, end);
  if (p === 0) return 'TIMESTAMP';
  parsed.at = p;
  p = readToken(u8, p, end, parsed.hostname);
  if (p === 0) return 'HOSTNAME';
  parsed.at = p;
  p = readToken(u8, p, end, parsed.appname);
  if (p === 0) return 'APP-NAME';
  parsed.at = p;
  p = readToken(u8, p, end, parsed.procid);
  if (p === 0) return 'PROCID';
  parsed.at = p;
  p = readToken(u8, p, end, parsed.msgid);
  if (p === 0) return 'MSGID';
  const good = readStructuredData(memory, p, end, parsed.structuredData);
  p = parsed.structuredData.end;
  parsed.at = p;
  if (!good || (p < end && u8[p] !== 0x20)) return 'STRUCTURED-DATA';
  p = Math.min(p + 1, end);
  if (end - p >= 3 && u8[p] === 0xef && u8[p + 1] === 0xbb && u8[p + 2] === 0xbf) p += 3; // BOM
  parsed.message = p;
  return undefined;
}

/**
 * Why a record is not RFC 5424, for people; the routine itself only says that it is not.
 * @returns the part and the offset of it, or undefined for a good record; `version` 0 when it did not come to that
 */
export function explain5424(
  memory: CoreMemory,
  at: Address,
  length: number,
): { readonly part: Malformed; readonly offset: number; readonly version: number } | undefined {
  parsed.version = 0;
  const part = read(memory, at, length);
  if (part === undefined) return undefined;
  return { part, offset: parsed.at - at, version: parsed.version };
}

function readPriority(u8: Uint8Array, at: Address, end: Address): Address {
  let p = at + 1;
  let value = 0;
  if (at >= end || u8[at] !== 0x3c) return 0; // <
  while (p < end && p - at <= 3 && isDigit(u8[p] as number)) {
    value = value * 10 + (u8[p] as number) - 0x30;
    p++;
  }
  if (p === at + 1 || p >= end || u8[p] !== 0x3e || value > 191) return 0; // >
  parsed.priority = value;
  return p + 1;
}

/** NONZERO-DIGIT 0*2DIGIT SP. */
function readVersion(u8: Uint8Array, at: Address, end: Address): Address {
  let p = at;
  let value = 0;
  if (p < end && u8[p] === 0x30) return 0;
  while (p < end && p - at < 3 && isDigit(u8[p] as number)) {
    value = value * 10 + (u8[p] as number) - 0x30;
    p++;
  }
  if (p === at || p >= end || u8[p] !== 0x20) return 0;
  parsed.version = value;
  return p + 1;
}

function readTime(u8: Uint8Array, at: Address, end: Address): Address {
  if (end - at >= 2 && u8[at] === 0x2d && u8[at + 1] === 0x20) {
    parsed.hasTime = false;
    return at + 2;
  }
  parsed.hasTime = true;
  const p = parseTimestamp(u8, at, end, time);
  // SP between date and time would make two tokens of it.
  if (p === 0 || p >= end || u8[p] !== 0x20 || u8[at + 10] === 0x20) return 0;
  return p + 1;
}

/** One or more bytes up to SP. */
function readToken(u8: Uint8Array, at: Address, end: Address, token: Token): Address {
  let p = at;
  let clean = true;
  while (p < end && u8[p] !== 0x20) {
    const byte = u8[p] as number;
    if (byte < 0x20 || byte >= 0x80 || byte === 0x22 || byte === 0x5c) clean = false;
    p++;
  }
  if (p === at || p === end) return 0;
  const isNil = p - at === 1 && u8[at] === 0x2d;
  token.address = at;
  token.length = isNil ? 0 : p - at;
  token.clean = clean;
  return p + 1;
}

/** RFC 5424 header, structured data and message into cells. Contract in core.ts. */
export function syslog5424(
  memory: CoreMemory,
  result: Uint32Array,
  table: Address,
  stride: number,
  count: number,
  fields: Address,
  side: Address,
  sideEnd: Address,
): Address {
  const { u32, f64 } = memory;
  const [
    priority,
    version,
    severityCode,
    severityName,
    facilityCode,
    facilityName,
    timestamp,
    hostname,
    appname,
    pid,
    procid,
    msgid,
    structuredData,
    message,
  ] = SYSLOG_COLUMNS.map((_, k) => {
    const offset = u32[(fields >>> 2) + k] as number;
    return offset + CELL_BYTES <= stride ? offset : 0;
  }) as Offsets;

  const put = (
    row: Address,
    offset: number,
    address: number,
    word: number,
    value: number,
  ): void => {
    if (offset === 0) return;
    const cell = row + offset;
    u32[cell >>> 2] = address;
    u32[(cell >>> 2) + 1] = word;
    f64[(cell >>> 3) + 1] = value;
  };
  const putName = (row: Address, offset: number, word: number): void => {
    const at = (fields >>> 2) + word;
    put(row, offset, u32[at] as number, meta(CLEAN, u32[at + 1] as number), 0);
  };
  const putToken = (row: Address, offset: number, token: Token): void => {
    if (token.length === 0) return;
    put(row, offset, token.address, meta(token.clean ? CLEAN : TEXT, token.length), 0);
  };

  let next = side;
  for (let k = 0; k < count; k++) {
    const row = table + k * stride;
    const header = row >>> 2;
    if (((u32[header + FLAGS] as number) & DROPPED) !== 0) continue;
    const raw = u32[header + RAW_ADDRESS] as number;
    if (read(memory, raw, u32[header + RAW_LENGTH] as number) !== undefined) {
      u32[header + FLAGS] = ((u32[header + FLAGS] as number) | UNPARSED) >>> 0;
      continue;
    }
    const { json } = parsed.structuredData;
    if (json !== undefined && structuredData !== 0) {
      const bytes = Buffer.byteLength(json);
      if (next + bytes + SLACK > sideEnd) {
        result[0] = k;
        return 0;
      }
      memory.bytes.write(json, next, 'utf8');
      put(row, structuredData, next, meta(JSON_RAW, bytes), 0);
      next += bytes;
    }
    u32[header + FLAGS] = ((u32[header + FLAGS] as number) & ~UNPARSED) >>> 0;
    const pri = parsed.priority;
    put(row, priority, 0, meta(INT, 0), pri);
    put(row, version, 0, meta(INT, 0), parsed.version);
    put(row, severityCode, 0, meta(INT, 0), pri & 7);
    putName(row, severityName, SEVERITY_NAMES_WORD + 2 * (pri & 7));
    put(row, facilityCode, 0, meta(INT, 0), pri >>> 3);
    putName(row, facilityName, FACILITY_NAMES_WORD + 2 * (pri >>> 3));
    if (parsed.hasTime) {
      const word = meta(TIME, time.digits, time.local ? LOCAL_TIME : 0);
      put(row, timestamp, time.nanos, word, time.ms);
    }
    putToken(row, hostname, parsed.hostname);
    putToken(row, appname, parsed.appname);
    putToken(row, msgid, parsed.msgid);
    const number = decimal(memory.u8, parsed.procid);
    if (number < 0) putToken(row, procid, parsed.procid);
    else put(row, pid, parsed.procid.address, meta(INT, parsed.procid.length), number);
    const length = parsed.end - parsed.message;
    if (length > 0) put(row, message, parsed.message, meta(TEXT, length), 0);
  }
  result[0] = count;
  return next;
}

type Offsets = [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

/** The token as a process number (at most 15 digits, no leading zero), or -1. */
function decimal(u8: Uint8Array, token: Token): number {
  const { address, length } = token;
  if (length === 0 || length > 15 || (length > 1 && u8[address] === 0x30)) return -1;
  let value = 0;
  for (let k = 0; k < length; k++) {
    const byte = u8[address + k] as number;
    if (!isDigit(byte)) return -1;
    value = value * 10 + byte - 0x30;
  }
  return value;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isEnding(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d || byte === 0x00;
}
