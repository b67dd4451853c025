/**
 * RFC 3339 / ISO 8601 time stamps on bytes. A time is (epoch milliseconds, nanoseconds within the millisecond,
 * fraction digits to show), because a double holds milliseconds exactly and nanoseconds not.
 *
 *   yyyy-MM-dd ("T" | "t" | SP) HH:mm:ss [("." | ",") 1-9 digits] [ "Z" | "z" | (+|-) HH [":"] [mm] ]
 */

/** Filled by `parseTimestamp`; reuse one object, it is on the path of every event. */
export interface Timestamp {
  /** Epoch milliseconds; as if UTC when `local`. */
  ms: number;
  /** 0..999999 */
  nanos: number;
  /** 3, 6 or 9 */
  digits: number;
  /** The text named no zone. */
  local: boolean;
}

export function newTimestamp(): Timestamp {
  return { ms: 0, nanos: 0, digits: 3, local: false };
}

const DAY_MS = 86_400_000;
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Years 0000 to 9999: what four digits can print. */
const EARLIEST_MS = -62_167_219_200_000;
const LATEST_MS = 253_402_300_799_999;

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** @param month 1..12 */
export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0);
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar. @param month 1..12 */
export function daysFromCivil(year: number, month: number, day: number): number {
  // Years start in March, so that the leap day is the last one.
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Epoch ms of a civil time as if UTC, or NaN when there is no such time. Second 60 is a leap second: the next second. */
export function civilToMs(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return Number.NaN;
  if (hour > 23 || minute > 59 || second > 60) return Number.NaN;
  return daysFromCivil(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000;
}

/** Value of two digits, or -1. */
export function twoDigits(u8: Uint8Array, at: number): number {
  const tens = (u8[at] as number) - 0x30;
  const ones = (u8[at + 1] as number) - 0x30;
  return tens >>> 0 <= 9 && ones >>> 0 <= 9 ? tens * 10 + ones : -1;
}

/**
 * Reads `HH:mm:ss` with an optional fraction into `out.ms` (ms of the day), nanos and digits.
 * @returns the address behind it, or 0
 */
export function parseTimeOfDay(u8: Uint8Array, at: number, end: number, out: Timestamp): number {
  if (end - at < 8) return 0;
  const hour = twoDigits(u8, at);
  const minute = twoDigits(u8, at + 3);
  const second = twoDigits(u8, at + 6);
  if (hour < 0 || minute < 0 || second < 0) return 0;
  if (u8[at + 2] !== 0x3a || u8[at + 5] !== 0x3a) return 0; // :
  if (hour > 23 || minute > 59 || second > 60) return 0;
  out.ms = ((hour * 60 + minute) * 60 + second) * 1000;
  out.nanos = 0;
  out.digits = 3;
  const p = at + 8;
  if (p + 1 >= end || (u8[p] !== 0x2e && u8[p] !== 0x2c)) return p; // . ,
  return parseFraction(u8, p + 1, end, out) || p;
}

/** Adds the fraction's digits to `out`; returns the address behind the last, or 0 without one or with more than nine. */
function parseFraction(u8: Uint8Array, at: number, end: number, out: Timestamp): number {
  let p = at;
  let value = 0;
  while (p < end) {
    const digit = (u8[p] as number) - 0x30;
    if (digit >>> 0 > 9) break;
    if (p - at === 9) return 0;
    value = value * 10 + digit;
    p++;
  }
  const digits = p - at;
  if (digits === 0) return 0;
  for (let k = digits; k < 9; k++) value *= 10;
  const millis = Math.floor(value / 1_000_000);
  out.ms += millis;
  out.nanos = value - millis * 1_000_000;
  out.digits = digits <= 3 ? 3 : digits <= 6 ? 6 : 9;
  return p;
}

/** Minutes that `parseOffset` read. */
let offsetMinutes = 0;

/** `Z`, `+HH:mm`, `+HHmm`, `+HH`: the address behind it, or 0; the value in `offsetMinutes`. */
function parseOffset(u8: Uint8Array, at: number, end: number): number {
  const first = u8[at] as number;
  if (first === 0x5a || first === 0x7a) {
    offsetMinutes = 0;
    return at + 1;
  }
  if ((first !== 0x2b && first !== 0x2d) || end - at < 3) return 0; // + -
  const hours = twoDigits(u8, at + 1);
  if (hours < 0 || hours > 23) return 0;
  let p = at + 3;
  let minutes = 0;
  const colon = p < end && u8[p] === 0x3a ? 1 : 0;
  if (end - p >= 2 + colon && twoDigits(u8, p + colon) >= 0) {
    minutes = twoDigits(u8, p + colon);
    if (minutes > 59) return 0;
    p += 2 + colon;
  } else if (colon === 1) {
    return 0;
  }
  offsetMinutes = (first === 0x2d ? -1 : 1) * (hours * 60 + minutes);
  return p;
}

/**
 * Reads a time stamp at the start of the bytes.
 * @returns the address behind it, or 0 when there is none (or no such day, hour, year)
 */
export function parseTimestamp(u8: Uint8Array, at: number, end: number, out: Timestamp): number {
  if (end - at < 19) return 0;
  const century = twoDigits(u8, at);
  const years = twoDigits(u8, at + 2);
  const month = twoDigits(u8, at + 5);
  const day = twoDigits(u8, at + 8);
  if (century < 0 || years < 0 || u8[at + 4] !== 0x2d || u8[at + 7] !== 0x2d) return 0; // -
  const separator = u8[at + 10];
  if (separator !== 0x54 && separator !== 0x74 && separator !== 0x20) return 0; // T t SP
  const midnight = civilToMs(century * 100 + years, month, day, 0, 0, 0);
  if (Number.isNaN(midnight)) return 0;
  const p = parseTimeOfDay(u8, at + 11, end, out);
  if (p === 0) return 0;
  out.ms += midnight;
  const behind = p < end ? parseOffset(u8, p, end) : 0;
  out.local = behind === 0;
  if (behind !== 0) out.ms -= offsetMinutes * 60_000;
  if (out.ms < EARLIEST_MS || out.ms > LATEST_MS) return 0;
  return behind === 0 ? p : behind;
}

/** `2024-02-29T23:59:59.123456Z`; beyond the years 0000 to 9999 the nearest of them. @param digits 3, 6 or 9 */
export function formatTime(ms: number, nanos: number, digits: number): string {
  const iso = new Date(Math.min(Math.max(ms, EARLIEST_MS), LATEST_MS)).toISOString();
  if (digits === 3) return iso;
  const rest = String(nanos)
    .padStart(6, '0')
    .slice(0, digits - 3);
  return `${iso.slice(0, -1)}${rest}Z`;
}
