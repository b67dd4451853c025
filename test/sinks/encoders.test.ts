import t from 'tap';
import type { Field } from '../../src/event/layout.ts';
import { ENCODERS } from '../../src/sinks/encoders.ts';
import { Chunk, type Event } from '../event/chunk.ts';

const FIELDS: Field[] = [
  { path: '@timestamp', type: 'date' },
  { path: 'event.id', type: 'text' },
  { path: 'event.dataset', type: 'text' },
  { path: 'message', type: 'text' },
  { path: 'tags', type: 'any' },
];

const OUTPUTS = {
  elasticsearch: { index: 'logs-{event.dataset}-{date}' },
  postgres: {
    table: 'public.events',
    columns: {
      id: { field: 'event.id', type: 'uuid' },
      ts: { field: '@timestamp', type: 'timestamptz' },
      message: { field: 'message', type: 'text' },
    },
  },
  influxdb: {
    measurement: 'counts',
    tags: [{ name: 'set', field: 'event.dataset' }],
    every: 10_000,
  },
  redis: { counters: ['counters:{event.dataset}:{10s}'], expire: 3_600_000 },
};

const time = { kind: 'time', ms: Date.UTC(2024, 10, 23, 10, 40, 7), nanos: 0, digits: 3 } as const;
const EVENT: Event = {
  cells: {
    '@timestamp': time,
    _index_date: time,
    'event.id': { kind: 'clean', text: '0123456789abcdef0123456789abcdef' },
    'event.dataset': { kind: 'clean', text: 'nginx.access' },
    message: { kind: 'text', bytes: Buffer.from('GET /\t"x"') },
  },
  rawLength: 42,
};

const DOCUMENT =
  '{"@timestamp":"2024-11-23T10:40:07.000Z","event":{"id":"0123456789abcdef0123456789abcdef","dataset":"nginx.access"},"message":"GET /\\t\\"x\\""}\n';

const WANTED = {
  ndjson: DOCUMENT,
  elasticsearch: `{"create":{"_index":"logs-nginx.access-2024.11.23","_id":"0123456789abcdef0123456789abcdef"}}\n${DOCUMENT}`,
  postgres: '0123456789abcdef0123456789abcdef\t2024-11-23T10:40:07.000Z\tGET /\\t"x"\n',
  influxdb: 'counts,set=nginx.access\t1\t42\t1732358400\n',
  redis: 'counters:nginx.access:1732358400\t1\t42\t1732358400\n',
};

function encode(type: string, output: unknown): string {
  const definition = ENCODERS.get(type);
  if (definition === undefined) throw new Error(`no encoder ${type}`);
  const chunk = new Chunk('wasm', [...FIELDS, ...definition.fields(output)]);
  const encoder = definition.compile(output, chunk.context);
  chunk.fill([EVENT]);
  return chunk.encode(encoder).bytes.toString();
}

t.test('every store has its own format', (t) => {
  for (const type of ['elasticsearch', 'postgres', 'influxdb', 'redis'] as const)
    t.equal(encode(type, OUTPUTS[type]), WANTED[type], type);
  t.end();
});

t.test('file, console and blackhole write any of them', (t) => {
  for (const type of ['file', 'console', 'blackhole']) {
    t.equal(encode(type, { format: 'ndjson' }), WANTED.ndjson, type);
    for (const format of ['elasticsearch', 'postgres', 'influxdb', 'redis'] as const)
      t.equal(encode(type, { format, ...OUTPUTS[format] }), WANTED[format], `${type} ${format}`);
  }
  t.end();
});

t.test('an output asks for the columns that it reads', (t) => {
  const paths = (type: string, output: unknown): string[] =>
    (ENCODERS.get(type)?.fields(output) ?? []).map(({ path }) => path);
  t.same(paths('elasticsearch', { index: '{a.b}-{date}-{c}' }), ['a.b', 'c']);
  t.same(paths('postgres', OUTPUTS.postgres), ['event.id', '@timestamp', 'message']);
  t.same(paths('influxdb', { ...OUTPUTS.influxdb, fields: { n: 'x.y' } }), [
    'event.dataset',
    'x.y',
  ]);
  t.same(paths('redis', { counters: ['{a}', '{b}:{1m}'] }), ['a', 'b']);
  t.same(paths('console', { format: 'ndjson' }), []);
  t.same(paths('file', { format: 'redis', ...OUTPUTS.redis }), ['event.dataset']);
  t.end();
});
