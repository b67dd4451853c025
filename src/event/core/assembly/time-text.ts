import { MAX_TIME, MIN_TIME } from '../../ops';
import { padded, pair } from './number';

/** Longest time: yyyy-MM-ddTHH:mm:ss.nnnnnnnnnZ. */
export const TIME_TEXT: usize = 32;

const DAY_SECONDS: f64 = 86_400;

/**
 * The second printed last, for each number of digits: its value, and `yyyy-MM-ddTHH:mm:ss.` at SECOND_TEXT. Rows of a batch share
 * their seconds, and columns of one source their digits.
 */
const SECOND_BYTES: usize = 48;
const SECOND_TEXT: usize = 16;
const SECONDS: usize = memory.data<f64>([
  1e300, 0, 0, 0, 0, 0, 1e300, 0, 0, 0, 0, 0, 1e300, 0, 0, 0, 0, 0,
]);

/** Civil date of a day since 1970, proleptic Gregorian (H. Hinnant, "chrono-compatible low-level date algorithms"). */
function writeDate(at: usize, day: i32): void {
  const shifted: i32 = day + 719_468; // days since 0000-03-01
  const era: i32 = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097;
  const ofEra: i32 = shifted - era * 146_097;
  const yearOfEra: i32 = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365;
  const ofYear: i32 = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const monthFromMarch: i32 = (5 * ofYear + 2) / 153;
  const month: i32 = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year: i32 = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  padded(at, year, 4);
  store<u8>(at, 0x2d, 4); // -
  pair(at + 5, month);
  store<u8>(at, 0x2d, 7);
  pair(at + 8, ofYear - (153 * monthFromMarch + 2) / 5 + 1);
  store<u8>(at, 0x54, 10); // T
}

function writeSecond(slot: usize, second: f64): void {
  const at = slot + SECOND_TEXT;
  const day = Math.floor(second / DAY_SECONDS);
  writeDate(at, <i32>day);
  const rest = <u32>(second - day * DAY_SECONDS);
  const minutes = rest / 60;
  const hours = minutes / 60;
  pair(at + 11, hours);
  store<u8>(at, 0x3a, 13); // :
  pair(at + 14, minutes - hours * 60);
  store<u8>(at, 0x3a, 16);
  pair(at + 17, rest - minutes * 60);
  store<u8>(at, 0x2e, 19); // .
  store<f64>(slot, second);
}

/**
 * Writes an ISO 8601 time in UTC; needs TIME_TEXT bytes of room.
 * @param ms epoch; beyond the years 0000 to 9999 the nearest of them @param digits 3, 6 or 9
 * @returns the address behind it
 */
export function timeAt(at: usize, ms: f64, nanos: u32, digits: usize): usize {
  ms = min<f64>(max<f64>(ms, <f64>MIN_TIME), <f64>MAX_TIME);
  const second = Math.floor(ms / 1000);
  const extra: usize = digits >= 9 ? 6 : digits >= 6 ? 3 : 0;
  const slot = SECONDS + (extra / 3) * SECOND_BYTES;
  if (load<f64>(slot) != second) writeSecond(slot, second);
  v128.store(at, v128.load(slot, SECOND_TEXT));
  store<u32>(at, load<u32>(slot, SECOND_TEXT + 16), 16);
  padded(at + 20, <u32>(ms - second * 1000), 3);
  if (extra != 0) padded(at + 23, nanos, 6);
  at += 23 + extra;
  store<u8>(at, 0x5a); // Z
  return at + 1;
}
