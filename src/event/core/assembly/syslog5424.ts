import { FACILITY_NAMES_WORD, SEVERITY_NAMES_WORD } from '../../syslog-words';
import { find, isDigit, isEnding, SP } from './bytes';
import { CELL_BYTES, CLEAN, INT, JSON_RAW, TEXT, TIME } from './cell';
import { answer } from './result';
import { DROPPED, FLAGS, RAW_ADDRESS, RAW_LENGTH, UNPARSED } from './row';
import {
  copiedEnd,
  copyStructuredData,
  hasStructuredData,
  readStructuredData,
  writeStructuredData,
} from './structured-data';
import { parseTimestamp, timeDigits, timeIsLocal, timeMs, timeNanos } from './time';

/** Order of the words in the table of ../../syslog-fields.ts. */
const PRIORITY: usize = 0;
const VERSION: usize = 4;
const SEVERITY_CODE: usize = 8;
const SEVERITY_NAME: usize = 12;
const FACILITY_CODE: usize = 16;
const FACILITY_NAME: usize = 20;
const TIMESTAMP: usize = 24;
const HOSTNAME: usize = 28;
const APPNAME: usize = 32;
const PID: usize = 36;
const PROCID: usize = 40;
const MSGID: usize = 44;
const STRUCTURED_DATA: usize = 48;
const MESSAGE: usize = 52;
const COLUMNS_BYTES: usize = 56;

/** The columns with those beyond the row taken out. */
const CELLS: usize = memory.data(64, 16);

let priority: u32 = 0;
let version: u32 = 0;
let hasTime: bool = false;
let hostname: usize = 0;
let hostnameWord: u32 = 0;
let appname: usize = 0;
let appnameWord: u32 = 0;
let procid: usize = 0;
let procidWord: u32 = 0;
let msgid: usize = 0;
let msgidWord: u32 = 0;
/** The structured data is in the side buffer already. */
let isCopied: bool = false;
let message: usize = 0;
let messageEnd: usize = 0;
/** Length and kind of what `readToken` read; 0 = nil. */
let tokenWord: u32 = 0;

/** See ../../reference/syslog5424.ts. */
export function syslog5424(
  table: usize,
  stride: usize,
  count: u32,
  fields: usize,
  side: usize,
  sideEnd: usize,
): usize {
  for (let k: usize = 0; k < COLUMNS_BYTES; k += 4) {
    const offset = <usize>load<u32>(fields + k);
    store<u32>(CELLS + k, offset + CELL_BYTES <= stride ? <u32>offset : 0);
  }
  let next = side;
  let row = table;
  for (let k: u32 = 0; k < count; k++, row += stride) {
    const flags = load<u32>(row, FLAGS);
    if ((flags & DROPPED) != 0) continue;
    const limit = load<u32>(CELLS, STRUCTURED_DATA) == 0 ? 0 : sideEnd;
    if (!readRecord(load<u32>(row, RAW_ADDRESS), load<u32>(row, RAW_LENGTH), next, limit)) {
      store<u32>(row, flags | UNPARSED, FLAGS);
      continue;
    }
    if (isCopied || (limit != 0 && hasStructuredData())) {
      const end = isCopied ? copiedEnd() : writeStructuredData(next, sideEnd);
      if (end == 0) {
        answer(0, k);
        return 0;
      }
      put(row, STRUCTURED_DATA, next, (<u32>(end - next) << 8) | JSON_RAW, 0);
      next = end;
    }
    store<u32>(row, flags & ~UNPARSED, FLAGS);
    fillRow(row, fields);
  }
  answer(0, count);
  return next;
}

@inline
function put(row: usize, column: usize, address: usize, word: u32, value: f64): void {
  const offset = <usize>load<u32>(CELLS + column);
  if (offset == 0) return;
  store<u32>(row + offset, <u32>address);
  store<u32>(row + offset, word, 4);
  store<f64>(row + offset, value, 8);
}

@inline
function putName(row: usize, column: usize, names: usize): void {
  put(row, column, load<u32>(names), (load<u32>(names, 4) << 8) | CLEAN, 0);
}

@inline
function putToken(row: usize, column: usize, address: usize, word: u32): void {
  if (word != 0) put(row, column, address, word, 0);
}

function fillRow(row: usize, fields: usize): void {
  const severity = <usize>(priority & 7);
  const facility = <usize>(priority >>> 3);
  put(row, PRIORITY, 0, INT, <f64>priority);
  put(row, VERSION, 0, INT, <f64>version);
  put(row, SEVERITY_CODE, 0, INT, <f64>severity);
  putName(row, SEVERITY_NAME, fields + (<usize>SEVERITY_NAMES_WORD << 2) + (severity << 3));
  put(row, FACILITY_CODE, 0, INT, <f64>facility);
  putName(row, FACILITY_NAME, fields + (<usize>FACILITY_NAMES_WORD << 2) + (facility << 3));
  if (hasTime) {
    const word = (timeDigits() << 8) | (<u32>timeIsLocal() << 4) | TIME;
    put(row, TIMESTAMP, timeNanos(), word, timeMs());
  }
  putToken(row, HOSTNAME, hostname, hostnameWord);
  putToken(row, APPNAME, appname, appnameWord);
  putToken(row, MSGID, msgid, msgidWord);
  const pid = decimal(procid, procidWord >>> 8);
  if (pid < 0) putToken(row, PROCID, procid, procidWord);
  else put(row, PID, procid, (procidWord & ~0xff) | INT, <f64>pid);
  const length = <u32>(messageEnd - message);
  if (length > 0) put(row, MESSAGE, message, (length << 8) | TEXT, 0);
}

/**
 * Reads into the variables above.
 * @param side where the usual structured data goes at once
 * @returns false when the record is malformed
 */
function readRecord(at: usize, length: usize, side: usize, limit: usize): bool {
  let end = at + length;
  while (end > at && isEnding(load<u8>(end - 1))) end--;
  let p = readPriority(at, end);
  if (p == 0) return false;
  p = readVersion(p, end);
  if (p == 0) return false;
  p = readTime(p, end);
  if (p == 0) return false;
  hostname = p;
  p = readToken(p, end);
  if (p == 0) return false;
  hostnameWord = tokenWord;
  appname = p;
  p = readToken(p, end);
  if (p == 0) return false;
  appnameWord = tokenWord;
  procid = p;
  p = readToken(p, end);
  if (p == 0) return false;
  procidWord = tokenWord;
  msgid = p;
  p = readToken(p, end);
  if (p == 0) return false;
  msgidWord = tokenWord;
  const data = p;
  p = copyStructuredData(data, end, side, limit);
  isCopied = p != 0;
  if (p == 0) p = readStructuredData(data, end);
  if (p == 0 || (p < end && load<u8>(p) != SP)) return false;
  if (p < end) p++;
  if (p + 3 <= end && (load<u32>(p) & 0xff_ff_ff) == 0xbf_bb_ef) p += 3; // BOM
  message = p;
  messageEnd = end;
  return true;
}

@inline
function readPriority(at: usize, end: usize): usize {
  if (at >= end || load<u8>(at) != 0x3c) return 0; // <
  let p = at + 1;
  let value: u32 = 0;
  while (p < end && p - at <= 3 && isDigit(load<u8>(p))) value = value * 10 + load<u8>(p++) - 0x30;
  if (p == at + 1 || p >= end || load<u8>(p) != 0x3e || value > 191) return 0; // >
  priority = value;
  return p + 1;
}

@inline
function readVersion(at: usize, end: usize): usize {
  let p = at;
  let value: u32 = 0;
  if (p < end && load<u8>(p) == 0x30) return 0;
  while (p < end && p - at < 3 && isDigit(load<u8>(p))) value = value * 10 + load<u8>(p++) - 0x30;
  if (p == at || p >= end || load<u8>(p) != SP) return 0;
  version = value;
  return p + 1;
}

@inline
function readTime(at: usize, end: usize): usize {
  hasTime = false;
  if (at + 2 <= end && load<u16>(at) == 0x202d) return at + 2; // - SP
  hasTime = true;
  const p = parseTimestamp(at, end);
  if (p == 0 || p >= end || load<u8>(p) != SP || load<u8>(at, 10) == SP) return 0;
  return p + 1;
}

/** One or more bytes up to SP; sets `tokenWord`. @returns the address behind the SP, or 0 */
function readToken(at: usize, end: usize): usize {
  const bytes = v128.load(at);
  const stop = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(<i8>SP)));
  if (stop == 0) return readLongToken(at, end);
  const length: u32 = ctz(stop);
  if (length == 0 || at + length >= end) return 0;
  const isNil = length == 1 && load<u8>(at) == 0x2d;
  const kind = (uncleanBytes(bytes) & ((1 << length) - 1)) == 0 ? CLEAN : TEXT;
  tokenWord = isNil ? 0 : (length << 8) | kind;
  return at + length + 1;
}

function readLongToken(at: usize, end: usize): usize {
  const stop = find(at, end, <u8>SP);
  if (stop == end || stop == at) return 0;
  let unclean: i32 = 0;
  let p = at;
  for (; p + 16 <= stop; p += 16) unclean |= uncleanBytes(v128.load(p));
  if (p < stop) unclean |= uncleanBytes(v128.load(p)) & ((1 << <i32>(stop - p)) - 1);
  tokenWord = (<u32>(stop - at) << 8) | (unclean == 0 ? CLEAN : TEXT);
  return stop + 1;
}

/** Bytes that JSON escapes, or that are not ASCII. */
@inline
function uncleanBytes(bytes: v128): i32 {
  return i8x16.bitmask(
    v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
      i8x16.lt_s(bytes, i8x16.splat(0x20)),
    ),
  );
}

@inline
function decimal(at: usize, length: u32): i64 {
  if (length == 0 || length > 15 || (length > 1 && load<u8>(at) == 0x30)) return -1;
  let value: i64 = 0;
  for (let k: usize = 0; k < <usize>length; k++) {
    const byte: u32 = load<u8>(at + k);
    if (!isDigit(byte)) return -1;
    value = value * 10 + <i64>(byte - 0x30);
  }
  return value;
}
