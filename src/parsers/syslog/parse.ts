import { LOCAL_TIME, TEXT, TIME } from '../../event/cell.ts';
import type { EventCore } from '../../event/core.ts';
import type { Literal } from '../../event/literals.ts';
import type { Address } from '../../event/memory.ts';
import { explain5424 } from '../../event/reference/syslog5424.ts';
import { UNPARSED } from '../../event/row.ts';
import { type Rows, SideBufferFull } from '../../event/rows.ts';
import { FACILITIES, SEVERITIES, syslogFields } from '../../event/syslog-fields.ts';
import { resolveZone, UTC, type Zone } from '../../event/zone.ts';
import { columnsOf } from '../columns.ts';
import type { CompiledParser, ParseFail, ParserContext, ParserDefinition } from '../parser.ts';
import { FIELDS, PATHS } from './fields.ts';
import { type HeaderFault, newHeader, readHeader, type Span } from './rfc3164.ts';

export interface SyslogOptions {
  /** Of time stamps without one: an IANA name, an offset, or UTC. */
  readonly timezone: string;
}

/** RFC 5424, and whatever else calls itself syslog. */
export const syslog: ParserDefinition<SyslogOptions> = {
  name: 'syslog',
  kind: 'envelope',
  fields: () => FIELDS,
  compile: (options, context) => new Syslog(options, context),
};

const FAULTS = {
  pri: ['SLUICE_PARSE_SYSLOG_PRI', 'PRI is not <0> to <191>'],
  time: ['SLUICE_PARSE_SYSLOG_TIME', 'no such day or hour'],
  header: ['SLUICE_PARSE_SYSLOG_HEADER', 'neither PRI nor time stamp'],
  empty: ['SLUICE_PARSE_SYSLOG_EMPTY', 'nothing behind the PRI'],
} as const satisfies Record<HeaderFault, readonly [string, string]>;

class Syslog implements CompiledParser {
  readonly #core: EventCore;
  /** For sources that say none. */
  readonly #zone: Zone;
  readonly #columns;
  readonly #fields: Address;
  readonly #severities: readonly Literal[];
  readonly #facilities: readonly Literal[];
  readonly #header = newHeader();

  constructor({ timezone }: SyslogOptions, { core, literals, layout }: ParserContext) {
    this.#core = core;
    this.#zone = resolveZone(timezone);
    this.#columns = columnsOf(layout, PATHS);
    this.#fields = syslogFields(literals, this.#columns);
    this.#severities = SEVERITIES.map((name) => literals.text(name));
    this.#facilities = FACILITIES.map((name) => literals.text(name));
  }

  detect(): boolean {
    return true;
  }

  parse(rows: Rows, list: readonly Address[], fail: ParseFail): void {
    if (list.length === rows.count) this.#scan(rows, rows.table, rows.count);
    else for (const row of list) this.#scan(rows, row, 1);
    const zone = rows.zone ?? this.#zone;
    for (const row of list) {
      if (rows.hasFlag(row, UNPARSED)) this.#parseOther(rows, row, fail);
      else if (zone !== UTC) this.#moveToZone(rows, row, zone);
    }
  }

  #scan(rows: Rows, first: Address, count: number): void {
    const { side, sideEnd, stride } = rows;
    const end = this.#core.syslog5424(first, stride, count, this.#fields, side, sideEnd);
    if (end === 0) throw new SideBufferFull();
    rows.side = end;
  }

  #moveToZone(rows: Rows, row: Address, zone: Zone): void {
    const { timestamp } = this.#columns;
    if (rows.kind(row, timestamp) !== TIME || rows.flags(row, timestamp) !== LOCAL_TIME) return;
    const nanos = rows.address(row, timestamp);
    const digits = rows.length(row, timestamp);
    rows.setTime(row, timestamp, zone.toUtc(rows.value(row, timestamp)), nanos, digits);
  }

  #parseOther(rows: Rows, row: Address, fail: ParseFail): void {
    const { memory } = rows;
    const at = rows.rawAddress(row);
    const length = rows.rawLength(row);
    const malformed = explain5424(memory, at, length);
    if (malformed !== undefined && malformed.version === 1) {
      const detail = `${malformed.part} is malformed`;
      return fail(rows, row, 'SLUICE_PARSE_SYSLOG_5424', detail, malformed.offset);
    }
    const zone = rows.zone ?? this.#zone;
    const header = this.#header;
    const fault = readHeader(memory.u8, at, length, zone, rows.arrival, header);
    if (fault !== undefined) {
      const [code, detail] = FAULTS[fault];
      return fail(rows, row, code, detail, header.at - at);
    }
    rows.clearFlag(row, UNPARSED);
    this.#fill(rows, row);
  }

  #fill(rows: Rows, row: Address): void {
    const header = this.#header;
    const c = this.#columns;
    const put = (column: number, { start, end }: Span): void => {
      if (column >= 0 && end > start) rows.setSpan(row, column, start, end - start, TEXT);
    };
    const { priority, time, sequence } = header;
    if (priority >= 0) this.#setPriority(rows, row, priority);
    if (header.hasTime && c.timestamp >= 0) {
      rows.setTime(row, c.timestamp, time.ms, time.nanos, time.digits);
    }
    if (sequence >= 0 && c.sequence >= 0) rows.setNumber(row, c.sequence, sequence);
    put(c.hostname, header.hostname);
    put(c.appname, header.program);
    put(c.tag, header.tag);
    put(c.code, header.code);
    put(c.procid, header.card);
    const pid = decimal(rows.memory.u8, header.pid);
    if (pid < 0) put(c.procid, header.pid);
    else if (c.pid >= 0) rows.setNumber(row, c.pid, pid);
    put(c.message, { start: header.message, end: header.end });
  }

  #setPriority(rows: Rows, row: Address, priority: number): void {
    const c = this.#columns;
    const set = (column: number, value: number): void => {
      if (column >= 0) rows.setNumber(row, column, value);
    };
    set(c.priority, priority);
    set(c.severityCode, priority & 7);
    set(c.facilityCode, priority >>> 3);
    const severity = this.#severities[priority & 7];
    const facility = this.#facilities[priority >>> 3];
    if (c.severityName >= 0 && severity) rows.setConstant(row, c.severityName, severity);
    if (c.facilityName >= 0 && facility) rows.setConstant(row, c.facilityName, facility);
  }
}

/** The span as a number, or -1. */
function decimal(u8: Uint8Array, { start, end }: Span): number {
  if (start === end || end - start > 15) return -1;
  let value = 0;
  for (let p = start; p < end; p++) {
    const digit = (u8[p] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
