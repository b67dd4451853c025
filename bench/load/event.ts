import type { Field } from './digest.ts';
import type { Random } from './random.ts';

/** One event of the load: its line without the newline, and what a contender must make of it. */
export interface LoadEvent {
  line: string;
  fields: Record<Field, string>;
}

interface Content {
  app: string;
  priority: number; // RFC 5424 section 6.2.1: facility × 8 + severity
  message: string;
}

const USERS = ['root', 'admin', 'alice', 'bob', 'deploy', 'git', 'oracle', 'postgres'] as const;
const METHODS = ['GET', 'GET', 'GET', 'POST', 'HEAD'] as const;
const STATUSES = [200, 200, 200, 200, 301, 304, 401, 404, 500] as const;
const REFERRERS = ['-', 'https://www.example.net/'] as const;
const PATHS = [
  '/',
  '/index.html',
  '/login',
  '/health',
  '/api/v1/users',
  '/api/v1/orders/8812?expand=items',
  '/static/app.9f3c.js',
  '/img/logo.png',
  '/search?q=stream+processing',
] as const;
const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0',
  'curl/8.5.0',
  'kube-probe/1.29',
] as const;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

const address = (random: Random): string =>
  `${1 + random.below(223)}.${random.below(256)}.${random.below(256)}.${1 + random.below(254)}`;

function sshd(random: Random): Content {
  const user = random.pick(USERS);
  const from = `from ${address(random)} port ${1024 + random.below(60_000)} ssh2`;
  const message = random.chance(0.7)
    ? `Failed password for ${random.chance(0.5) ? 'invalid user ' : ''}${user} ${from}`
    : `Accepted publickey for ${user} ${from}: RSA SHA256:Zm9vYmFyYmF6`;
  return { app: 'sshd', priority: 38, message };
}

function nginx(random: Random, time: Date): Content {
  const iso = time.toISOString();
  const month = MONTHS[time.getUTCMonth()] ?? '';
  const date = `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
  const user = random.chance(0.1) ? random.pick(USERS) : '-';
  const request = `${random.pick(METHODS)} ${random.pick(PATHS)} HTTP/1.1`;
  const result = `${random.pick(STATUSES)} ${random.below(90_000)}`;
  const message = `${address(random)} - ${user} [${date}] "${request}" ${result} "${random.pick(REFERRERS)}" "${random.pick(AGENTS)}"`;
  return { app: 'nginx', priority: 190, message };
}

function application(random: Random, time: string): Content {
  const level = random.pick(['info', 'info', 'warn', 'error']);
  const status = random.pick([200, 201, 404, 500]);
  const trace = Math.floor(random.next() * 1e15).toString(16);
  const message = `level=${level} ts=${time} caller=handler.go:${random.below(900)} msg="request done" user=${random.pick(USERS)} dur=${(random.next() * 500).toFixed(3)}ms status=${status} trace_id=${trace}`;
  return { app: 'app', priority: 14, message };
}

/** Event number `sequence` at `time` (milliseconds since 1970), as RFC 5424 with structured data. */
export function loadEvent(random: Random, sequence: number, time: number): LoadEvent {
  const date = new Date(time);
  // Microseconds, as senders write them; a contender may keep milliseconds only.
  const iso = `${date.toISOString().slice(0, -1)}${String(random.below(1000)).padStart(3, '0')}Z`;
  const kind = random.next();
  const { app, priority, message } =
    kind < 0.3 ? sshd(random) : kind < 0.7 ? nginx(random, date) : application(random, iso);
  const host = `web-${random.below(50)}.example.net`;
  const pid = String(1 + random.below(60_000));
  const msgid = `ID${random.below(100)}`;
  const ip = address(random);
  return {
    line: `<${priority}>1 ${iso} ${host} ${app} ${pid} ${msgid} [origin ip="${ip}" software="${app}"][meta sequenceId="${sequence}"] ${message}`,
    fields: {
      '@timestamp': String(time),
      'host.name': host,
      'process.name': app,
      'process.pid': pid,
      'log.syslog.msgid': msgid,
      'log.syslog.severity.code': String(priority & 7),
      'log.syslog.facility.code': String(priority >> 3),
      'log.syslog.structured_data.origin.ip': ip,
      'log.syslog.structured_data.origin.software': app,
      message,
    },
  };
}
