import { CLEAN, FLOAT, INT, JSON_STRING, TEXT } from '../../event/cell.ts';
import type { Address } from '../../event/memory.ts';
import type { Rows } from '../../event/rows.ts';
import { newTimestamp, parseTimestamp } from '../../event/time.ts';
import type { Zone } from '../../event/zone.ts';

/** Numbers below are seconds (until the year 5138), below the next milliseconds, and so on in steps of 1,000. */
const SECONDS_LIMIT = 1e11;
const LATEST_MS = 253_402_300_799_999;

const stamp = newTimestamp();

/**
 * Turns a cell's text (RFC 3339, ISO 8601) or number (seconds, milliseconds, microseconds since 1970) into a time.
 * @returns false when it is neither; the cell is as before
 */
export function toTime(rows: Rows, row: Address, column: number, zone: Zone): boolean {
  switch (rows.kind(row, column)) {
    case CLEAN:
    case TEXT:
    case JSON_STRING:
      return textToTime(rows, row, column, zone);
    case INT:
    case FLOAT:
      return numberToTime(rows, row, column);
    default:
      return false;
  }
}

function textToTime(rows: Rows, row: Address, column: number, zone: Zone): boolean {
  const at = rows.address(row, column);
  const end = at + rows.length(row, column);
  if (parseTimestamp(rows.memory.u8, at, end, stamp) !== end || end === at) return false;
  const ms = stamp.local ? zone.toUtc(stamp.ms) : stamp.ms;
  rows.setTime(row, column, ms, stamp.nanos, stamp.digits);
  return true;
}

function numberToTime(rows: Rows, row: Address, column: number): boolean {
  const value = rows.value(row, column);
  let perMs = 1 / 1000;
  let digits = 3;
  if (Math.abs(value) >= SECONDS_LIMIT * 1e6) return false;
  if (Math.abs(value) >= SECONDS_LIMIT * 1e3) {
    perMs = 1000;
    digits = 6;
  } else if (Math.abs(value) >= SECONDS_LIMIT) perMs = 1;
  const ms = Math.floor(perMs < 1 ? Math.round(value * 1e3) : value / perMs);
  if (ms < 0 || ms > LATEST_MS) return false;
  const nanos = perMs === 1000 ? Math.floor(value - ms * 1000) * 1000 : 0;
  rows.setTime(row, column, ms, nanos, digits);
  return true;
}
