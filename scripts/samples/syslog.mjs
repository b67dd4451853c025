import { timesBefore, USERS, withBroken } from './random.mjs';

const HOSTS = [
  'fw1.example.net',
  'core-sw2',
  'db1.example.net',
  'mail1.example.net',
  '2001:db8::53',
];
const WORDS = [
  'Zugriff für Jürgen verweigert',
  'accès refusé à élodie',
  'ログイン失敗',
  'доступ запрещён',
  'ok ✓ 🚀',
];

/** RFC 5424 time stamps: milliseconds, microseconds, or another zone. */
function stamp(time, random) {
  const iso = new Date(time).toISOString();
  return random.weighted([
    [6, () => iso],
    [3, () => `${iso.slice(0, -1)}${String(random.int(0, 999)).padStart(3, '0')}Z`],
    [1, () => `${new Date(time + 3_600_000).toISOString().slice(0, -1)}+01:00`],
  ])();
}

/** Messages of mixed hosts, most with structured data; 32473 is the enterprise number for documentation (RFC 5612). */
export function syslog5424(random, end, count) {
  const lines = timesBefore(end, count, random).map((time, k) => {
    const host = random.pick(HOSTS);
    const { facility, severity, app, procid, msgid, data, message } = random.weighted([
      [4, firewall],
      [3, database],
      [3, mail],
      [1, words],
      [1, bare],
      [1, sshd],
    ])(random, k);
    const priority = facility * 8 + severity;
    const text = message === '' ? '' : ` ${message}`;
    return `<${priority}>1 ${stamp(time, random)} ${host} ${app} ${procid} ${msgid} ${data}${text}`;
  });
  const at = new Date(end).toISOString();
  return withBroken(lines, [
    `<999>1 ${at} fw1.example.net filter - - - a priority that is none`,
    `<13>1 ${at.replace(/-\d\d-/, '-13-')} core-sw2 lldpd - - - a month that is none`,
    `<13>1 ${at} db1.example.net postgres 77 - [origin ip="192.0.2.5" structured data that does not end`,
  ]);
}

function firewall(random, k) {
  const action = random.pick(['accept', 'drop', 'reject']);
  const [from, to] = [random.address(), random.address()];
  return {
    facility: 16,
    severity: action === 'accept' ? 6 : 4,
    app: 'filter',
    procid: '-',
    msgid: 'FLOW',
    data: `[flow@32473 src="${from}" spt="${random.int(1024, 65535)}" dst="${to}" dpt="${random.pick([22, 25, 53, 443, 5432])}" proto="${random.pick(['tcp', 'udp'])}"][meta sequenceId="${k}"]`,
    message: `${action} ${from} -> ${to} len=${random.int(40, 1500)}`,
  };
}

function database(random) {
  const user = random.pick(USERS);
  const ms = (random.next() * 900).toFixed(3);
  return {
    facility: 17,
    severity: random.weighted([
      [8, 6],
      [2, 4],
      [1, 3],
    ]),
    app: 'postgres',
    procid: random.int(300, 9999),
    msgid: 'DURATION',
    data: `[query@32473 user="${user}" db="shop" text="select \\"id\\" from t where a[1\\] = 'x\\\\y'"][timeQuality tzKnown="1" isSynced="1"]`,
    message: `duration: ${ms} ms  statement of ${user}`,
  };
}

function mail(random) {
  const id = random.hex(10).toUpperCase();
  return {
    facility: 2,
    severity: 6,
    app: 'postfix/smtpd',
    procid: random.int(300, 9999),
    msgid: '-',
    data: '-',
    message: `${id}: client=mail${random.int(1, 9)}.example.org[${random.address()}], from=<${random.pick(USERS)}@example.org>`,
  };
}

/** UTF-8, with and without the mark that RFC 5424 asks for. */
function words(random) {
  return {
    facility: 1,
    severity: 5,
    app: 'portal',
    procid: '-',
    msgid: 'AUDIT',
    data: `[user@32473 name="${random.pick(['Jürgen', 'élodie', '佐藤'])}" seen="a" seen="b"]`,
    message: (random.chance(0.5) ? '\ufeff' : '') + random.pick(WORDS),
  };
}

function bare() {
  return {
    facility: 5,
    severity: 6,
    app: 'syslogd',
    procid: '-',
    msgid: 'MARK',
    data: '-',
    message: '',
  };
}

function sshd(random) {
  return {
    facility: 10,
    severity: 6,
    app: 'sshd',
    procid: random.int(300, 60000),
    msgid: '-',
    data: '-',
    message: `Failed password for ${random.pick(USERS)} from ${random.address()} port ${random.int(1024, 65535)} ssh2`,
  };
}
