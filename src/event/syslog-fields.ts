import { CELL_BYTES } from './cell.ts';
import type { LiteralArea } from './literals.ts';
import type { Address } from './memory.ts';
import { ROW_HEADER_BYTES } from './row.ts';

/** Columns that the syslog routines fill; undefined or -1 = not wanted. */
export interface SyslogColumns {
  readonly priority?: number | undefined;
  readonly version?: number | undefined;
  readonly severityCode?: number | undefined;
  readonly severityName?: number | undefined;
  readonly facilityCode?: number | undefined;
  readonly facilityName?: number | undefined;
  readonly timestamp?: number | undefined;
  readonly hostname?: number | undefined;
  readonly appname?: number | undefined;
  /** PROCID that is a decimal number. */
  readonly pid?: number | undefined;
  /** Any other PROCID. */
  readonly procid?: number | undefined;
  readonly msgid?: number | undefined;
  readonly structuredData?: number | undefined;
  readonly message?: number | undefined;
}

/**
 * The table `syslog5424` reads: SYSLOG_COLUMN_WORDS words, each the cell's offset within a row (0 = not wanted), then for each
 * severity and each facility a word pair (address, length) of its name.
 */
export const SYSLOG_COLUMNS = [
  'priority',
  'version',
  'severityCode',
  'severityName',
  'facilityCode',
  'facilityName',
  'timestamp',
  'hostname',
  'appname',
  'pid',
  'procid',
  'msgid',
  'structuredData',
  'message',
] as const satisfies readonly (keyof SyslogColumns)[];

/** RFC 5424 table 2, with the names that ECS and syslog.h use. */
export const SEVERITIES = [
  'emergency',
  'alert',
  'critical',
  'error',
  'warning',
  'notice',
  'informational',
  'debug',
] as const;

/** RFC 5424 table 1, short names as in syslog.h. */
export const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const;

/** Writes the table that the core reads. */
export function syslogFields(literals: LiteralArea, columns: SyslogColumns): Address {
  const words: number[] = SYSLOG_COLUMNS.map((name) => {
    const column = columns[name] ?? -1;
    return column < 0 ? 0 : ROW_HEADER_BYTES + column * CELL_BYTES;
  });
  for (const name of [...SEVERITIES, ...FACILITIES]) {
    const literal = literals.text(name);
    words.push(literal.address, literal.length);
  }
  return literals.words(words);
}
