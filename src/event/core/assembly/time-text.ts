import { MAX_TIME, MIN_TIME } from '../../ops';
import { padded } from './number';

/** Longest time: yyyy-MM-ddTHH:mm:ss.nnnnnnnnnZ. */
export const TIME_TEXT: usize = 32;

const DAY_MS: f64 = 86_400_000;
/** `yyyy-MM-ddT` of the day printed last: events of a batch share it. */
const DATE: usize = memory.data(16, 16);
const NO_DAY: i32 = i32.MIN_VALUE;
let dateDay: i32 = NO_DAY;

@inline
function pair(at: usize, value: u32): void {
  const tens = value / 10;
  store<u16>(at, <u16>(0x3030 + tens + ((value - tens * 10) << 8)));
}

/** Civil date of a day since 1970, proleptic Gregorian (H. Hinnant, "chrono-compatible low-level date algorithms"). */
function writeDate(day: i32): void {
  const shifted: i32 = day + 719_468; // days since 0000-03-01
  const era: i32 = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097;
  const ofEra: i32 = shifted - era * 146_097;
  const yearOfEra: i32 = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365;
  const ofYear: i32 = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const monthFromMarch: i32 = (5 * ofYear + 2) / 153;
  const month: i32 = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year: i32 = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  padded(DATE, year, 4);
  store<u8>(DATE, 0x2d, 4); // -
  pair(DATE + 5, month);
  store<u8>(DATE, 0x2d, 7);
  pair(DATE + 8, ofYear - (153 * monthFromMarch + 2) / 5 + 1);
  store<u8>(DATE, 0x54, 10); // T
  dateDay = day;
}

/**
 * Writes an ISO 8601 time in UTC; needs TIME_TEXT bytes of room.
 * @param ms epoch; beyond the years 0000 to 9999 the nearest of them @param digits 3, 6 or 9
 * @returns the address behind it
 */
export function timeAt(at: usize, ms: f64, nanos: u32, digits: usize): usize {
  ms = min<f64>(max<f64>(ms, <f64>MIN_TIME), <f64>MAX_TIME);
  const day = Math.floor(ms / DAY_MS);
  if (<i32>day != dateDay) writeDate(<i32>day);
  v128.store(at, v128.load(DATE));
  let rest = <u32>(ms - day * DAY_MS);
  const seconds = rest / 1000;
  rest -= seconds * 1000;
  const minutes = seconds / 60;
  const hours = minutes / 60;
  pair(at + 11, hours);
  store<u8>(at, 0x3a, 13); // :
  pair(at + 14, minutes - hours * 60);
  store<u8>(at, 0x3a, 16);
  pair(at + 17, seconds - minutes * 60);
  store<u8>(at, 0x2e, 19); // .
  padded(at + 20, rest, 3);
  if (digits > 3) padded(at + 23, nanos, 6);
  at += 20 + digits;
  store<u8>(at, 0x5a); // Z
  return at + 1;
}
