import fc from 'fast-check';
import t from 'tap';
import { ABSENT, CLEAN, INT, JSON_RAW, LOCAL_TIME, TEXT, TIME } from '../../src/event/cell.ts';
import { DROPPED, UNPARSED } from '../../src/event/row.ts';
import { type SyslogColumns, syslogFields } from '../../src/event/syslog-fields.ts';
import { MAX_SD_PARAMS } from '../../src/event/syslog-words.ts';
import { AWKWARD, textOf } from './awkward.ts';
import { bothCores, type TestCore } from './cores.ts';

const NAMES = [
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

const COLUMNS: SyslogColumns = Object.fromEntries(NAMES.map((name, k) => [name, k]));
const cores = bothCores(NAMES.map((path) => ({ path, type: 'text' })));
const [reference, wasm] = cores;
const tables = cores.map((test) => syslogFields(test.literals, COLUMNS));
const sparse = cores.map((test) =>
  syslogFields(test.literals, { message: 13, structuredData: 12, pid: -1 }),
);

/** Runs the routine; false when it had no room. */
function scan(test: TestCore, records: readonly (string | Uint8Array)[], fields: number): boolean {
  test.load(records);
  const { rows } = test;
  const { start, end } = test.regions.side;
  const side = test.core.syslog5424(rows.table, rows.stride, rows.count, fields, start, end);
  if (side !== 0) rows.side = side;
  return side !== 0;
}

/** The cells that a record got, or undefined when it is not RFC 5424. */
function parse(test: TestCore, record: string | Uint8Array): Record<string, string> | undefined {
  t.ok(scan(test, [record], tables[cores.indexOf(test)] as number));
  const { rows } = test;
  const row = rows.at(0);
  const cells = NAMES.flatMap((name, k) =>
    rows.kind(row, k) === ABSENT ? [] : [[name, rows.text(row, k) as string]],
  );
  if (!rows.hasFlag(row, UNPARSED)) return Object.fromEntries(cells) as Record<string, string>;
  t.same(cells, [], 'a record that is not RFC 5424 gets no cells');
  return undefined;
}

const header = '<165>1 2003-10-11T22:14:15.003Z host app 12 ID47';

for (const test of cores) {
  const sd = (text: string): unknown => {
    const cells = parse(test, `${header} ${text} m`);
    return cells?.structuredData === undefined ? undefined : JSON.parse(cells.structuredData);
  };

  t.test(`core: ${test.core.name}`, (t) => {
    t.test('the examples of RFC 5424 section 6.5', (t) => {
      t.same(
        parse(
          test,
          "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8",
        ),
        {
          priority: '34',
          version: '1',
          severityCode: '2',
          severityName: 'critical',
          facilityCode: '4',
          facilityName: 'auth',
          timestamp: '2003-10-11T22:14:15.003Z',
          hostname: 'mymachine.example.com',
          appname: 'su',
          msgid: 'ID47',
          message: "'su root' failed for lonvick on /dev/pts/8",
        },
      );
      t.same(
        parse(
          test,
          "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
        ),
        {
          priority: '165',
          version: '1',
          severityCode: '5',
          severityName: 'notice',
          facilityCode: '20',
          facilityName: 'local4',
          timestamp: '2003-08-24T12:14:15.000003Z',
          hostname: '192.0.2.1',
          appname: 'myproc',
          pid: '8710',
          message: "%% It's time to make the do-nuts.",
        },
      );
      t.match(
        parse(
          test,
          '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"] \ufeffAn application event log entry...',
        ),
        {
          structuredData:
            '{"exampleSDID@32473":{"iut":"3","eventSource":"Application","eventID":"1011"}}',
          message: 'An application event log entry...',
        },
      );
      const bare = parse(
        test,
        '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"][examplePriority@32473 class="high"]',
      );
      t.equal(
        bare?.structuredData,
        '{"exampleSDID@32473":{"iut":"3","eventSource":"Application","eventID":"1011"},"examplePriority@32473":{"class":"high"}}',
      );
      t.notOk(bare && 'message' in bare);
      t.end();
    });

    t.test('nil values leave no cells', (t) => {
      t.same(Object.keys(parse(test, '<0>1 - - - - - -') ?? {}), NAMES.slice(0, 6));
      t.same(Object.keys(parse(test, '<0>1 - - - - - - \r\n\0') ?? {}), NAMES.slice(0, 6));
      t.end();
    });

    t.test('kinds of cells', (t) => {
      const { rows } = test;
      parse(test, '<191>999 2024-02-29T01:02:03 hö"st a\\p 0012 m [x] text');
      const kinds = NAMES.map((_, k) => rows.kind(rows.at(0), k));
      t.same(kinds, [
        INT,
        INT,
        INT,
        CLEAN,
        INT,
        CLEAN,
        TIME,
        TEXT,
        TEXT,
        0,
        CLEAN,
        CLEAN,
        JSON_RAW,
        TEXT,
      ]);
      t.equal(rows.flags(rows.at(0), 6), LOCAL_TIME, 'the zone is for the caller to say');
      parse(test, `<1>1 2024-02-29T01:02:03Z ${'h'.repeat(300)} ${'ä'.repeat(9)} 17 - - x`);
      t.equal(rows.kind(rows.at(0), 7), CLEAN);
      t.equal(rows.length(rows.at(0), 7), 300);
      t.equal(rows.kind(rows.at(0), 8), TEXT);
      t.equal(rows.kind(rows.at(0), 9), INT);
      t.equal(rows.length(rows.at(0), 9), 2, 'the source text of a number');
      t.equal(rows.value(rows.at(0), 9), 17);
      t.equal(rows.flags(rows.at(0), 6), 0);
      t.end();
    });

    t.test('structured data becomes JSON', (t) => {
      t.same(sd('-'), undefined);
      t.same(sd('[x]'), { x: {} });
      t.same(sd('[x@1 a="b"][y]'), { 'x@1': { a: 'b' }, y: {} });
      t.same(
        sd(String.raw`[a b="\"\\\]\n\x"]`),
        { a: { b: '"\\]\\n\\x' } },
        'three escapes, no more',
      );
      t.same(sd('[a b="x]y[z"]'), { a: { b: 'x]y[z' } }, 'an unescaped bracket is let through');
      t.same(sd(String.raw`[a\b c\="1"]`), { 'a\\b': { 'c\\': '1' } });
      t.same(sd(`[${'i'.repeat(200)} ${'n'.repeat(200)}="${'v'.repeat(200)}"]`), {
        ['i'.repeat(200)]: { ['n'.repeat(200)]: 'v'.repeat(200) },
      });
      t.same(sd('[a b="\t\n\r\b\f\u0001"]'), { a: { b: '\t\n\r\b\f\u0001' } });
      t.end();
    });

    t.test('repeated parameters become arrays, repeated SD-IDs one object', (t) => {
      t.same(sd('[a b="1" c="2" b="3"]'), { a: { b: ['1', '3'], c: '2' } });
      t.same(sd('[a b="1"][c b="2"][a b="3" d="4"][a]'), {
        a: { b: ['1', '3'], d: '4' },
        c: { b: '2' },
      });
      const many = Array.from({ length: 40 }, (_, k) => `p${k % 20}="${k}"`).join(' ');
      const wanted = Object.fromEntries(
        Array.from({ length: 20 }, (_, k) => [`p${k}`, [`${k}`, `${k + 20}`]]),
      );
      t.same(sd(`[e ${many}]`), { e: wanted });
      t.end();
    });

    t.test(
      'values hold any bytes; invalid UTF-8 becomes U+FFFD as the WHATWG decoder says',
      (t) => {
        for (const { name, bytes } of AWKWARD) {
          const escaped = Buffer.from(
            Buffer.from(bytes)
              .toString('latin1')
              .replace(/["\\\]]/g, String.raw`\$&`),
            'latin1',
          );
          const record = Buffer.concat([
            Buffer.from(`${header} [a b="`),
            escaped,
            Buffer.from('"] m'),
          ]);
          const cells = parse(test, record);
          t.same(JSON.parse(cells?.structuredData ?? ''), { a: { b: textOf({ bytes }) } }, name);
        }
        t.end();
      },
    );

    t.test('malformed', (t) => {
      for (const record of [
        '',
        'x',
        '<',
        '<>1 - - - - - -',
        '<192>1 - - - - - -',
        '<0001>1 - - - - - -',
        '<13 1 - - - - - -',
        '<13>',
        '<13>0 - - - - - -',
        '<13>1000 - - - - - -',
        '<13>1- - - - - - -',
        '<13>1  - - - - - -',
        '<13>1 2003-10-11 - - - - -',
        '<13>1 2003-10-11T22:14:15.003Zx - - - - -',
        '<13>1 2003-10-11T22:14:15.1234567890Z - - - - -',
        '<13>1 2003-10-11 22:14:15 - - - - -',
        '<13>1 -',
        '<13>1 - host',
        '<13>1 - host app',
        '<13>1 - host app 1',
        '<13>1 - host app 1 id',
        '<13>1 - host app 1 id ',
        '<13>1 - host  1 id -',
        `${header} x`,
        `${header} --`,
        `${header} []`,
        `${header} [ x]`,
        `${header} [x`,
        `${header} [x ]`,
        `${header} [x y]`,
        `${header} [x y=]`,
        `${header} [x y="]`,
        `${header} [x y="\\"]`,
        `${header} [x y="z"`,
        `${header} [x y="z"a="b"]`,
        `${header} [x y="z"]m`,
        `${header} [x y="z"[`,
        `${header} [ö y="z"]`,
        `${header} [x ="z"]`,
        `${header} [x y='z']`,
      ]) {
        t.equal(parse(test, record), undefined, record);
      }
      const fill = (parts: number) =>
        `[x ${Array.from({ length: parts - 1 }, (_, k) => `p${k}="1"`).join(' ')}]`;
      t.ok(sd(fill(MAX_SD_PARAMS)));
      t.equal(sd(fill(MAX_SD_PARAMS + 1)), undefined, 'more parameters than are read');
      const names = Array.from({ length: 24 }, (_, k) => String.fromCharCode(0x61 + k));
      const params = names.map((name) => ` ${name}="1"`).join('');
      t.equal(sd(names.map((id) => `[${id}${params}]`).join('')), undefined, 'in many elements');
      t.end();
    });

    t.test('dropped rows stay as they are; a row that parses loses the flag', (t) => {
      test.load([`${header} - m`, `${header} - m`, 'x'], UNPARSED);
      const { rows } = test;
      rows.setFlag(rows.at(0), DROPPED);
      const { start, end } = test.regions.side;
      const fields = tables[cores.indexOf(test)] as number;
      test.core.syslog5424(rows.table, rows.stride, 3, fields, start, end);
      t.equal(rows.kind(rows.at(0), 0), ABSENT);
      t.same(
        [0, 1, 2].map((k) => rows.hasFlag(rows.at(k), UNPARSED)),
        [true, false, true],
      );
      t.end();
    });

    t.test('a full side buffer stops in front of a row', (t) => {
      const records = Array.from({ length: 8 }, () => `${header} [a b="${'x'.repeat(50)}"] m`);
      test.load(records);
      const { rows } = test;
      const fields = tables[cores.indexOf(test)] as number;
      const { start } = test.regions.side;
      const canary = test.bytes(start + 300, start + 1300);
      t.equal(test.core.syslog5424(rows.table, rows.stride, 8, fields, start, start + 300), 0);
      const reached = test.core.result[0] as number;
      t.ok(reached > 0 && reached < 8);
      for (let k = 0; k < 8; k++) t.equal(rows.has(rows.at(k), 13), k < reached);
      t.same(test.bytes(start + 300, start + 1300), canary, 'and writes nothing behind it');
      t.end();
    });
    t.end();
  });
}

t.test('both cores leave the same bytes', (t) => {
  const token = fc.oneof(
    fc.constantFrom('-', 'host', 'a"b', '', '0', '007', '1234567890123456', 'ö', 'x'.repeat(40)),
    fc.string({ maxLength: 40 }),
  );
  const time = fc.oneof(
    fc.constantFrom(
      '-',
      '2003-10-11T22:14:15.003Z',
      '2024-02-30T00:00:00Z',
      '2024-02-29T23:59:60+14:00',
    ),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    // Every field within and just beyond its range.
    fc
      .tuple(
        fc.constantFrom('0000', '1900', '2023', '2024', '9999', '20x4'),
        fc.nat(13),
        fc.nat(32),
        fc.nat(24),
        fc.nat(60),
        fc.nat(61),
        fc.constantFrom('', '.1', ',12', '.1234', '.123456789', '.1234567890', '.'),
        fc.constantFrom(
          'Z',
          'z',
          '',
          '+01:00',
          '-2359',
          '+24:00',
          '+05',
          '-00:60',
          '+1:00',
          '+01:',
        ),
      )
      .map(([year, month, day, hour, minute, second, fraction, zone]) => {
        const [mm, dd, h, m, s] = [month, day, hour, minute, second].map((part) =>
          String(part).padStart(2, '0'),
        );
        return `${year}-${mm}-${dd}T${h}:${m}:${s}${fraction}${zone}`;
      }),
  );
  const name = fc.constantFrom('a', 'b', 'ab', 'ba', 'x@1', 'y\\', 'z'.repeat(17), '', '=');
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('\\"', '\\]', '\\\\', '"', '\n', 'x'.repeat(64)),
  );
  const param = fc.tuple(name, value).map(([key, text]) => ` ${key}="${text}"`);
  const element = fc
    .tuple(name, fc.array(param, { maxLength: 6 }))
    .map(([id, params]) => `[${id}${params.join('')}]`);
  const record = fc
    .tuple(
      fc.nat(200),
      time,
      fc.array(token, { minLength: 4, maxLength: 4 }),
      fc.oneof(
        fc.constant('-'),
        fc.array(element, { maxLength: 5 }).map((list) => list.join('')),
      ),
      fc.string({ maxLength: 40 }),
    )
    .map(
      ([pri, stamp, tokens, data, text]) => `<${pri}>1 ${[stamp, ...tokens, data, text].join(' ')}`,
    );
  /** Valid bytes with some of them overwritten, and ends cut off. */
  const mutated = fc
    .tuple(record, fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 3 }), fc.nat(400))
    .map(([text, changes, cut]) => {
      const bytes = Buffer.from(text);
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
      return bytes.subarray(0, Math.max(1, cut));
    });
  fc.assert(
    fc.property(fc.array(mutated, { minLength: 1, maxLength: 8 }), fc.boolean(), (records, all) => {
      const states = cores.map((test, k) => {
        scan(test, records, (all ? tables : sparse)[k] as number);
        return Buffer.concat([test.state(), Buffer.from(test.core.result.slice(0, 1).buffer)]);
      }) as [Buffer, Buffer];
      return states[0].equals(states[1]);
    }),
    { numRuns: 3000 },
  );
  t.ok(reference.core.name !== wasm.core.name);
  t.end();
});
