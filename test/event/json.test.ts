import fc from 'fast-check';
import t from 'tap';
import {
  BOOL,
  CLEAN,
  ESCAPES,
  FLOAT,
  INT,
  JSON_RAW,
  JSON_STRING,
  NULL,
} from '../../src/event/cell.ts';
import { hashBytes, hashMember } from '../../src/event/hash.ts';
import {
  JSON_CONTROL,
  JSON_DEPTH,
  JSON_END,
  JSON_ESCAPE,
  JSON_KEYS,
  JSON_MAX_KEYS,
  JSON_NO_ROOM,
  JSON_NOT_OBJECT,
  JSON_NUMBER,
  JSON_OK,
  JSON_SYNTAX,
  JSON_TRAILING,
  JSON_UTF8,
} from '../../src/event/json-codes.ts';
import { type Field, shapeTable, type ShapeNode } from '../../src/event/layout.ts';
import { refiler } from '../../src/event/refile.ts';
import { RESIDUE_ADDRESS, RESIDUE_BYTES, RESIDUE_COUNT } from '../../src/event/row.ts';
import { CONFLICT_COUNT_PATH, CONFLICT_PATH, compileTrie } from '../../src/event/trie.ts';
import { AWKWARD, textOf } from './awkward.ts';
import { bothCores, type TestCore } from './cores.ts';
import { type Json, mutated, objects } from './json-text.ts';

const FIELDS: readonly Field[] = [
  { path: '@timestamp', type: 'date' },
  { path: 'host.name', type: 'text' },
  { path: 'host.ip', type: 'ip' },
  { path: 'host.os.version', type: 'text' },
  { path: 'process.pid', type: 'long' },
  { path: 'labels', type: 'object' },
  { path: 'any', type: 'any' },
  { path: 'message', type: 'text' },
  { path: 'tags', type: 'any' },
  { path: CONFLICT_COUNT_PATH, type: 'long' },
];
const DATASET: readonly Field[] = [
  { path: 'zeek.uid', type: 'text' },
  { path: 'zeek.session.id', type: 'text' },
  { path: 'bytes', type: 'long' },
];

const cores = bothCores(FIELDS, new Map([['zeek', DATASET]]));
const tries = cores.map((test) => compileTrie(test.literals, test.layout));

/** Scans a text into row 0. @returns the error code */
function scan(test: TestCore, text: string | Uint8Array, sideEnd = test.regions.side.end): number {
  test.load([text]);
  return scanMore(test, test.rows.rawAddress(test.rows.at(0)), Buffer.byteLength(text), sideEnd);
}

function scanMore(test: TestCore, at: number, length: number, sideEnd: number): number {
  const { rows } = test;
  const trie = tries[cores.indexOf(test)]?.address ?? 0;
  rows.side = test.core.json(rows.at(0), at, length, trie, 0, rows.side, sideEnd);
  return test.core.result[0] as number;
}

interface Member {
  readonly under: string;
  readonly key: string;
  readonly raw: string;
}

function residue(test: TestCore, layout = test.layout): Member[] {
  const { rows } = test;
  const { u32, bytes } = rows.memory;
  const paths = new Map<number, string>();
  const visit = (node: ShapeNode): void => {
    paths.set(node.id, node.path);
    node.children.forEach(visit);
  };
  visit(layout.root);
  const first = rows.header(rows.at(0), RESIDUE_ADDRESS);
  return Array.from({ length: rows.header(rows.at(0), RESIDUE_COUNT) }, (_, k) => {
    const [node = -1, key = 0, keyLength = 0, value = 0, length = 0] = u32.subarray(
      (first + k * RESIDUE_BYTES) >>> 2,
    );
    return {
      under: paths.get(node) ?? `node ${node}`,
      key: bytes.toString('utf8', key, key + keyLength),
      raw: bytes.toString('utf8', value, value + length),
    };
  });
}

/** Cells as values, by path. */
function cells(test: TestCore, layout = test.layout): Record<string, unknown> {
  const { rows } = test;
  const row = rows.at(0);
  const out: Record<string, unknown> = {};
  for (const { path, index } of layout.columns) {
    const kind = rows.kind(row, index);
    if (kind === CLEAN || kind === JSON_STRING) out[path] = rows.text(row, index);
    else if (kind === INT || kind === FLOAT) out[path] = rows.value(row, index);
    else if (kind === BOOL) out[path] = rows.value(row, index) === 1;
    else if (kind === JSON_RAW) out[path] = JSON.parse(rows.text(row, index) as string);
    else if (kind === NULL) out[path] = null;
  }
  return out;
}

/** Columns and residue as one object, what moved aside back in its place. */
function reassemble(test: TestCore): Record<string, Json> {
  const document: Record<string, Json> = Object.create(null) as Record<string, Json>;
  const place = (path: readonly string[], value: unknown): void => {
    let at = document;
    for (const key of path.slice(0, -1)) {
      at[key] ??= Object.create(null) as Record<string, Json>;
      at = at[key] as Record<string, Json>;
    }
    const last = path.at(-1) as string;
    if (last in at) throw new Error(`twice: ${path.join(' > ')}`);
    at[last] = value as Json;
  };
  for (const [path, value] of Object.entries(cells(test))) place(path.split('.'), value);
  for (const { under, key, raw } of residue(test)) {
    const name = JSON.parse(`"${key}"`) as string;
    const value: unknown = JSON.parse(raw);
    if (under === CONFLICT_PATH) place(name.split('.'), value);
    else place([...(under === '' ? [] : under.split('.')), name], value);
  }
  return document;
}

/** What the document should be, by JSON.parse and the rules of the event core. */
function expected(value: Json, node: ShapeNode, wide: (text: string) => string): Json {
  const document = Object.create(null) as Record<string, Json>;
  for (const [key, member] of Object.entries(value as Record<string, Json>)) {
    const name = wide(key);
    const child = node.children.find((c) => c.key === name);
    if (child === undefined || child.column !== undefined) {
      document[name] = normal(member, wide);
    } else if (member !== null) {
      if (typeof member !== 'object' || Array.isArray(member))
        document[name] = normal(member, wide);
      else {
        const inner = expected(member, child, wide) as Record<string, Json>;
        if (Object.keys(inner).length > 0) document[name] = inner;
      }
    }
  }
  return document;
}

/** Lone surrogates as U+FFFD, -0 as 0. */
function normal(value: Json, wide: (text: string) => string): Json {
  if (typeof value === 'string') return wide(value);
  if (typeof value === 'number') return value === 0 ? 0 : value;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => normal(item, wide));
  const entries = Object.entries(value).map(([key, item]) => [wide(key), normal(item, wide)]);
  return Object.fromEntries(entries) as Json;
}

const wellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');
/** Sorted keys: the order of members is the layout's. */
const canonical = (value: Json): string =>
  JSON.stringify(value, (_, item: Json) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );

const INVALID: readonly (readonly [string | Buffer, number, number])[] = [
  ['', JSON_END, 0],
  ['  ', JSON_END, 2],
  ['[1]', JSON_NOT_OBJECT, 0],
  [' "a"', JSON_NOT_OBJECT, 1],
  ['null', JSON_NOT_OBJECT, 0],
  ['{', JSON_END, 1],
  ['{"a"', JSON_END, 4],
  ['{"a":', JSON_END, 5],
  ['{"a":1', JSON_END, 6],
  ['{"a":"b', JSON_END, 7],
  ['{"a":"b\\', JSON_END, 8],
  ['{a:1}', JSON_SYNTAX, 1],
  ["{'a':1}", JSON_SYNTAX, 1],
  ['{"a" 1}', JSON_SYNTAX, 5],
  ['{"a":1 "b":2}', JSON_SYNTAX, 7],
  ['{"a":1,}', JSON_SYNTAX, 7],
  ['{"a":[1,]}', JSON_SYNTAX, 8],
  ['{"a":[1 2]}', JSON_SYNTAX, 8],
  ['{"a":[1}', JSON_SYNTAX, 7],
  ['{"a":{"b":1]}', JSON_SYNTAX, 11],
  ['{"a":{1:1}}', JSON_SYNTAX, 6],
  ['{"a":tru}', JSON_SYNTAX, 5],
  ['{"a":nul', JSON_SYNTAX, 5],
  ['{"message":True}', JSON_SYNTAX, 11],
  ['{"a":NaN}', JSON_SYNTAX, 5],
  ['{"a":\f1}', JSON_SYNTAX, 5],
  ['{"a":01}', JSON_NUMBER, 5],
  ['{"a":-}', JSON_NUMBER, 5],
  ['{"a":1.}', JSON_NUMBER, 5],
  ['{"message":1e}', JSON_NUMBER, 11],
  ['{"a":+1}', JSON_SYNTAX, 5],
  ['{"a":.5}', JSON_SYNTAX, 5],
  ['{"a":0x10}', JSON_SYNTAX, 6],
  ['{"a":"\n"}', JSON_CONTROL, 6],
  ['{"a\u0000":1}', JSON_CONTROL, 3],
  ['{"a":"\\x"}', JSON_ESCAPE, 6],
  ['{"a":"\\u12g4"}', JSON_ESCAPE, 6],
  ['{"message":"\\u12', JSON_ESCAPE, 12],
  [Buffer.from('{"a":"\xff"}', 'latin1'), JSON_UTF8, 6],
  [Buffer.from('{"a":"caf\xe9"}', 'latin1'), JSON_UTF8, 9],
  [Buffer.from('7b2261223a22eda080227d', 'hex'), JSON_UTF8, 6],
  [Buffer.from('7b2261223a22c080227d', 'hex'), JSON_UTF8, 6],
  [Buffer.from('7b2261223a22f4908080227d', 'hex'), JSON_UTF8, 6],
  ['{} x', JSON_TRAILING, 3],
  ['{}{}', JSON_TRAILING, 2],
  ['{"a":1}\u0000', JSON_TRAILING, 7],
];

for (const test of cores) {
  t.test(`core: ${test.core.name}`, (t) => {
    t.test('text in JSON strings is compared and read decoded', (t) => {
      const column = test.layout.byPath.get('message')?.index as number;
      for (const { name, bytes } of AWKWARD) {
        const text = textOf({ bytes });
        for (const source of [JSON.stringify(text), escapeAll(text)]) {
          t.equal(scan(test, `{"message":${source}}`), JSON_OK, name);
          t.equal(test.rows.text(test.rows.at(0), column), text, name);
          const literal = test.literals.text(text.slice(0, 1000));
          const same = test.rows.equals(test.rows.at(0), column, literal, text.slice(0, 1000));
          t.equal(same, text.length <= 1000, `${name} equals itself`);
        }
      }
      t.end();
    });

    t.test('kinds of cells', (t) => {
      const { rows } = test;
      const kind = (value: string): [number, number] => {
        t.equal(scan(test, `{"any":${value}}`), JSON_OK);
        const column = test.layout.byPath.get('any')?.index as number;
        return [rows.kind(rows.at(0), column), rows.flags(rows.at(0), column)];
      };
      t.same(kind('"plain"'), [CLEAN, 0]);
      t.same(kind('"日本"'), [CLEAN, 0]);
      t.same(kind('"a\\nb"'), [JSON_STRING, ESCAPES]);
      t.same(kind('-12'), [INT, 0]);
      t.same(kind('9007199254740991'), [INT, 0]);
      t.same(kind('9007199254740992'), [JSON_RAW, 0]);
      t.same(kind('12345678901234567890123'), [JSON_RAW, 0]);
      t.same(kind('1.0'), [FLOAT, 0]);
      t.same(kind('1e3'), [FLOAT, 0]);
      t.same(kind('1e400'), [JSON_RAW, 0]);
      t.same(kind('true'), [BOOL, 0]);
      t.same(kind('null'), [NULL, 0]);
      t.same(kind('[1, {"a": 2}]'), [JSON_RAW, 0]);
      t.same(kind('{"a":1}'), [JSON_RAW, 0]);
      kind('1.50');
      const column = test.layout.byPath.get('any')?.index as number;
      const at = rows.address(rows.at(0), column);
      t.equal(
        rows.memory.bytes.toString('latin1', at, at + rows.length(rows.at(0), column)),
        '1.50',
      );
      t.end();
    });

    t.test('what is passed through raw is validated, and on one line', (t) => {
      const injection = '{"a":[1,\n{"delete":{"_index":"x"}}\r\n],"b":\t{"c":"d\\n"}}';
      t.equal(scan(test, injection), JSON_OK);
      t.same(residue(test), [
        { under: '', key: 'a', raw: '[1, {"delete":{"_index":"x"}}  ]' },
        { under: '', key: 'b', raw: '{"c":"d\\n"}' },
      ]);
      t.equal(scan(test, '{"any":{"a":\n1}}'), JSON_OK);
      t.same(cells(test), { any: { a: 1 } });
      const raw = test.rows.text(test.rows.at(0), test.layout.byPath.get('any')?.index as number);
      t.equal(raw, '{"a": 1}');
      for (const [text, code, offset] of INVALID) {
        t.equal(scan(test, text), code, JSON.stringify(text.toString()));
        t.equal(test.core.result[1], offset, `where ${JSON.stringify(text.toString())} is wrong`);
        t.same(cells(test), {}, 'and the row is as before');
        t.same(residue(test), []);
      }
      const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
      t.equal(scan(test, `{"x":${nested(63)}}`), JSON_OK, '64 levels with the outermost');
      t.equal(scan(test, `{"x":${nested(64)}}`), JSON_DEPTH);
      t.equal(scan(test, `{"host":{"os":{"x":${nested(62)}}}}`), JSON_DEPTH);
      t.equal(scan(test, `{"x":${'{"a":'.repeat(63)}1${'}'.repeat(63)}}`), JSON_OK);
      t.equal(scan(test, `{"x":${'{"a":'.repeat(64)}1${'}'.repeat(64)}}`), JSON_DEPTH);
      t.equal(test.core.result[1], 5 + 63 * 5, 'at the brace that is one too many');
      t.equal(scan(test, '['.repeat(100_000)), JSON_NOT_OBJECT);
      t.end();
    });

    t.test('dotted equals nested, the last one wins, never a key twice', (t) => {
      const read = (text: string) => {
        t.equal(scan(test, text), JSON_OK, text);
        return { cells: cells(test), residue: residue(test), moved: test.core.result[2] };
      };
      t.same(
        read('{"host":{"name":"a","x":1},"host.ip":"::1","host.y":2,"host":{"os.version":"9"}}'),
        {
          cells: { 'host.name': 'a', 'host.ip': '::1', 'host.os.version': '9' },
          residue: [
            { under: 'host', key: 'x', raw: '1' },
            { under: 'host', key: 'y', raw: '2' },
          ],
          moved: 0,
        },
      );
      t.same(read('{"host.os":{"version":"1","a.b":2},"host.os.a.b":3}'), {
        cells: { 'host.os.version': '1' },
        residue: [{ under: 'host.os', key: 'a.b', raw: '3' }],
        moved: 0,
      });
      t.same(read('{"\\u0068ost":{"n\\u0061me":"a"},"host\\u002ename":"b"}').cells, {
        'host.name': 'b',
      });
      t.same(read('{"x":1,"\\u0078":2,"x":3,"\\/":4,"/":5}').residue, [
        { under: '', key: 'x', raw: '3' },
        { under: '', key: '/', raw: '5' },
      ]);
      t.same(read('{"\\ud800":1,"\\udfff":2,"\ufffd":3,"a\\u0022\\u000a\\u001f":4}').residue, [
        { under: '', key: '\ufffd', raw: '3' },
        { under: '', key: 'a\\"\\n\\u001f', raw: '4' },
      ]);
      t.same(
        read(
          '{"host":"wec1","host.name":"n","process":{"pid":{"a":1}},"process.pid.x":5,"host":[1]}',
        ),
        {
          cells: { 'host.name': 'n' },
          residue: [
            { under: CONFLICT_PATH, key: 'host', raw: '[1]' },
            { under: CONFLICT_PATH, key: 'process.pid', raw: '{"a":1}' },
            { under: CONFLICT_PATH, key: 'process.pid.x', raw: '5' },
          ],
          moved: 4,
        },
      );
      t.same(read('{"host":null,"process":{"pid":null}}'), {
        cells: { 'process.pid': null },
        residue: [],
        moved: 0,
      });
      t.same(read('{"labels":{"a.b":1},"labels.x":2}'), {
        cells: { labels: { 'a.b': 1 } },
        residue: [{ under: CONFLICT_PATH, key: 'labels.x', raw: '2' }],
        moved: 1,
      });
      t.same(read('{"":1,".":2,"host.":3,".host":4,"host..name":5,"name.host":6}').residue, [
        { under: '', key: '', raw: '1' },
        { under: '', key: '.', raw: '2' },
        { under: '', key: 'host.', raw: '3' },
        { under: '', key: '.host', raw: '4' },
        { under: '', key: 'host..name', raw: '5' },
        { under: '', key: 'name.host', raw: '6' },
      ]);
      t.same(read('{"_index_date":1,"sluice":{"conflict":"x"}}').residue, [
        { under: '', key: '_index_date', raw: '1' },
        { under: CONFLICT_PATH, key: 'sluice.conflict', raw: '"x"' },
      ]);
      t.end();
    });

    t.test('half a surrogate pair becomes U+FFFD, in a copy', (t) => {
      const text = String.raw`{"message":"a\ud800b\udc00\ud83d\ude00","x":["\uDFFF",{"\ud900":"\\ud800"}]}`;
      t.equal(scan(test, text), JSON_OK);
      t.same(cells(test), { message: 'a\ufffdb\ufffd😀' });
      t.same(residue(test), [
        { under: '', key: 'x', raw: String.raw`["\ufffd",{"\ufffd":"\\ud800"}]` },
      ]);
      const at = test.input;
      t.equal(
        test.core.memory.bytes.toString('utf8', at, at + text.length),
        text,
        'the input stays',
      );
      t.end();
    });

    t.test('a second scan of a row adds to the first', (t) => {
      t.equal(scan(test, '{"host.name":"a","x":1,"y":2}'), JSON_OK);
      const { rows } = test;
      const more = Buffer.from('{"y":3,"z":4,"process.pid":7}');
      rows.memory.u8.set(more, rows.side);
      const at = rows.side;
      rows.side += more.length;
      t.equal(scanMore(test, at, more.length, test.regions.side.end), JSON_OK);
      t.same(cells(test), { 'host.name': 'a', 'process.pid': 7 });
      t.same(
        residue(test).map(({ key, raw }) => `${key}=${raw}`),
        ['x=1', 'y=3', 'z=4'],
      );
      t.equal(scanMore(test, at, more.length - 1, test.regions.side.end), JSON_END);
      t.same(
        residue(test).map(({ key, raw }) => `${key}=${raw}`),
        ['x=1', 'y=3', 'z=4'],
      );
      t.end();
    });

    t.test('a full side buffer leaves the row, and what lies behind it, as they were', (t) => {
      const { start } = test.regions.side;
      const text = '{"host.name":"a","x":[1,\n2],"\\u0079":3,"z":4}';
      for (let room = 0; room < 1200; room += 8) {
        test.bytes(start, start + 4096);
        test.core.memory.u8.fill(0xaa, start, start + 4096);
        const code = scan(test, text, start + room);
        t.ok(code === JSON_OK || code === JSON_NO_ROOM);
        t.ok(test.bytes(start + room, start + 4096).every((byte) => byte === 0xaa));
        if (code === JSON_OK) t.equal(residue(test).length, 3);
        else t.same([cells(test), test.rows.side], [{}, start]);
      }
      t.equal(scan(test, text, start + 1200), JSON_OK);
      t.end();
    });

    t.test('the number of members is bounded', (t) => {
      const members = (count: number, name: (k: number) => string): string =>
        `{${Array.from({ length: count }, (_, k) => `"${name(k)}":${k}`).join(',')}}`;
      t.equal(
        scan(
          test,
          members(JSON_MAX_KEYS, (k) => `k${k}`),
        ),
        JSON_OK,
      );
      t.equal(residue(test).length, JSON_MAX_KEYS);
      t.equal(
        scan(
          test,
          members(JSON_MAX_KEYS + 1, (k) => `k${k}`),
        ),
        JSON_KEYS,
      );
      t.equal(
        scan(
          test,
          members(JSON_MAX_KEYS, (k) => `k${k}`),
        ),
        JSON_OK,
      );
      const { rows } = test;
      const more = Buffer.from('{"k0":-1,"one too many":2}');
      rows.memory.u8.set(more, rows.side);
      t.equal(scanMore(test, rows.side, more.length, test.regions.side.end), JSON_KEYS);
      t.equal(residue(test).length, JSON_MAX_KEYS, 'however many scans bring them');
      t.equal(residue(test)[0]?.raw, '0');
      t.equal(
        scan(test, `{"x":${members(20_000, (k) => `k${k}`)}}`),
        JSON_OK,
        'unopened, any number',
      );
      t.equal(
        scan(
          test,
          members(JSON_MAX_KEYS, (k) => `k${k % 100}`),
        ),
        JSON_OK,
      );
      t.equal(residue(test).length, 100);
      t.equal(residue(test)[7]?.raw, '4007');
      t.end();
    });

    t.test('an event of 10 MB', (t) => {
      const big = 'x'.repeat(10 * 1024 * 1024 - 100);
      t.equal(scan(test, `{"message":"${big}","a":1}`), JSON_OK);
      const column = test.layout.byPath.get('message')?.index as number;
      t.equal(test.rows.length(test.rows.at(0), column), big.length);
      t.equal(scan(test, `{"m":["${big}",\n2]}`), JSON_OK, 'even where it must be copied');
      t.equal(residue(test)[0]?.raw.length, big.length + 7);
      t.end();
    });

    t.test('refiling gives a dataset its columns', (t) => {
      const dataset = test.table.layouts[1];
      if (dataset === undefined) throw new Error('no dataset');
      const refile = refiler(test.core, test.literals, test.table);
      t.equal(
        scan(
          test,
          '{"zeek":{"uid":"C1","session":{"id":7,"n":1},"more":[1]},"bytes":12,"rest":true,"host":{"x":1}}',
        ),
        JSON_OK,
      );
      t.equal(residue(test).length, 4);
      const row = test.rows.at(0);
      test.rows.setLayout(row, dataset.id);
      refile(test.rows, row, dataset);
      t.same(cells(test, dataset), { 'zeek.uid': 'C1', 'zeek.session.id': 7, bytes: 12 });
      t.same(residue(test, dataset), [
        { under: '', key: 'rest', raw: 'true' },
        { under: 'host', key: 'x', raw: '1' },
        { under: 'zeek.session', key: 'n', raw: '1' },
        { under: 'zeek', key: 'more', raw: '[1]' },
      ]);
      t.equal(scan(test, '{"zeek":"a","zeek.uid":"b"}'), JSON_OK);
      refile(test.rows, row, dataset);
      t.same(
        cells(test, dataset),
        {
          'zeek.uid': 'b',
          [CONFLICT_COUNT_PATH]: 1,
        },
        'a scalar where the dataset has an object moves aside',
      );
      t.same(test.rows.texts(row, test.layout.byPath.get('tags')?.index as number), [
        'field_conflict',
      ]);
      t.same(residue(test, dataset), [{ under: CONFLICT_PATH, key: 'zeek', raw: '"a"' }]);
      t.end();
    });

    t.test('columns and residue together are what JSON.parse reads', (t) => {
      const keys = [
        'host',
        'name',
        'os',
        'version',
        'process',
        'pid',
        'message',
        'labels',
        'any',
        'x',
      ];
      fc.assert(
        fc.property(objects(keys), (text) => {
          // Objects merge where JSON.parse replaces, and half a pair may make two keys one.
          fc.pre(!hasDuplicates(text));
          if (scan(test, text) !== JSON_OK) return false;
          const wanted = expected(JSON.parse(text) as Json, test.layout.root, wellFormed);
          return canonical(reassemble(test)) === canonical(wanted);
        }),
        { numRuns: 1500 },
      );
      t.end();
    });

    t.test('valid is what JSON.parse takes', (t) => {
      const decoder = new TextDecoder('utf-8', { fatal: true });
      const isObject = (bytes: Uint8Array): boolean => {
        try {
          const value: unknown = JSON.parse(decoder.decode(bytes));
          return typeof value === 'object' && value !== null && !Array.isArray(value);
        } catch {
          return false;
        }
      };
      fc.assert(
        fc.property(mutated(objects(['host', 'name', 'message', 'x'])), (bytes) => {
          fc.pre(bytes.length > 0);
          return (scan(test, bytes) === JSON_OK) === isObject(bytes);
        }),
        { numRuns: 3000 },
      );
      t.end();
    });
    t.end();
  });
}

/** Every UTF-16 unit as an escape. */
function escapeAll(text: string): string {
  let out = '"';
  for (let k = 0; k < text.length; k++) {
    out += `\\u${text.charCodeAt(k).toString(16).padStart(4, '0')}`;
  }
  return `${out}"`;
}

/** Whether two members of one object have the same name, dotted names included. */
function hasDuplicates(text: string): boolean {
  let twice = false;
  const stack: Set<string>[] = [];
  // A reviver sees too little: walk the text's tokens.
  const token = /"(?:[^"\\]|\\.)*"(?=(\s*:)?)|[{}]/g;
  for (const [match, isKey] of text.matchAll(token)) {
    if (match === '{') stack.push(new Set());
    else if (match === '}') stack.pop();
    else if (isKey !== undefined) {
      const name = wellFormed(JSON.parse(match) as string);
      const names = stack.at(-1);
      if (names?.has(name) || name.includes('.') || name === '__proto__') twice = true;
      names?.add(name);
    }
  }
  return twice;
}

t.test('both cores leave the same bytes', (t) => {
  const keys = [
    ...[
      'host',
      'name',
      'host.name',
      'host.os',
      'os.version',
      'process.pid',
      'process.pid.x',
      'a.b',
    ],
    ...[
      'message',
      'labels',
      'any',
      'x',
      'sluice',
      'conflict',
      'sluice.conflict._count',
      'host.',
      '',
    ],
  ];
  fc.assert(
    fc.property(fc.oneof(objects(keys), mutated(objects(keys))), (text) => {
      const [a, b] = cores.map((test) => {
        const { start } = test.regions.side;
        test.core.memory.u8.fill(0, start, start + 8192); // what alignment skips is not written
        scan(test, text);
        const words = test.core.result.slice(0, 3);
        return Buffer.concat([test.state(), Buffer.from(words.buffer)]);
      }) as [Buffer, Buffer];
      return a.equals(b);
    }),
    { numRuns: 4000 },
  );
  t.end();
});

t.test(
  'keys that differ little fall into different slots: duplicates are found in linear time',
  (t) => {
    for (const name of [
      (k: number) => `field_${k}`,
      (k: number) => `a${k}b`,
      (k: number) => `${k}`,
    ]) {
      const slots = new Set<number>();
      for (let k = 0; k < JSON_MAX_KEYS; k++) {
        const key = Buffer.from(name(k));
        slots.add(hashMember(hashBytes(key, 0, key.length), 7) & (2 * JSON_MAX_KEYS - 1));
      }
      // 4,096 keys thrown at 8,192 slots at random hit 3,223 of them.
      t.ok(slots.size > 3000, `${slots.size} slots for ${name(1)}`);
    }
    t.end();
  },
);

t.test('a trie needs a place for conflicts', (t) => {
  const [test] = cores;
  const layoutOf = (fields: Field[]) => shapeTable(fields, new Map()).layouts[0] as never;
  t.throws(() => compileTrie(test.literals, layoutOf([{ path: 'a', type: 'text' }])), {
    message: `base: a layout for JSON needs the field ${CONFLICT_COUNT_PATH}`,
  });
  const reserved: Field[] = [
    { path: CONFLICT_COUNT_PATH, type: 'long' },
    { path: '_count.x', type: 'long' },
  ];
  t.throws(() => compileTrie(test.literals, layoutOf(reserved)), {
    message: "_count: is a name of sluice's own",
  });
  t.end();
});
