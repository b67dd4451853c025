import { isDigit, twoDigits } from './bytes';

/** Time stamps, as ../../time.ts reads them. What `parseTimestamp` found: */
let ms: i64 = 0;
let nanos: u32 = 0;
let digits: u32 = 3;
let local: bool = false;

@inline
export function timeMs(): f64 {
  return <f64>ms;
}
@inline
export function timeNanos(): u32 {
  return nanos;
}
@inline
export function timeDigits(): u32 {
  return digits;
}
@inline
export function timeIsLocal(): bool {
  return local;
}

const DAY_MS: i64 = 86_400_000;
const EARLIEST_MS: i64 = -62_167_219_200_000;
const LATEST_MS: i64 = 253_402_300_799_999;

/** `yyyy-MM-dd` that was read last, and its midnight: records of a batch share it. */
let lastDate: u64 = 0;
let lastDay: u16 = 0;
let lastMidnight: i64 = 0;

function daysInMonth(year: u32, month: u32): u32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

function daysFromCivil(year: i32, month: i32, day: i32): i32 {
  const y = month <= 2 ? year - 1 : year;
  const era = (y >= 0 ? y : y - 399) / 400;
  const yearOfEra = y - era * 400;
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Sets `lastMidnight`. @returns false when there is no such day */
function readDate(at: usize): bool {
  const century = twoDigits(at);
  const years = twoDigits(at + 2);
  const month = twoDigits(at + 5);
  const day = twoDigits(at + 8);
  if (century < 0 || years < 0 || load<u8>(at, 4) != 0x2d || load<u8>(at, 7) != 0x2d) return false;
  const year = century * 100 + years;
  if (month < 1 || month > 12 || day < 1 || day > <i32>daysInMonth(year, month)) return false;
  lastMidnight = <i64>daysFromCivil(year, month, day) * DAY_MS;
  lastDate = load<u64>(at);
  lastDay = load<u16>(at, 8);
  return true;
}

/** @returns the address behind the time stamp, or 0 */
export function parseTimestamp(at: usize, end: usize): usize {
  if (at + 19 > end) return 0;
  if ((load<u64>(at) != lastDate || load<u16>(at, 8) != lastDay) && !readDate(at)) return 0;
  const separator: u32 = load<u8>(at, 10);
  if (separator != 0x54 && separator != 0x74 && separator != 0x20) return 0; // T t SP
  const hour = twoDigits(at + 11);
  const minute = twoDigits(at + 14);
  const second = twoDigits(at + 17);
  if (load<u8>(at, 13) != 0x3a || load<u8>(at, 16) != 0x3a) return 0; // :
  // -1 is larger than any of them.
  if (<u32>hour > 23 || <u32>minute > 59 || <u32>second > 60) return 0;
  ms = lastMidnight + <i64>(((hour * 60 + minute) * 60 + second) * 1000);
  nanos = 0;
  digits = 3;
  let p = at + 19;
  if (p + 1 < end && (load<u8>(p) == 0x2e || load<u8>(p) == 0x2c)) p = readFraction(p, end);
  const behind = p < end ? readOffset(p, end) : 0;
  local = behind == 0;
  if (!local) {
    ms -= <i64>offsetMinutes * 60_000;
    p = behind;
  }
  return ms < EARLIEST_MS || ms > LATEST_MS ? 0 : p;
}

/** @param at the point @returns the address behind the fraction, or `at` when there is none or it has more than nine digits */
function readFraction(at: usize, end: usize): usize {
  let p = at + 1;
  let value: u32 = 0;
  while (p < end) {
    const byte: u32 = load<u8>(p);
    if (!isDigit(byte)) break;
    if (p - at == 10) return at;
    value = value * 10 + byte - 0x30;
    p++;
  }
  const count = <u32>(p - at - 1);
  if (count == 0) return at;
  for (let k = count; k < 9; k++) value *= 10;
  const millis = value / 1_000_000;
  ms += <i64>millis;
  nanos = value - millis * 1_000_000;
  digits = count <= 3 ? 3 : count <= 6 ? 6 : 9;
  return p;
}

let offsetMinutes: i32 = 0;

function readOffset(at: usize, end: usize): usize {
  const first: u32 = load<u8>(at);
  if ((first | 0x20) == 0x7a) {
    offsetMinutes = 0; // Z z
    return at + 1;
  }
  if ((first != 0x2b && first != 0x2d) || at + 3 > end) return 0; // + -
  const hours = twoDigits(at + 1);
  if (<u32>hours > 23) return 0;
  let p = at + 3;
  let minutes = 0;
  const colon: usize = p < end && load<u8>(p) == 0x3a ? 1 : 0;
  if (p + 2 + colon <= end && twoDigits(p + colon) >= 0) {
    minutes = twoDigits(p + colon);
    if (minutes > 59) return 0;
    p += 2 + colon;
  } else if (colon == 1) {
    return 0;
  }
  const total = hours * 60 + minutes;
  offsetMinutes = first == 0x2d ? -total : total;
  return p;
}
