import type { Field } from '../../event/layout.ts';

/** The parser's names of the fields, and where they stand in a document. */
export const PATHS = {
  timestamp: '@timestamp',
  priority: 'log.syslog.priority',
  version: 'log.syslog.version',
  severityCode: 'log.syslog.severity.code',
  severityName: 'log.syslog.severity.name',
  facilityCode: 'log.syslog.facility.code',
  facilityName: 'log.syslog.facility.name',
  hostname: 'host.name',
  appname: 'process.name',
  pid: 'process.pid',
  /** A process id that is no number (`2340:0`), or the card of a router (`RP/0/RP0/CPU0`). */
  procid: 'log.syslog.procid',
  /** The whole tag where it is more than the program's name: `sshd(pam_unix)`. */
  tag: 'log.syslog.appname',
  msgid: 'log.syslog.msgid',
  structuredData: 'log.syslog.structured_data',
  /** Cisco: number of the message on its device. */
  sequence: 'event.sequence',
  /** Cisco: `SYS-5-CONFIG_I`; the message keeps it too. */
  code: 'event.code',
  message: 'message',
} as const;

const TYPES: Partial<Record<keyof typeof PATHS, Field['type']>> = {
  timestamp: 'date',
  priority: 'long',
  version: 'long',
  severityCode: 'long',
  facilityCode: 'long',
  pid: 'long',
  structuredData: 'object',
  sequence: 'long',
};

export const FIELDS: readonly Field[] = Object.entries(PATHS)
  // The standard fields have `message` at the end of a document.
  .filter(([name]) => name !== 'message')
  .map(([name, path]) => ({ path, type: TYPES[name as keyof typeof PATHS] ?? 'text' }));
