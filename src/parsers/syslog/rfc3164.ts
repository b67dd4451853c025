import type { Zone } from '../../event/zone.ts';
import { type BsdTime, NO_TIME, readTime, TIME_INVALID, TIME_READ } from './bsd-time.ts';

/**
 * The header in front of a message as RFC 3164 section 4.1 means it, and as devices write it:
 *
 *   [ "<" PRI ">" ] TIMESTAMP [ HOSTNAME ] [ TAG [ "[" PID "]" ] ":" ] CONTENT
 *
 * Cisco:
 *
 *   [ "<" PRI ">" ] [ ":" ] *( seq ":" ) [ origin ":" ] TIMESTAMP [ HOSTNAME ] ":" "%" FACILITY "-" SEVERITY "-" MNEMONIC ":" CONTENT
 *
 * A span is [start, end) in the record; start = end when it is missing.
 */
export interface Header {
  /** -1 = none. */
  priority: number;
  hasTime: boolean;
  readonly time: BsdTime;
  readonly hostname: Span;
  readonly program: Span;
  readonly tag: Span;
  readonly pid: Span;
  /** IOS XR: the card that speaks, `RP/0/RP0/CPU0`. */
  readonly card: Span;
  readonly code: Span;
  /** -1 = none. */
  sequence: number;
  message: number;
  end: number;
  /** Where it went wrong. */
  at: number;
}

export interface Span {
  start: number;
  end: number;
}

export type HeaderFault = 'pri' | 'time' | 'header' | 'empty';

/** Programs have shorter names than this; longer words are text. */
const MAX_TAG = 64;

const newSpan = (): Span => ({ start: 0, end: 0 });

export function newHeader(): Header {
  return {
    priority: -1,
    hasTime: false,
    time: { ms: 0, nanos: 0, digits: 3, end: 0 },
    hostname: newSpan(),
    program: newSpan(),
    tag: newSpan(),
    pid: newSpan(),
    card: newSpan(),
    code: newSpan(),
    sequence: -1,
    message: 0,
    end: 0,
    at: 0,
  };
}

/** @returns what is wrong, or undefined. A record needs a PRI or a time stamp to be syslog at all. */
export function readHeader(
  u8: Uint8Array,
  at: number,
  length: number,
  zone: Zone,
  arrival: number,
  out: Header,
): HeaderFault | undefined {
  let end = at + length;
  while (end > at && isEnding(u8[end - 1])) end--;
  reset(out, end);
  let p = skipSpaces(u8, at, end);
  out.at = p;
  if (p < end && u8[p] === 0x3c) {
    p = readPriority(u8, p, end, out);
    if (p === 0) return 'pri';
    p = skipSpaces(u8, p, end);
  }
  out.at = p;
  if (p === end) return out.priority < 0 ? 'header' : 'empty';
  const verdict = readOrigin(u8, p, end, zone, arrival, out);
  if (verdict === TIME_INVALID) return 'time';
  if (verdict === NO_TIME) {
    if (out.priority < 0) return 'header';
    readContent(u8, p, end, out);
    return undefined;
  }
  out.hasTime = true;
  p = out.time.end;
  if (p < end && u8[p] === 0x3a) {
    readContent(u8, skipSpaces(u8, p + 1, end), end, out); // `Mar 7 19:06:53: …` names no host
  } else {
    p = skipSpaces(u8, p, end);
    readContent(
      u8,
      out.hostname.start < out.hostname.end ? p : readHost(u8, p, end, out),
      end,
      out,
    );
  }
  return undefined;
}

function reset(out: Header, end: number): void {
  out.priority = -1;
  out.sequence = -1;
  out.hasTime = false;
  for (const span of [out.hostname, out.program, out.tag, out.pid, out.card, out.code])
    span.start = span.end = 0;
  out.end = end;
}

function readPriority(u8: Uint8Array, at: number, end: number, out: Header): number {
  let p = at + 1;
  let value = 0;
  while (p < end && p - at <= 3 && isDigit(u8[p])) value = value * 10 + (u8[p++] as number) - 0x30;
  if (p === at + 1 || p >= end || u8[p] !== 0x3e || value > 191) return 0; // >
  out.priority = value;
  return p + 1;
}

/** What Cisco writes in front of the time stamp, and the time stamp. @returns a verdict of readTime */
function readOrigin(
  u8: Uint8Array,
  at: number,
  end: number,
  zone: Zone,
  arrival: number,
  out: Header,
): number {
  let p = u8[at] === 0x3a ? skipSpaces(u8, at + 1, end) : at;
  for (let numbers = 0; numbers < 2; numbers++) {
    const colon = skipDigits(u8, p, end);
    if (colon === p || colon - p > 15 || u8[colon] !== 0x3a || u8[colon + 1] !== 0x20) break;
    out.sequence = number(u8, p, colon);
    p = skipSpaces(u8, colon + 1, end);
  }
  const plain = readTime(u8, p, end, zone, arrival, out.time);
  if (plain !== NO_TIME) return plain;
  let start = p;
  let stop = endOfWord(u8, p, end);
  if (
    out.sequence >= 0 &&
    u8[stop - 1] !== 0x3a &&
    u8[stop] === 0x20 &&
    !hasColon(u8, start, stop)
  ) {
    // IOS XR: `router RP/0/RP0/CPU0:Nov 27 …`
    set(out.hostname, start, stop);
    start = skipSpaces(u8, stop, end);
    stop = endOfWord(u8, start, end);
  }
  const colon = colonIn(u8, start, stop);
  const verdict =
    colon <= start
      ? NO_TIME
      : readTime(u8, skipSpaces(u8, colon + 1, end), end, zone, arrival, out.time);
  if (verdict === TIME_READ)
    set(hasSlash(u8, start, colon) ? out.card : out.hostname, start, colon);
  else set(out.hostname, 0, 0);
  if (verdict !== TIME_READ && out.sequence >= 0) out.sequence = -1;
  return verdict;
}

/** A word that is no tag. @returns the address of what follows it */
function readHost(u8: Uint8Array, at: number, end: number, out: Header): number {
  const stop = endOfWord(u8, at, end);
  if (stop === at || u8[at] === 0x25 || stop === end) return at; // %
  if (u8[stop - 1] === 0x3a || hasBracket(u8, at, stop)) return at;
  set(out.hostname, at, stop);
  const p = skipSpaces(u8, stop, end);
  // ASA: `host : %ASA-6-…`
  return u8[p] === 0x3a && u8[p + 1] === 0x20 ? skipSpaces(u8, p + 1, end) : p;
}

/** TAG and CONTENT; a Cisco code stays in the message. */
function readContent(u8: Uint8Array, at: number, end: number, out: Header): void {
  out.message = at;
  if (readCode(u8, at, end, out)) return;
  let p = at;
  while (p < end && p - at <= MAX_TAG && isTagByte(u8[p])) p++;
  if (p === at || p - at > MAX_TAG || p === end || skipDigits(u8, at, p) === p) return;
  const stop = p;
  if (u8[p] === 0x5b) {
    const close = endOfPid(u8, p + 1, end);
    if (close === 0) return;
    set(out.pid, p + 1, close);
    p = close + 1;
    if (p < end && u8[p] !== 0x3a && u8[p] !== 0x20) {
      set(out.pid, 0, 0);
      return;
    }
    if (u8[p] === 0x3a && p < end) p++;
  } else {
    if (u8[p] !== 0x3a || (p + 1 < end && u8[p + 1] !== 0x20 && u8[p + 1] !== 0x09)) return;
    p++;
  }
  setProgram(u8, at, stop, out);
  if (p < end && u8[p] === 0x20) p++;
  out.message = p;
  if (u8[p] === 0x25) readCode(u8, p, end, out); // IOS XR: `config[65710]: %MGBL-…`
}

/** `sshd(pam_unix)` is the program sshd. */
function setProgram(u8: Uint8Array, start: number, end: number, out: Header): void {
  let stop = start;
  while (stop < end && u8[stop] !== 0x28) stop++;
  set(out.program, start, stop === start ? end : stop);
  if (out.program.end < end) set(out.tag, start, end);
}

/** `%FACILITY-SEVERITY-MNEMONIC`, the facility itself with dashes perhaps. */
function readCode(u8: Uint8Array, at: number, end: number, out: Header): boolean {
  if (u8[at] !== 0x25) return false;
  let p = at + 1;
  let dashes = 0;
  while (p < end && p - at <= MAX_TAG && (isWordByte(u8[p]) || u8[p] === 0x2d)) {
    if (u8[p++] === 0x2d) dashes++;
  }
  const colon = u8[p] === 0x20 ? p + 1 : p;
  if (dashes < 2 || colon >= end || u8[colon] !== 0x3a) return false;
  set(out.code, at + 1, p);
  return true;
}

function endOfPid(u8: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && p - at <= MAX_TAG && u8[p] !== 0x5d && u8[p] !== 0x20) p++;
  return p < end && p > at && u8[p] === 0x5d ? p : 0;
}

function set(span: Span, start: number, end: number): void {
  span.start = start;
  span.end = end;
}

function endOfWord(u8: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && u8[p] !== 0x20) p++;
  return p;
}

/** Its first colon, or 0. */
function colonIn(u8: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && u8[p] !== 0x3a) p++;
  return p < end ? p : 0;
}

function hasColon(u8: Uint8Array, start: number, end: number): boolean {
  return colonIn(u8, start, end) !== 0;
}

function hasSlash(u8: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (u8[p] === 0x2f) return true;
  return false;
}

function hasBracket(u8: Uint8Array, start: number, end: number): boolean {
  for (let p = start + 1; p < end; p++) if (u8[p] === 0x5b) return true;
  return false;
}

function skipSpaces(u8: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && u8[p] === 0x20) p++;
  return p;
}

function skipDigits(u8: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && isDigit(u8[p])) p++;
  return p;
}

function number(u8: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let p = start; p < end; p++) value = value * 10 + (u8[p] as number) - 0x30;
  return value;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isWordByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const letter = byte & 0xdf;
  return isDigit(byte) || (letter >= 0x41 && letter <= 0x5a) || byte === 0x5f; // _
}

/** Printable ASCII but SP, `:` and `[`. */
function isTagByte(byte: number | undefined): boolean {
  return byte !== undefined && byte > 0x20 && byte < 0x7f && byte !== 0x3a && byte !== 0x5b;
}

function isEnding(byte: number | undefined): boolean {
  return byte === 0x0a || byte === 0x0d || byte === 0x00;
}
