import fc from 'fast-check';
import t from 'tap';
import { decodeJsonString } from '../../src/event/text.ts';
import { compileNdjson } from '../../src/sinks/ndjson.ts';
import { elasticsearch } from '../../src/sinks/elasticsearch/encode.ts';
import { influxdb } from '../../src/sinks/influxdb/encode.ts';
import type { OutputEncoder } from '../../src/sinks/encoder.ts';
import type { ColumnType } from '../../src/sinks/postgres/columns.ts';
import { postgres } from '../../src/sinks/postgres/encode.ts';
import { AWKWARD, textOf } from './awkward.ts';
import { Chunk, type Event, type Value } from './chunk.ts';
import { copyArray, copyRows } from './copy-reader.ts';
import { events } from './generate.ts';

const FIELDS = [
  { path: '@timestamp', type: 'date' },
  { path: 'event.id', type: 'text' },
  { path: 'event.dataset', type: 'text' },
  { path: 'host.name', type: 'text' },
  { path: 'host.ip', type: 'ip' },
  { path: 'log.syslog.priority', type: 'long' },
  { path: 'log.syslog.severity.name', type: 'text' },
  { path: 'ratio', type: 'double' },
  { path: 'flag', type: 'boolean' },
  { path: 'anything', type: 'any' },
  { path: 'message', type: 'text' },
  { path: 'tags', type: 'any' },
] as const;

const text = (bytes: Uint8Array): Value => ({ kind: 'text', bytes });
const clean = (value: string): Value => ({ kind: 'clean', text: value });
const id = clean('0123456789abcdef0123456789abcdef');

/** Lone surrogates as U+FFFD: what UTF-8 makes of them. */
const wellFormed = (value: string): string => Buffer.from(value, 'utf8').toString('utf8');

/** The text of a COPY or line protocol value: no store takes NUL there. */
const withoutNul = (value: string): string => value.replaceAll('\0', '\ufffd');

for (const kind of ['ts', 'wasm'] as const) {
  t.test(`core: ${kind}`, (t) => {
    const chunk = new Chunk(kind, FIELDS);
    const ndjson = compileNdjson(chunk.context);
    const document = (event: Event): string => {
      chunk.fill([event]);
      return chunk.encode(ndjson).bytes.toString('utf8');
    };
    const copies = new Map<ColumnType, OutputEncoder>();
    const copy = (type: ColumnType, v: Value): string | null => {
      const encoder =
        copies.get(type) ??
        postgres.compile(
          { table: 'a.b', columns: { a: { field: 'anything', type } } },
          chunk.context,
        );
      copies.set(type, encoder);
      chunk.fill([{ cells: { anything: v } }]);
      const rows = copyRows(chunk.encode(encoder).bytes);
      if (rows.length !== 1 || rows[0]?.length !== 1)
        throw new Error(`not one value: ${JSON.stringify(rows)}`);
      return rows[0][0] as string | null;
    };
    const points = new Map<string, OutputEncoder>();
    const point = (v: Value, path: string): string => {
      const encoder =
        points.get(path) ??
        influxdb.compile(
          { measurement: 'm', tags: [], every: 10_000, fields: { f: path } },
          chunk.context,
        );
      points.set(path, encoder);
      chunk.fill([
        { cells: { [path]: v, '@timestamp': { kind: 'time', ms: 1, nanos: 5, digits: 9 } } },
      ]);
      return chunk.encode(encoder).bytes.toString('utf8');
    };

    t.test('awkward texts come out of NDJSON as they went in', (t) => {
      for (const awkward of AWKWARD) {
        const wanted = textOf(awkward);
        const line = document({ cells: { message: text(awkward.bytes), 'host.name': clean('h') } });
        t.equal(line.indexOf('\n'), line.length - 1, `${awkward.name}: one line`);
        t.same(JSON.parse(line), { host: { name: 'h' }, message: wanted }, awkward.name);
        const inside = JSON.stringify(wanted).slice(1, -1);
        t.same(JSON.parse(document({ cells: { message: { kind: 'string', inside } } })), {
          message: wanted,
        });
      }
      t.end();
    });

    t.test('awkward texts come out of COPY text as they went in', (t) => {
      const asText = (v: Value) => copy('text', v);
      const asJson = (v: Value) => copy('jsonb', v);
      const asArray = (v: Value) => copy('text[]', v);
      for (const awkward of AWKWARD) {
        const wanted = withoutNul(textOf(awkward));
        const cell = text(awkward.bytes);
        const string: Value = {
          kind: 'string',
          inside: JSON.stringify(textOf(awkward)).slice(1, -1),
        };
        for (const v of [cell, string]) {
          t.equal(asText(v), wanted, `${awkward.name}: text`);
          t.equal(JSON.parse(asJson(v) as string), wanted, `${awkward.name}: jsonb`);
          t.same(copyArray(asArray(v) as string), [wanted], `${awkward.name}: text[]`);
          t.same(
            copyArray(asArray({ kind: 'list', items: [v, { kind: 'null' }, v] }) as string),
            [wanted, null, wanted],
            `${awkward.name}: list`,
          );
        }
        const raw = JSON.stringify([textOf(awkward), { a: textOf(awkward) }]);
        const [first, second] = copyArray(asArray({ kind: 'json', raw }) as string);
        t.same([first, JSON.parse(second as string)], [wanted, { a: wanted }]);
        t.same(JSON.parse(asJson({ kind: 'json', raw }) as string), [wanted, { a: wanted }]);
      }
      t.end();
    });

    t.test('awkward texts stay one field of one point', (t) => {
      for (const awkward of AWKWARD) {
        const line = point(text(awkward.bytes), 'message');
        const field = /^m f="((?:[^"\\\n]|\\["\\])*)" 1000005\n$/.exec(line)?.[1];
        const wanted = withoutNul(textOf(awkward)).replace(/[\r\n]/g, ' ');
        t.equal(field?.replace(/\\(["\\])/g, '$1'), wanted, awkward.name);
      }
      t.end();
    });

    t.test('numbers, times and truth', (t) => {
      const json = (v: Value): string => document({ cells: { anything: v } }).slice(12, -2);
      for (const [v, wanted] of [
        [{ kind: 'int', value: 0 }, '0'],
        [{ kind: 'int', value: -0 }, '0'],
        [{ kind: 'int', value: -7 }, '-7'],
        [{ kind: 'int', value: 4294967295 }, '4294967295'],
        [{ kind: 'int', value: 4294967296 }, '4294967296'],
        [{ kind: 'int', value: 2 ** 53 }, '9007199254740992'],
        [{ kind: 'int', value: -(2 ** 53) }, '-9007199254740992'],
        [{ kind: 'float', value: 0.1 }, '0.1'],
        [{ kind: 'float', value: 1e21 }, '1e+21'],
        [{ kind: 'float', value: 5e-324 }, '5e-324'],
        [{ kind: 'float', value: 1.5, source: '1.500' }, '1.500'],
        [{ kind: 'float', value: 1.5, source: '01.5' }, '1.5'],
        [{ kind: 'float', value: 0, source: '1e-400' }, '0'],
        [{ kind: 'bool', value: true }, 'true'],
        [{ kind: 'bool', value: false }, 'false'],
        [{ kind: 'null' }, 'null'],
        [{ kind: 'list', items: [] }, '[]'],
        [{ kind: 'json', raw: '123456789012345678901234567890' }, '123456789012345678901234567890'],
        [{ kind: 'time', ms: 951782399999, nanos: 0, digits: 3 }, '"2000-02-28T23:59:59.999Z"'],
        [
          { kind: 'time', ms: 951782400000, nanos: 1000, digits: 6 },
          '"2000-02-29T00:00:00.000001Z"',
        ],
        [{ kind: 'time', ms: -1, nanos: 999999, digits: 9 }, '"1969-12-31T23:59:59.999999999Z"'],
        [{ kind: 'time', ms: -62167219200000, nanos: 0, digits: 3 }, '"0000-01-01T00:00:00.000Z"'],
        [{ kind: 'time', ms: 1e300, nanos: 0, digits: 3 }, '"9999-12-31T23:59:59.999Z"'],
      ] as [Value, string][]) {
        t.equal(json(v), wanted);
      }
      fc.assert(
        fc.property(fc.date({ noInvalidDate: true }), (date) => {
          const ms = date.getTime();
          fc.pre(ms >= -62167219200000 && ms <= 253402300799999);
          return json({ kind: 'time', ms, nanos: 0, digits: 3 }) === `"${date.toISOString()}"`;
        }),
      );
      fc.assert(
        fc.property(fc.maxSafeInteger(), (n) => json({ kind: 'int', value: n }) === String(n + 0)),
      );
      fc.assert(
        fc.property(
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          (n) => json({ kind: 'float', value: n }) === String(n),
        ),
      );
      t.end();
    });

    t.test('COPY text: a value that does not fit its type is null, never a broken COPY', (t) => {
      const cases: [ColumnType, Value, string | null][] = [
        ['bigint', { kind: 'int', value: 2 ** 53 }, '9007199254740992'],
        ['bigint', { kind: 'float', value: 3 }, '3'],
        ['bigint', { kind: 'float', value: 3.5 }, null],
        ['bigint', clean('9223372036854775807'), '9223372036854775807'],
        ['bigint', clean('9223372036854775808'), null],
        ['bigint', clean('-9223372036854775808'), '-9223372036854775808'],
        ['bigint', clean('-9223372036854775809'), null],
        ['bigint', clean('007'), null],
        ['bigint', clean('12x'), null],
        ['bigint', clean(''), null],
        ['bigint', clean('-'), null],
        ['bigint', { kind: 'json', raw: '12345678901234567890' }, null],
        ['bigint', { kind: 'bool', value: true }, null],
        ['integer', { kind: 'int', value: 2147483647 }, '2147483647'],
        ['integer', { kind: 'int', value: 2147483648 }, null],
        ['integer', { kind: 'int', value: -2147483648 }, '-2147483648'],
        ['integer', clean('-2147483649'), null],
        ['double precision', { kind: 'float', value: 1.25 }, '1.25'],
        ['double precision', clean('1e99'), '1e99'],
        ['double precision', clean('1e400'), null],
        ['double precision', clean('NaN'), null],
        ['double precision', { kind: 'json', raw: '1e400' }, null],
        ['boolean', { kind: 'bool', value: true }, 't'],
        ['boolean', clean('false'), 'f'],
        ['boolean', clean('yes'), null],
        [
          'timestamptz',
          { kind: 'time', ms: 0, nanos: 1000, digits: 6 },
          '1970-01-01T00:00:00.000001Z',
        ],
        ['timestamptz', { kind: 'time', ms: -62135596800001, nanos: 0, digits: 3 }, null],
        ['timestamptz', clean('2024-02-29T12:00:00+02:00'), '2024-02-29T10:00:00.000Z'],
        ['timestamptz', clean('2023-02-29T12:00:00Z'), null],
        ['timestamptz', clean('2024-02-29T12:00:00'), null],
        ['timestamptz', clean('now'), null],
        ['timestamptz', { kind: 'int', value: 5 }, null],
        ['inet', clean('192.0.2.1'), '192.0.2.1'],
        ['inet', clean('192.0.2.0/24'), '192.0.2.0/24'],
        ['inet', clean('192.0.2.0/33'), null],
        ['inet', clean('192.0.2.256'), null],
        ['inet', clean('192.0.2'), null],
        ['inet', clean('010.0.0.1'), null],
        ['inet', clean('::'), '::'],
        ['inet', clean('::1/128'), '::1/128'],
        ['inet', clean('2001:db8::ff00:42:8329'), '2001:db8::ff00:42:8329'],
        ['inet', clean('::ffff:192.0.2.1'), '::ffff:192.0.2.1'],
        ['inet', clean('1:2:3:4:5:6:7:8'), '1:2:3:4:5:6:7:8'],
        ['inet', clean('1:2:3:4:5:6:7:8:9'), null],
        ['inet', clean('1::2::3'), null],
        ['inet', clean('fe80::1%eth0'), null],
        ['inet', clean(':'), null],
        ['inet', clean('1:2:3:4:5:6:7:'), null],
        ['inet', clean('unknown'), null],
        ['uuid', id, '0123456789abcdef0123456789abcdef'],
        [
          'uuid',
          clean('01234567-89AB-cdef-0123-456789abcdef'),
          '01234567-89AB-cdef-0123-456789abcdef',
        ],
        ['uuid', clean('0123456789abcdef0123456789abcdeg'), null],
        ['jsonb', { kind: 'json', raw: '{"a":1e9999}' }, '{"a":1e9999}'],
        ['jsonb', { kind: 'json', raw: '{"a":1e+99999}' }, null],
        ['jsonb', { kind: 'json', raw: `[${'9'.repeat(5000)}]` }, null],
        [
          'jsonb',
          { kind: 'json', raw: '{"1e+99999":"\\"1e+99999"}' },
          '{"1e+99999":"\\"1e+99999"}',
        ],
        ['jsonb', { kind: 'json', raw: '"\\\\u0000\\u0000"' }, '"\\\\u0000\\ufffd"'],
        ['text', { kind: 'int', value: 5 }, '5'],
        ['text', { kind: 'bool', value: false }, 'false'],
        ['text', { kind: 'list', items: [clean('a'), { kind: 'int', value: 1 }] }, '["a",1]'],
        [
          'text[]',
          { kind: 'json', raw: '[ "a" ,1, null,{"b":[1,"]"]},[] ]' },
          '{"a","1",NULL,"{\\"b\\":[1,\\"]\\"]}","[]"}',
        ],
        ['text[]', { kind: 'json', raw: '[]' }, '{}'],
      ];
      for (const [type, v, wanted] of cases)
        t.equal(copy(type, v), wanted, `${type} ${JSON.stringify(v)}`);
      const encoder = postgres.compile(
        {
          table: 'a.b',
          columns: {
            n: { field: 'anything', type: 'bigint' },
            m: { field: 'message', type: 'text' },
          },
        },
        chunk.context,
      );
      chunk.fill([
        { cells: { anything: clean('x'), message: clean('kept') } },
        { cells: { message: clean('also') } },
      ]);
      t.same(copyRows(chunk.encode(encoder).bytes), [
        [null, 'kept'],
        [null, 'also'],
      ]);
      t.equal(encoder.tally.coerced, 1, 'an absent value is no misfit');
      t.end();
    });

    t.test('line protocol: types hold, times have nanoseconds', (t) => {
      t.equal(point({ kind: 'int', value: 12 }, 'log.syslog.priority'), 'm f=12i 1000005\n');
      t.equal(point(clean('12'), 'log.syslog.priority'), 'm f=12i 1000005\n');
      t.equal(
        point(clean('12.5'), 'log.syslog.priority'),
        '',
        'a point without a field is no point',
      );
      t.equal(point({ kind: 'int', value: 12 }, 'ratio'), 'm f=12 1000005\n');
      t.equal(point({ kind: 'float', value: 0.5 }, 'ratio'), 'm f=0.5 1000005\n');
      t.equal(point({ kind: 'bool', value: true }, 'flag'), 'm f=true 1000005\n');
      t.equal(point({ kind: 'int', value: 12 }, 'message'), 'm f="12" 1000005\n');
      t.equal(point({ kind: 'int', value: 12 }, 'anything'), 'm f=12i 1000005\n');
      t.equal(
        point({ kind: 'json', raw: '{"a":"\\u0000"}' }, 'anything'),
        'm f="{\\"a\\":\\"\\\\ufffd\\"}" 1000005\n',
      );
      const encoder = influxdb.compile(
        {
          measurement: 'm, =x',
          tags: [
            { name: 'host', field: 'host.name' },
            { name: 'a b', field: 'event.dataset' },
          ],
          every: 10_000,
          fields: { n: 'log.syslog.priority', 's t': 'message' },
        },
        chunk.context,
      );
      const at = (ms: number, nanos: number): Value => ({ kind: 'time', ms, nanos, digits: 9 });
      const one = (time: Value, cells: Event['cells']): Event => ({
        cells: { '@timestamp': time, _index_date: at(7, 0), ...cells },
      });
      const n: Event['cells'] = { 'log.syslog.priority': { kind: 'int', value: 1 } };
      chunk.fill([
        one(at(1732358400123, 456789), {
          ...n,
          'host.name': clean('h,1=2\\'),
          'event.dataset': clean('d'),
        }),
        one(at(-1, 999999), { ...n, message: clean('x') }),
        one(at(0, 0), { 'host.name': clean('h') }),
        one(at(253402300799999, 0), { ...n, 'host.name': text(Buffer.from('a b')) }),
      ]);
      const encoded = chunk.encode(encoder);
      t.equal(
        encoded.bytes.toString(),
        [
          'm\\,\\ =x,a\\ b=d,host=h\\,1\\=2 n=1i 1732358400123456789',
          'm\\,\\ =x n=1i,s\\ t="x" -1',
          'm\\,\\ =x,host=unknown n=1i 7000000',
          '',
        ].join('\n'),
      );
      t.same(
        encoded.trace.filter((_, k) => k % 2 === 0),
        [0, 1, 3],
        'the point without fields left no trace',
      );
      t.equal(encoder.tally.skipped, 1);
      t.equal(encoder.tally.renamed, 1);
      t.end();
    });

    t.test('neither a text nor a key from an event begins a bulk action', (t) => {
      const bulk = elasticsearch.compile({ index: 'logs-{event.dataset}-{date}' }, chunk.context);
      const evil = '\n{"delete":{"_index":"logs","_id":"1"}}\n';
      chunk.fill([
        {
          cells: {
            'event.id': id,
            'event.dataset': text(Buffer.from(`x"}}${evil}`)),
            _index_date: { kind: 'time', ms: 1732358400123, nanos: 0, digits: 3 },
            message: text(Buffer.from(evil)),
            anything: { kind: 'json', raw: `{"a":[1, ${JSON.stringify(evil)} ]}` },
          },
          residue: [
            { under: '', key: JSON.stringify(evil).slice(1, -1), raw: JSON.stringify(evil) },
          ],
        },
      ]);
      const { bytes, trace } = chunk.encode(bulk);
      const lines = bytes.toString().split('\n');
      t.equal(lines.length, 3);
      t.same(JSON.parse(lines[0] as string), {
        create: { _index: 'logs-unknown-2024.11.23', _id: '0123456789abcdef0123456789abcdef' },
      });
      t.same(JSON.parse(lines[1] as string), {
        event: { id: '0123456789abcdef0123456789abcdef', dataset: `x"}}${evil}` },
        message: evil,
        anything: { a: [1, evil] },
        tags: ['name_rejected'],
        [evil]: evil,
      });
      t.same(trace, [0, bytes.length]);
      t.end();
    });

    t.test('never a key twice', (t) => {
      const keysOf = (line: string): string[] => {
        const keys: string[] = [];
        JSON.parse(line, function (this: unknown, key) {
          keys.push(key);
        });
        return keys;
      };
      const residue = [
        { under: '', key: 'host', raw: '"wec1"' },
        { under: '', key: 'message', raw: '"other"' },
        { under: '', key: 'vendor', raw: '{"x":1}' },
        { under: '', key: 'messagE', raw: '1' },
        { under: 'host', key: 'name', raw: '"other"' },
        { under: 'host', key: 'os', raw: '{"family":"linux"}' },
        { under: 'log.syslog.severity', key: 'code', raw: '4' },
        { under: 'log', key: 'gone', raw: '' },
      ];
      const full = document({ cells: { message: clean('m'), 'host.name': clean('h') }, residue });
      t.equal(
        full,
        '{"host":{"name":"h","os":{"family":"linux"}},"log":{"syslog":{"severity":{"code":4}}},"message":"m","vendor":{"x":1},"messagE":1}\n',
      );
      t.equal(ndjson.tally.hidden, 3);
      t.equal(new Set(full.match(/"[a-z]+":/g)).size, full.match(/"[a-z]+":/g)?.length);
      t.ok(keysOf(full));
      t.equal(
        document({ cells: {}, residue: residue.slice(0, 3) }),
        '{"host":"wec1","message":"other","vendor":{"x":1}}\n',
        'what no column has written stays',
      );
      t.equal(
        document({ cells: { message: { kind: 'null' } }, residue: residue.slice(1, 2) }),
        '{"message":null}\n',
      );
      t.equal(document({ cells: {} }), '{}\n');
      t.end();
    });

    t.test('any room, resumed anywhere, the same bytes and not one outside', (t) => {
      const program = elasticsearch.compile(
        { index: 'logs-{event.dataset}-{date}' },
        chunk.context,
      );
      fc.assert(
        fc.property(
          events(FIELDS, 6),
          fc.array(fc.nat({ max: 3000 }), { minLength: 1 }),
          (list, sizes) => {
            chunk.fill(list, 1732358400000);
            const whole = chunk.encode(program);
            const { u8 } = chunk.core.memory;
            const pieces: Buffer[] = [];
            const ordinals: number[] = [];
            let from = 0;
            for (let k = 0; from < list.length; k++) {
              const room = chunk.room(sizes[k % sizes.length]);
              const canary = { from: room.start - 64, to: room.end + 64 };
              u8.fill(0xa5, canary.from, canary.to);
              const { next, state } = chunk.resume(program, from, room);
              for (let at = canary.from; at < room.start; at++) if (u8[at] !== 0xa5) return false;
              for (let at = room.end; at < canary.to; at++) if (u8[at] !== 0xa5) return false;
              if (room.used > room.end - room.start) return false;
              const { bytes, trace } = chunk.read(room);
              pieces.push(bytes);
              ordinals.push(...trace.filter((_, n) => n % 2 === 0));
              if (state === 'row-too-large' && next === from) {
                // Alone in a room of its measured size it fits exactly.
                const exact = chunk.room(chunk.core.result[2]);
                const large = chunk.resume(program, next, exact);
                if (large.next <= next) return false;
                const written = chunk.read(exact);
                pieces.push(written.bytes.subarray(0, written.trace[1]));
                ordinals.push(written.trace[0] as number);
                from = next + 1;
              } else {
                if (state === 'page-full' && next === from) return false;
                from = next;
              }
            }
            return (
              Buffer.concat(pieces).equals(whole.bytes) &&
              ordinals.every((ordinal, n) => ordinal === n) &&
              ordinals.length === list.length
            );
          },
        ),
        { numRuns: 150 },
      );
      t.end();
    });

    t.test('a trace has no more pairs than it has room for', (t) => {
      chunk.fill(['a', 'b', 'c'].map((m) => ({ cells: { message: clean(m) } })));
      const room = chunk.room(1000, 2);
      t.same(chunk.resume(ndjson, 0, room), { next: 2, state: 'page-full' });
      t.equal(chunk.read(room).bytes.toString(), '{"message":"a"}\n{"message":"b"}\n');
      t.same(chunk.read(room).trace, [0, 16, 1, 32]);
      t.same(chunk.resume(ndjson, 2, room), { next: 2, state: 'page-full' });
      t.end();
    });

    t.test('two layouts, one table', (t) => {
      const two = new Chunk(
        kind,
        [{ path: 'message', type: 'text' }],
        new Map([['nginx.access', [{ path: 'url.path', type: 'text' }]]]),
      );
      const encoder = compileNdjson(two.context);
      two.fill([{ layout: 1, cells: { message: clean('m'), 'url.path': clean('/') } }]);
      t.equal(two.encode(encoder, 1).bytes.toString(), '{"message":"m","url":{"path":"/"}}\n');
      two.fill([{ cells: { message: clean('m') } }]);
      t.equal(two.encode(encoder, 0).bytes.toString(), '{"message":"m"}\n');
      t.end();
    });
    t.end();
  });
}

t.test('both cores leave the same bytes', (t) => {
  const chunks = [new Chunk('ts', FIELDS), new Chunk('wasm', FIELDS)];
  const types: ColumnType[] = [
    'text',
    'bigint',
    'integer',
    'double precision',
    'boolean',
    'timestamptz',
    'inet',
    'jsonb',
    'uuid',
    'text[]',
  ];
  const columns = Object.fromEntries(
    types.flatMap((type) =>
      ['anything', 'message', 'tags'].map((field) => [`${field} ${type}`, { field, type }]),
    ),
  );
  const encoders = chunks.map(({ context }) => [
    compileNdjson(context),
    elasticsearch.compile({ index: '{event.dataset}-{date}' }, context),
    postgres.compile({ table: 'a.b', columns }, context),
    influxdb.compile(
      {
        measurement: 'm',
        tags: [{ name: 'd', field: 'event.dataset' }],
        every: 1000,
        fields: Object.fromEntries(FIELDS.map(({ path }) => [path, path])),
      },
      context,
    ),
  ]);
  const run = (chunk: Chunk, encoder: number, k: number, size: number) => {
    const compiled = encoders[k]?.[encoder];
    if (compiled === undefined) throw new Error('no encoder');
    const encoded = chunk.encode(compiled, 0, chunk.room(size));
    return {
      ...encoded,
      result: [...chunk.core.result.subarray(0, 7)],
      tally: { ...compiled.tally },
    };
  };
  fc.assert(
    fc.property(events(FIELDS, 4), fc.nat({ max: 6000 }), fc.boolean(), (list, size, tight) => {
      for (let encoder = 0; encoder < 4; encoder++) {
        const [a, b] = chunks.map((chunk, k) => {
          chunk.fill(list, 1732358400000);
          return run(chunk, encoder, k, tight ? size : 8_000_000);
        });
        if (a === undefined || b === undefined || !a.bytes.equals(b.bytes)) return false;
        const { bytes: _a, ...restA } = a;
        const { bytes: _b, ...restB } = b;
        if (JSON.stringify(restA) !== JSON.stringify(restB)) return false;
      }
      return true;
    }),
    { numRuns: 250 },
  );
  t.end();
});

t.test('decoding a JSON string: lone surrogates become U+FFFD', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (s) => {
      return decodeJsonString(JSON.stringify(s).slice(1, -1)) === wellFormed(s);
    }),
  );
  t.equal(decodeJsonString('\\ud800x\\udc00\\ud83d\\ude00'), '\ufffdx\ufffd😀');
  t.end();
});
