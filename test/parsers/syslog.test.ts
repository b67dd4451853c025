import fc from 'fast-check';
import t from 'tap';
import { ARRIVAL, Documents, parseStep, without } from '../documents.ts';

const utc = new Documents([parseStep('syslog')]);
const inZone = (timezone: string) =>
  new Documents([
    { step: 'parse', options: { parsers: [{ name: 'syslog', options: { timezone } }] } },
  ]);
const berlin = inZone('Europe/Berlin');

/** What the parser made of a line, without what every event has and what the PRI says. */
const parse = (line: string | Uint8Array, documents = utc, receivedAt = ARRIVAL) =>
  without(
    documents.one(line, receivedAt),
    ...['event.id', 'event.kind', 'event.ingested', 'event.reason', 'log.syslog.priority'],
    ...['log.syslog.severity.code', 'log.syslog.severity.name'],
    ...['log.syslog.facility.code', 'log.syslog.facility.name'],
  );

t.test('RFC 3164 section 5.4', (t) => {
  t.same(
    without(
      utc.one("<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8"),
      ...['event.id', 'event.ingested', 'event.reason'],
    ),
    {
      '@timestamp': '2025-10-11T22:14:15.000Z',
      'event.kind': 'event',
      'log.syslog.priority': 34,
      'log.syslog.severity.code': 2,
      'log.syslog.severity.name': 'critical',
      'log.syslog.facility.code': 4,
      'log.syslog.facility.name': 'auth',
      'host.name': 'mymachine',
      'process.name': 'su',
      message: "'su root' failed for lonvick on /dev/pts/8",
    },
  );
  t.same(parse('<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!'), {
    '@timestamp': '2026-02-05T17:32:18.000Z',
    'host.name': '10.0.0.99',
    message: 'Use the BFG!',
  });
  t.end();
});

t.test('RFC 5424 goes through the core, in a zone of its own where the text names none', (t) => {
  const line = '<165>1 2026-01-11T22:14:15.003 host app 12 ID47 [a b="c"] text';
  const wanted = {
    'log.syslog.version': 1,
    'host.name': 'host',
    'process.name': 'app',
    'process.pid': 12,
    'log.syslog.msgid': 'ID47',
    'log.syslog.structured_data.a.b': 'c',
    message: 'text',
  };
  t.same(parse(line), { '@timestamp': '2026-01-11T22:14:15.003Z', ...wanted });
  t.same(parse(line, berlin), { '@timestamp': '2026-01-11T21:14:15.003Z', ...wanted });
  const zoned = line.replace('15.003 ', '15.003-01:00 ');
  t.same(parse(zoned, berlin), { '@timestamp': '2026-01-11T23:14:15.003Z', ...wanted });
  t.end();
});

t.test('time stamps as seen', (t) => {
  const time = (text: string, documents = utc) => {
    const { '@timestamp': stamp, message, ...rest } = parse(`<13>${text} h a: m`, documents);
    t.same([message, rest], ['m', { 'host.name': 'h', 'process.name': 'a' }], text);
    return stamp;
  };
  const march7 = '2026-03-07T19:06:53.000Z';
  t.equal(time('Mar  7 19:06:53'), march7);
  t.equal(time('Mar 7 19:06:53'), march7);
  t.equal(time('Mar 07 19:06:53'), march7);
  t.equal(time('MAR  7 19:06:53'), march7);
  t.equal(time('mar 7 19:06:53'), march7);
  t.equal(time('Mar  7 2024 19:06:53'), '2024-03-07T19:06:53.000Z');
  t.equal(time('Mar  7 19:06:53 2024'), '2024-03-07T19:06:53.000Z');
  t.equal(time('2024 Mar  7 19:06:53'), '2024-03-07T19:06:53.000Z');
  t.equal(time('Mar  7 19:06:53.123'), '2026-03-07T19:06:53.123Z');
  t.equal(time('Mar  7 19:06:53,123456'), '2026-03-07T19:06:53.123456Z');
  t.equal(time('Mar  7 07:06:53 PM'), march7);
  t.equal(time('Mar  7 7:06:53 pm'), march7);
  t.equal(time('Mar  7 12:06:53 AM'), '2026-03-07T00:06:53.000Z');
  t.equal(time('Mar  7 12:06:53 PM'), '2026-03-07T12:06:53.000Z');
  t.equal(time('Mar  7 19:06:53 UTC', berlin), march7);
  t.equal(time('Mar  7 19:06:53 EST', berlin), '2026-03-08T00:06:53.000Z');
  t.equal(time('Mar  7 19:06:53', berlin), '2026-03-07T18:06:53.000Z');
  t.equal(time('2026-03-07T19:06:53Z'), march7);
  t.equal(time('2026-03-07T19:06:53+01:00'), '2026-03-07T18:06:53.000Z');
  t.equal(time('2026-03-07T19:06:53.5'), '2026-03-07T19:06:53.500Z');
  t.equal(time('2026-03-07 19:06:53'), march7);
  t.equal(time('2026-03-07 19:06:53,25', inZone('-03:30')), '2026-03-07T22:36:53.250Z');
  t.end();
});

t.test('the year is the one that puts the event closest to its arrival', (t) => {
  const year = (text: string, arrival: string) =>
    parse(`<13>${text} h a: m`, utc, Date.parse(arrival))['@timestamp'];
  t.equal(year('Dec 31 23:59:59', '2026-01-01T00:00:05Z'), '2025-12-31T23:59:59.000Z');
  t.equal(year('Jan  1 00:00:01', '2025-12-31T23:59:58Z'), '2026-01-01T00:00:01.000Z');
  t.equal(year('Jul  1 00:00:00', '2026-06-30T00:00:00Z'), '2026-07-01T00:00:00.000Z');
  t.equal(year('Feb 29 12:00:00', '2024-03-01T00:00:00Z'), '2024-02-29T12:00:00.000Z');
  t.equal(year('Feb 29 12:00:00', '2026-03-01T00:00:00Z'), '2024-02-29T12:00:00.000Z');
  t.equal(year('Feb 29 12:00:00', '2027-12-31T00:00:00Z'), '2028-02-29T12:00:00.000Z');
  t.end();
});

t.test('tags, hosts and what is missing', (t) => {
  const rest = (line: string) => without(parse(line), '@timestamp');
  t.same(rest('<15> openvpn[2499]: hello'), {
    'process.name': 'openvpn',
    'process.pid': 2499,
    message: 'hello',
  });
  t.same(rest('<13>Mar 7 19:06:53: kernel: x'), { 'process.name': 'kernel', message: 'x' });
  t.same(rest('Mar  7 19:06:53 h cron[7]: no PRI'), {
    'host.name': 'h',
    'process.name': 'cron',
    'process.pid': 7,
    message: 'no PRI',
  });
  t.same(rest('2026-03-07 19:06:53 h cron[7]: no PRI'), {
    'host.name': 'h',
    'process.name': 'cron',
    'process.pid': 7,
    message: 'no PRI',
  });
  t.same(rest('<38>Mar  7 19:06:53 h sshd(pam_unix)[1]: x'), {
    'host.name': 'h',
    'process.name': 'sshd',
    'process.pid': 1,
    'log.syslog.appname': 'sshd(pam_unix)',
    message: 'x',
  });
  t.same(rest('<38>Mar  7 19:06:53 h monit[2340:0]: x'), {
    'host.name': 'h',
    'process.name': 'monit',
    'log.syslog.procid': '2340:0',
    message: 'x',
  });
  t.same(rest('<38>Mar  7 19:06:53 h postfix/smtpd[99]:x'), {
    'host.name': 'h',
    'process.name': 'postfix/smtpd',
    'process.pid': 99,
    message: 'x',
  });
  t.same(rest('<38>Mar  7 19:06:53 sshd[99]: x'), {
    'process.name': 'sshd',
    'process.pid': 99,
    message: 'x',
  });
  t.same(rest('<13>just words: and a colon'), { message: 'just words: and a colon' });
  t.same(rest('<13>http://example.com/ is no tag'), { message: 'http://example.com/ is no tag' });
  t.same(rest('<13>Mar  7 19:06:53 h\n'), { message: 'h' });
  t.same(rest('  <13>Mar  7 19:06:53 h a: trailing \r\n\0'), {
    'host.name': 'h',
    'process.name': 'a',
    message: 'trailing ',
  });
  t.same(rest(`<13>Mar  7 19:06:53 h ${'w'.repeat(70)}: x`), {
    'host.name': 'h',
    message: `${'w'.repeat(70)}: x`,
  });
  t.end();
});

t.test('Cisco', (t) => {
  for (const [line, wanted] of [
    [
      '<189>29: *Mar  1 00:01:02.123 UTC: %SYS-5-CONFIG_I: Configured',
      {
        '@timestamp': '2026-03-01T00:01:02.123Z',
        'event.sequence': 29,
        'event.code': 'SYS-5-CONFIG_I',
        message: '%SYS-5-CONFIG_I: Configured',
      },
    ],
    [
      '<187>412: 000052: Router1: .Mar  1 00:00:00.123 XYZ: %LINK-3-UPDOWN: Interface up',
      {
        '@timestamp': '2026-03-01T00:00:00.123Z',
        'event.sequence': 52,
        'event.code': 'LINK-3-UPDOWN',
        'host.name': 'Router1',
        message: '%LINK-3-UPDOWN: Interface up',
      },
    ],
    [
      '<189>: 2026 Feb 25 14:15:16 EDT: %ETHPORT-5-IF_UP: up',
      {
        '@timestamp': '2026-02-25T18:15:16.000Z',
        'event.code': 'ETHPORT-5-IF_UP',
        message: '%ETHPORT-5-IF_UP: up',
      },
    ],
    [
      '<189>2053: RP/0/RP0/CPU0:Mar  7 15:31:48.123 UTC: config[65710]: %MGBL-CONFIG-6-DB_COMMIT : y',
      {
        '@timestamp': '2026-03-07T15:31:48.123Z',
        'event.sequence': 2053,
        'event.code': 'MGBL-CONFIG-6-DB_COMMIT',
        'log.syslog.procid': 'RP/0/RP0/CPU0',
        'process.name': 'config',
        'process.pid': 65710,
        message: '%MGBL-CONFIG-6-DB_COMMIT : y',
      },
    ],
    [
      '<189>2054: xr1 RP/0/RP0/CPU0:2026 Mar  7 15:31:48.123 UTC: ifmgr[1]: %PKT_INFRA-LINK-3-UPDOWN : y',
      {
        '@timestamp': '2026-03-07T15:31:48.123Z',
        'event.sequence': 2054,
        'event.code': 'PKT_INFRA-LINK-3-UPDOWN',
        'log.syslog.procid': 'RP/0/RP0/CPU0',
        'host.name': 'xr1',
        'process.name': 'ifmgr',
        'process.pid': 1,
        message: '%PKT_INFRA-LINK-3-UPDOWN : y',
      },
    ],
    [
      '<166>2026-03-07T10:00:00Z asa1 : %ASA-6-302013: Built',
      {
        '@timestamp': '2026-03-07T10:00:00.000Z',
        'event.code': 'ASA-6-302013',
        'host.name': 'asa1',
        message: '%ASA-6-302013: Built',
      },
    ],
    [
      '<166>Mar 07 2026 10:00:00: %FTD-6-302013: Built',
      {
        '@timestamp': '2026-03-07T10:00:00.000Z',
        'event.code': 'FTD-6-302013',
        message: '%FTD-6-302013: Built',
      },
    ],
    [
      '<166>Mar 07 2026 10:00:00 fw1 %PIX-7-710002: TCP',
      {
        '@timestamp': '2026-03-07T10:00:00.000Z',
        'event.code': 'PIX-7-710002',
        'host.name': 'fw1',
        message: '%PIX-7-710002: TCP',
      },
    ],
  ] as const) {
    t.same(parse(line), wanted, line);
  }
  t.match(parse('<167>%PIX-7-710002: TCP'), { 'event.code': 'PIX-7-710002' });
  t.match(parse('<189>77: 42 things: done'), { message: '77: 42 things: done' });
  t.end();
});

/** Lines that no syslog parser can read, what sluice says of each, and at which byte. */
const MALFORMED: readonly (readonly [string, string, string])[] = [
  ['hello', 'HEADER', 'neither PRI nor time stamp (byte 0)'],
  ['app: hello', 'HEADER', 'neither PRI nor time stamp (byte 0)'],
  ['GET / HTTP/1.1', 'HEADER', 'neither PRI nor time stamp (byte 0)'],
  ['1 2003-10-11T22:14:15Z h a - - - m', 'HEADER', 'neither PRI nor time stamp (byte 0)'],
  ['12:00:00 h a: m', 'HEADER', 'neither PRI nor time stamp (byte 0)'],
  ['Foo 12 10:00:00 h a: m', 'HEADER', 'neither PRI nor time stamp (byte 0)'],
  ['{"message":"json"}', 'HEADER', 'neither PRI nor time stamp (byte 0)'],
  ['\u0016\u0003\u0001 TLS', 'HEADER', 'neither PRI nor time stamp (byte 0)'],
  ['   ', 'HEADER', 'neither PRI nor time stamp (byte 3)'],
  ['<', 'PRI', 'PRI is not <0> to <191> (byte 0)'],
  ['<>m', 'PRI', 'PRI is not <0> to <191> (byte 0)'],
  ['<13', 'PRI', 'PRI is not <0> to <191> (byte 0)'],
  ['<13 m', 'PRI', 'PRI is not <0> to <191> (byte 0)'],
  ['<192>m', 'PRI', 'PRI is not <0> to <191> (byte 0)'],
  ['<1234>m', 'PRI', 'PRI is not <0> to <191> (byte 0)'],
  ['<-1>m', 'PRI', 'PRI is not <0> to <191> (byte 0)'],
  ['<a>m', 'PRI', 'PRI is not <0> to <191> (byte 0)'],
  [' <x>m', 'PRI', 'PRI is not <0> to <191> (byte 1)'],
  ['<999>1 - - - - - -', 'PRI', 'PRI is not <0> to <191> (byte 0)'],
  ['<13>', 'EMPTY', 'nothing behind the PRI (byte 4)'],
  ['<13>   ', 'EMPTY', 'nothing behind the PRI (byte 7)'],
  ['<13>\r\n', 'EMPTY', 'nothing behind the PRI (byte 4)'],
  ['<13>Feb 30 10:00:00 h a: m', 'TIME', 'no such day or hour (byte 4)'],
  ['<13>Jan 00 10:00:00 h a: m', 'TIME', 'no such day or hour (byte 4)'],
  ['<13>Jan 10 24:00:00 h a: m', 'TIME', 'no such day or hour (byte 4)'],
  ['<13>Jan 10 10:61:00 h a: m', 'TIME', 'no such day or hour (byte 4)'],
  ['<13>2023-02-29T10:00:00Z h a: m', 'TIME', 'no such day or hour (byte 4)'],
  ['2026-13-01 10:00:00 h a: m', 'TIME', 'no such day or hour (byte 0)'],
  ['<13>Feb 29 2023 10:00:00: %ASA-6-302013: m', 'TIME', 'no such day or hour (byte 4)'],
  ['<34>1 2003-13-11T22:14:15Z h a - - - m', '5424', 'TIMESTAMP is malformed (byte 6)'],
  ['<34>1 2003-10-11 22:14:15 h a - - - m', '5424', 'TIMESTAMP is malformed (byte 6)'],
  ['<34>1 Oct 11 22:14:15 h a - - - m', '5424', 'TIMESTAMP is malformed (byte 6)'],
  ['<34>1 ', '5424', 'TIMESTAMP is malformed (byte 6)'],
  ['<34>1 - h', '5424', 'HOSTNAME is malformed (byte 8)'],
  ['<34>1 -  a - - - m', '5424', 'HOSTNAME is malformed (byte 8)'],
  ['<34>1 - h a', '5424', 'APP-NAME is malformed (byte 10)'],
  ['<34>1 - h a 1', '5424', 'PROCID is malformed (byte 12)'],
  ['<34>1 - h a 1 i', '5424', 'MSGID is malformed (byte 14)'],
  ['<34>1 - h a 1 i ', '5424', 'STRUCTURED-DATA is malformed (byte 16)'],
  ['<34>1 - h a 1 i m', '5424', 'STRUCTURED-DATA is malformed (byte 16)'],
  ['<34>1 - h a 1 i [x', '5424', 'STRUCTURED-DATA is malformed (byte 18)'],
  ['<34>1 - h a 1 i [x y=z] m', '5424', 'STRUCTURED-DATA is malformed (byte 20)'],
  ['<34>1 - h a 1 i [x y="z] m', '5424', 'STRUCTURED-DATA is malformed (byte 26)'],
  ['<34>1 - h a 1 i [x y="z"]m', '5424', 'STRUCTURED-DATA is malformed (byte 25)'],
];

t.test('malformed lines go on whole, each with its verdict; their neighbours arrive', (t) => {
  t.ok(MALFORMED.length >= 40);
  const good = '<13>Mar  7 19:06:53 h a: good';
  const documents = utc.of(MALFORMED.flatMap(([line]) => [line, good]));
  MALFORMED.forEach(([line, code, detail], k) => {
    t.match(
      documents[2 * k],
      {
        'event.kind': 'pipeline_error',
        'error.code': `SLUICE_PARSE_SYSLOG_${code}`,
        'error.message': detail,
        message: line,
      },
      line,
    );
    t.match(documents[2 * k + 1], { 'event.kind': 'event', 'process.name': 'a', message: 'good' });
  });
  t.end();
});

t.test('no bytes bring it down, and none are lost', (t) => {
  const piece = fc.oneof(
    fc.constantFrom('<13>', '<34>1 ', 'Mar  7 19:06:53 ', '2026-03-07T19:06:53Z ', ': ', '29: '),
    fc.constantFrom(
      'host ',
      'app[1]: ',
      '%A-1-B: ',
      '*',
      'RP/0/RP0/CPU0:',
      '- ',
      '[x y="z"]',
      ' PM ',
    ),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
      const line = pieces.join('').replace(/[\n\r\0]+$/, '');
      fc.pre(line.length > 0);
      const document = utc.one(line);
      const message = (document['message'] ?? '') as string;
      const whole = Buffer.from(line).toString();
      return document['event.kind'] === 'event' ? whole.endsWith(message) : message === whole;
    }),
    { numRuns: 250 },
  );
  t.end();
});
