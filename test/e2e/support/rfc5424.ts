/**
 * A reader of RFC 5424 of the tests' own, after the grammar and nothing else, to hold sluice's against it:
 *
 *   HEADER = "<" PRIVAL ">" VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID
 *   SYSLOG-MSG = HEADER SP STRUCTURED-DATA [SP MSG]
 */
const MESSAGE =
  /^<(?<pri>\d{1,3})>(?<version>\d{1,2}) (?<time>\S+) (?<host>\S+) (?<app>\S+) (?<procid>\S+) (?<msgid>\S+) (?<sd>-|(?:\[(?:[^"\]\\]|"(?:[^"\\]|\\[^])*")*\])+)(?: \ufeff?(?<msg>[^]*))?$/u;
const ELEMENT = /\[(?<id>[^ \]]+)(?<params>(?: [^= ]+="(?:[^"\\]|\\[^])*")*)\]/gu;
const PARAM = / (?<name>[^= ]+)="(?<value>(?:[^"\\]|\\[^])*)"/gu;

const SEVERITIES = 'emergency alert critical error warning notice informational debug'.split(' ');
const FACILITIES =
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock local0 local1 local2 local3 local4 local5 local6 local7'.split(
    ' ',
  );

export type Fields = Record<string, unknown>;

/** The fields of ECS that a message has by the specification; nil values are absent. */
export function readSyslog(message: string): Fields {
  const groups = MESSAGE.exec(message)?.groups;
  if (groups === undefined) throw new Error(`not RFC 5424: ${message}`);
  const priority = Number(groups['pri']);
  const procid = groups['procid'] ?? '';
  const pid = /^\d+$/.test(procid);
  return present({
    '@timestamp': utc(groups['time'] ?? '-'),
    'host.name': groups['host'],
    'process.name': groups['app'],
    'process.pid': pid ? Number(procid) : undefined,
    'log.syslog.procid': pid ? undefined : procid,
    'log.syslog.msgid': groups['msgid'],
    'log.syslog.version': Number(groups['version']),
    'log.syslog.priority': priority,
    'log.syslog.severity.code': priority % 8,
    'log.syslog.severity.name': SEVERITIES[priority % 8],
    'log.syslog.facility.code': Math.floor(priority / 8),
    'log.syslog.facility.name': FACILITIES[Math.floor(priority / 8)],
    'log.syslog.structured_data': structuredData(groups['sd'] ?? '-'),
    message: groups['msg'],
  });
}

function present(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== '-'),
  );
}

/** In UTC, with the fraction's digits filled up to 3, 6 or 9. */
function utc(time: string): string | undefined {
  if (time === '-') return undefined;
  const [, seconds = '', fraction = '', zone = ''] =
    /^([^.Z+]+?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(time) ?? [];
  const instant = new Date(`${seconds}${zone}`).toISOString().slice(0, 19);
  const digits = Math.max(3, Math.ceil(fraction.length / 3) * 3);
  return `${instant}.${fraction.padEnd(digits, '0')}Z`;
}

function structuredData(text: string): Fields | undefined {
  if (text === '-') return undefined;
  const elements: Record<string, Fields> = {};
  for (const { groups } of text.matchAll(ELEMENT)) {
    const element = (elements[groups?.['id'] ?? ''] ??= {});
    for (const { groups: param } of (groups?.['params'] ?? '').matchAll(PARAM)) {
      const name = param?.['name'] ?? '';
      const value = (param?.['value'] ?? '').replace(/\\(["\\\]])/g, '$1');
      const known = element[name];
      if (known === undefined) element[name] = value;
      else element[name] = Array.isArray(known) ? [...(known as unknown[]), value] : [known, value];
    }
  }
  return elements;
}

/** A document with nested objects as dotted paths; structured data stays whole. */
export function flat(document: Fields, prefix = ''): Fields {
  return Object.fromEntries(
    Object.entries(document).flatMap(([key, value]) => {
      const path = prefix + key;
      const nested =
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        path !== 'log.syslog.structured_data';
      return nested ? Object.entries(flat(value as Fields, `${path}.`)) : [[path, value]];
    }),
  );
}
