import {
  civilToMs,
  isLeapYear,
  newTimestamp,
  parseTimeOfDay,
  parseTimestamp,
  twoDigits,
} from '../../event/time.ts';
import type { Zone } from '../../event/zone.ts';

/**
 * Time stamps at the start of a record without a version (RFC 3164 section 4.1.2), as seen:
 *
 *   Mmm d hh:mm:ss      day of one digit or two, space-padded or not, months in any case
 *   Mmm d yyyy hh:mm:ss      yyyy Mmm d hh:mm:ss      Mmm d hh:mm:ss yyyy
 *   yyyy-mm-ddThh:mm:ss      yyyy-mm-dd hh:mm:ss      with or without a zone
 *
 * each with an optional fraction, AM or PM, an abbreviated zone, and `*` or `.` in front (Cisco: the clock is not set).
 */
export interface BsdTime {
  ms: number;
  nanos: number;
  digits: number;
  /** Behind the time stamp. */
  end: number;
}

/** Nothing here looks like a time stamp. */
export const NO_TIME = 0;
export const TIME_READ = 1;
/** It has the form, but there is no such day or hour. */
export const TIME_INVALID = 2;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const HOUR_MS = 3_600_000;

/** Abbreviations that mean one thing where logs come from, in minutes east of Greenwich. Others leave the configured zone in force. */
const ZONES = new Map<string, number>([
  ['UTC', 0],
  ['GMT', 0],
  ['WET', 0],
  ['WEST', 60],
  ['CET', 60],
  ['CEST', 120],
  ['EET', 120],
  ['EEST', 180],
  ['MSK', 180],
  ['JST', 540],
  ['EST', -300],
  ['EDT', -240],
  ['CST', -360],
  ['CDT', -300],
  ['MST', -420],
  ['MDT', -360],
  ['PST', -480],
  ['PDT', -420],
]);

const stamp = newTimestamp();

/** @param arrival epoch ms: a date without a year is the one closest to it */
export function readTime(
  u8: Uint8Array,
  at: number,
  end: number,
  zone: Zone,
  arrival: number,
  out: BsdTime,
): number {
  const start = at < end && (u8[at] === 0x2a || u8[at] === 0x2e) ? at + 1 : at; // * .
  const verdict = isDate(u8, start, end)
    ? readIso(u8, start, end)
    : readBsd(u8, start, end, arrival);
  if (verdict !== TIME_READ) return verdict;
  let p = position;
  let offset = Number.NaN;
  if (stamp.local) {
    p = readHalfOfDay(u8, p, end);
    p = readZone(u8, p, end);
    offset = zoneMinutes;
  }
  out.ms = !stamp.local
    ? stamp.ms
    : Number.isNaN(offset)
      ? zone.toUtc(stamp.ms)
      : stamp.ms - offset * 60_000;
  out.nanos = stamp.nanos;
  out.digits = stamp.digits;
  out.end = p;
  return TIME_READ;
}

/** Behind what the readers below read. */
let position = 0;

function readIso(u8: Uint8Array, at: number, end: number): number {
  if (end - at < 19 || u8[at + 13] !== 0x3a) return NO_TIME;
  position = parseTimestamp(u8, at, end, stamp);
  return position === 0 ? TIME_INVALID : TIME_READ;
}

function readBsd(u8: Uint8Array, at: number, end: number, arrival: number): number {
  let p = at;
  let year = readYear(u8, p, end);
  if (year > 0) p = skipSpaces(u8, p + 4, end);
  const month = readMonth(u8, p, end);
  if (month === 0) return NO_TIME;
  p = skipSpaces(u8, p + 3, end);
  const dayStart = p;
  let day = 0;
  while (p < end && p - dayStart < 2 && isDigit(u8[p])) day = day * 10 + (u8[p++] as number) - 0x30;
  if (p === dayStart || u8[p] !== 0x20) return NO_TIME;
  p = skipSpaces(u8, p, end);
  if (year === 0) {
    year = readYear(u8, p, end);
    if (year > 0) p = skipSpaces(u8, p + 4, end);
  }
  const behind = readClock(u8, p, end);
  if (behind === 0) return looksLikeClock(u8, p, end) ? TIME_INVALID : NO_TIME;
  p = behind;
  if (year === 0 && p < end && u8[p] === 0x20) {
    year = readYear(u8, p + 1, end);
    if (year > 0) p += 5;
  }
  const midnight =
    year > 0 ? civilToMs(year, month, day, 0, 0, 0) : closest(month, day, stamp.ms, arrival);
  if (Number.isNaN(midnight)) return TIME_INVALID;
  stamp.ms += midnight;
  stamp.local = true;
  position = p;
  return TIME_READ;
}

/** Midnight (as if UTC) of the year that puts the event closest to its arrival; NaN when no year has the day. */
function closest(month: number, day: number, timeOfDay: number, arrival: number): number {
  const now = new Date(arrival).getUTCFullYear();
  let best = Number.NaN;
  for (let year = now - 1; year <= now + 1; year++) {
    const midnight = civilToMs(year, month, day, 0, 0, 0);
    const distance = Math.abs(midnight + timeOfDay - arrival);
    if (Number.isNaN(best) || distance < Math.abs(best + timeOfDay - arrival)) best = midnight;
  }
  if (!Number.isNaN(best) || month !== 2 || day !== 29) return best;
  let year = now;
  while (!isLeapYear(year)) year--;
  return civilToMs(year, month, day, 0, 0, 0);
}

/** `hh:mm:ss` or `h:mm:ss`, with a fraction. */
function readClock(u8: Uint8Array, at: number, end: number): number {
  if (at + 1 < end && u8[at + 1] === 0x3a && isDigit(u8[at])) {
    return readShortHour(u8, at, end);
  }
  return parseTimeOfDay(u8, at, end, stamp);
}

const padded = new Uint8Array(32);

/** parseTimeOfDay wants two digits: it gets a copy with a zero in front. */
function readShortHour(u8: Uint8Array, at: number, end: number): number {
  const length = Math.min(end - at, padded.length - 1);
  padded[0] = 0x30;
  for (let k = 0; k < length; k++) padded[k + 1] = u8[at + k] as number;
  const behind = parseTimeOfDay(padded, 0, length + 1, stamp);
  return behind === 0 ? 0 : at + behind - 1;
}

function looksLikeClock(u8: Uint8Array, at: number, end: number): boolean {
  if (end - at < 8 || u8[at + 2] !== 0x3a || u8[at + 5] !== 0x3a) return false;
  return twoDigits(u8, at) >= 0 && twoDigits(u8, at + 3) >= 0 && twoDigits(u8, at + 6) >= 0;
}

/** `AM`, `PM` behind a clock of twelve hours. */
function readHalfOfDay(u8: Uint8Array, at: number, end: number): number {
  const p = at < end && u8[at] === 0x20 ? at + 1 : at;
  if (end - p < 2 || ((u8[p + 1] as number) | 0x20) !== 0x6d || isWord(u8[p + 2], p + 2, end)) {
    return at;
  }
  const letter = (u8[p] as number) | 0x20;
  if (letter !== 0x61 && letter !== 0x70) return at; // a p
  const hours = Math.floor(stamp.ms / HOUR_MS);
  const hour = hours - 24 * Math.floor(hours / 24);
  if (letter === 0x70 && hour < 12) stamp.ms += 12 * HOUR_MS;
  if (letter === 0x61 && hour === 12) stamp.ms -= 12 * HOUR_MS;
  return p + 2;
}

/** Offset that `readZone` read; NaN = the configured zone. */
let zoneMinutes = Number.NaN;

/** ` UTC`, ` CEST`; an unknown abbreviation counts only where Cisco's `: %` follows it. */
function readZone(u8: Uint8Array, at: number, end: number): number {
  zoneMinutes = Number.NaN;
  if (at >= end || u8[at] !== 0x20) return at;
  let p = at + 1;
  let name = '';
  while (p < end && name.length < 6 && isLetter(u8[p]))
    name += String.fromCharCode(u8[p++] as number);
  if (name.length < 2 || isWord(u8[p], p, end)) return at;
  const minutes = ZONES.get(name);
  if (minutes !== undefined) {
    zoneMinutes = minutes;
    return p;
  }
  return u8[p] === 0x3a && u8[p + 1] === 0x20 && u8[p + 2] === 0x25 ? p : at; // : SP %
}

function isDate(u8: Uint8Array, at: number, end: number): boolean {
  return end - at >= 10 && readYear(u8, at, end, 0x2d) > 0 && u8[at + 7] === 0x2d; // -
}

/** Four digits from 1970 to 2199 and a delimiter behind them (SP, `:`, or the given one), else 0. */
function readYear(u8: Uint8Array, at: number, end: number, delimiter = 0x20): number {
  if (end - at < 4) return 0;
  const century = twoDigits(u8, at);
  const years = twoDigits(u8, at + 2);
  if (century < 19 || century > 21 || years < 0) return 0;
  const next = at + 4 < end ? u8[at + 4] : 0x20;
  const delimited = next === delimiter || (delimiter === 0x20 && next === 0x3a);
  return delimited ? century * 100 + years : 0;
}

/** 1..12, or 0. */
function readMonth(u8: Uint8Array, at: number, end: number): number {
  if (end - at < 4 || u8[at + 3] !== 0x20) return 0;
  let name = '';
  for (let k = 0; k < 3; k++) name += String.fromCharCode((u8[at + k] as number) | 0x20);
  return MONTHS.indexOf(name) + 1;
}

function skipSpaces(u8: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && u8[p] === 0x20) p++;
  return p;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isLetter(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x41 && byte <= 0x5a;
}

function isWord(byte: number | undefined, at: number, end: number): boolean {
  if (at >= end || byte === undefined) return false;
  return isDigit(byte) || isLetter(byte & 0xdf) || byte === 0x5f || byte === 0x2d || byte === 0x2e; // _ - .
}
