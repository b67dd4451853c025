/**
 * The baseline: an object for each event, made and printed the way a JavaScript program usually does it.
 * It has less to do than the core: its id is a counter, and it checks neither time stamps nor UTF-8.
 */

interface SyslogObject {
  '@timestamp': string;
  event: { id: string; kind: string };
  log: {
    syslog: {
      priority: number;
      version: number;
      severity: { code: number };
      facility: { code: number };
      msgid: string;
      structured_data: Record<string, Record<string, string>>;
    };
  };
  host: { name: string };
  process: { name: string; pid: number };
  message: string;
}

const PARAMETER = /(\S+)="((?:[^"\\\]]|\\.)*)"/y;

/** RFC 5424 section 6.3. Returns the position behind the last element. */
function parseStructuredData(
  line: string,
  from: number,
  elements: Record<string, Record<string, string>>,
): number {
  let at = from;
  while (line[at] === '[') {
    let end = at + 1;
    while (line[end] !== ' ' && line[end] !== ']') end++;
    const element: Record<string, string> = {};
    elements[line.slice(at + 1, end)] = element;
    while (line[end] === ' ') {
      PARAMETER.lastIndex = end + 1;
      const match = PARAMETER.exec(line);
      if (match === null) throw new Error(`bad structured data: ${line}`);
      const [, name = '', value = ''] = match;
      element[name] = value.includes('\\') ? value.replace(/\\(["\\\]])/g, '$1') : value;
      end = PARAMETER.lastIndex;
    }
    at = end + 1;
  }
  return at;
}

let ids = 0;
const nextId = (): string => (++ids).toString(16).padStart(32, '0');

function parseSyslog(line: string): SyslogObject {
  let at = line.indexOf('>') + 1;
  const priority = Number(line.slice(1, at - 1));
  const word = (): string => {
    const end = line.indexOf(' ', at);
    const text = line.slice(at, end);
    at = end + 1;
    return text;
  };
  const version = Number(word());
  const timestamp = word();
  const host = word();
  const app = word();
  const pid = Number(word());
  const msgid = word();
  const elements: Record<string, Record<string, string>> = {};
  const message = line.slice(parseStructuredData(line, at, elements) + 1);
  return {
    '@timestamp': timestamp,
    event: { id: nextId(), kind: 'event' },
    log: {
      syslog: {
        priority,
        version,
        severity: { code: priority & 7 },
        facility: { code: priority >> 3 },
        msgid,
        structured_data: elements,
      },
    },
    host: { name: host },
    process: { name: app, pid },
    message,
  };
}

function printEach<T>(
  batch: Buffer,
  parse: (line: string) => T,
  print: (event: T) => string,
): Buffer {
  let out = '';
  const text = batch.toString();
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    out += print(parse(text.slice(at, end)));
    at = end + 1;
  }
  return Buffer.from(out);
}

const indexOf = (timestamp: string): string =>
  `logs-${timestamp.slice(0, 10).replaceAll('-', '.')}`;

const bulkItem = (timestamp: string, id: string, event: unknown): string =>
  `{"create":{"_index":"${indexOf(timestamp)}","_id":"${id}"}}\n${JSON.stringify(event)}\n`;

export const syslogToNdjson = (batch: Buffer): Buffer =>
  printEach(batch, parseSyslog, (event) => bulkItem(event['@timestamp'], event.event.id, event));

const COPY_ESCAPES: Record<string, string> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
};

const copyText = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what COPY text escapes
  text.replace(/[\\\t\n\r\b\f\v]/g, (character) => COPY_ESCAPES[character] ?? character);

export const syslogToCopy = (batch: Buffer): Buffer =>
  printEach(batch, parseSyslog, ({ event, log: { syslog }, host, process, message, ...rest }) =>
    [
      event.id,
      rest['@timestamp'],
      copyText(host.name),
      copyText(process.name),
      process.pid,
      copyText(syslog.msgid),
      syslog.severity.code,
      copyText(message),
    ]
      .join('\t')
      .concat('\n'),
  );

const tag = (text: string): string => text.replace(/[, =]/g, '\\$&');
const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** Nanoseconds since 1970 of a time stamp with microseconds. */
const nanoseconds = (timestamp: string): string =>
  `${Date.parse(`${timestamp.slice(0, 23)}Z`)}${timestamp.slice(23, 26)}000`;

export const syslogToLines = (batch: Buffer): Buffer =>
  printEach(
    batch,
    parseSyslog,
    ({ log: { syslog }, host, process, message, ...rest }) =>
      `syslog,app=${tag(process.name)},host=${tag(host.name)} ` +
      `severity=${syslog.severity.code}i,pid=${process.pid}i,message=${quoted(message)} ` +
      `${nanoseconds(rest['@timestamp'])}\n`,
  );

interface JsonObject {
  '@timestamp': string;
  event: Record<string, unknown>;
}

/** Adds an id and a kind, as the core does, and prints the whole event again. */
export const jsonToNdjson = (batch: Buffer): Buffer =>
  printEach(
    batch,
    (line) => JSON.parse(line) as JsonObject,
    (event) => {
      const id = nextId();
      event.event.id = id;
      event.event.kind = 'event';
      return bulkItem(event['@timestamp'], id, event);
    },
  );
