import fc from 'fast-check';
import t from 'tap';
import { eventId } from '../../src/event/id.ts';
import type { Address } from '../../src/event/memory.ts';
import { ORDINAL, RAW_ADDRESS } from '../../src/event/row.ts';
import {
  parseTemplate,
  renderTemplate,
  templatePaths,
  templateStep,
} from '../../src/event/template.ts';
import { elasticsearch } from '../../src/sinks/elasticsearch/encode.ts';
import { influxdb } from '../../src/sinks/influxdb/encode.ts';
import { redis } from '../../src/sinks/redis/encode.ts';
import { Chunk, type Event, type Value } from './chunk.ts';

const FIELDS = [
  { path: '@timestamp', type: 'date' },
  { path: 'event.id', type: 'text' },
  { path: 'event.dataset', type: 'text' },
  { path: 'event.outcome', type: 'text' },
  { path: 'source.ip', type: 'ip' },
  { path: 'tags', type: 'any' },
] as const;

const clean = (text: string): Value => ({ kind: 'clean', text });
const at = (ms: number): Value => ({ kind: 'time', ms, nanos: 0, digits: 3 });
const DAY = Date.UTC(2024, 10, 23, 10, 40, 0, 123);

/** The index of each event of a bulk body. */
const indices = (bytes: Buffer): string[] =>
  bytes
    .toString()
    .split('\n')
    .filter((_, k, lines) => k % 2 === 0 && k < lines.length - 1)
    .map((line) => (JSON.parse(line) as { create: { _index: string } }).create._index);

/** Deltas as the writers read them. */
const deltas = (bytes: Buffer) =>
  bytes
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [key, increment, size, start] = line.split('\t');
      return { key, increment: Number(increment), bytes: Number(size), start: Number(start) };
    });

t.test('templates', (t) => {
  const render = (template: string, names: string[], ms: number): string =>
    renderTemplate(parseTemplate(template), names, Math.floor(ms / 1000));
  t.equal(render('logs-{event.dataset}-{date}', ['a.b'], DAY), 'logs-a.b-2024.11.23');
  t.equal(render('c:{ x }:{10s}:{1m}:{1h}', ['v'], DAY), 'c:v:1732358400:1732358400:1732356000');
  t.equal(render('{{literal}}', [], 0), '{literal}');
  t.same(templatePaths('{a.b}-{date}-{c}{10s}'), ['a.b', 'c']);
  t.equal(templateStep(parseTemplate('{date}')), 86_400);
  t.equal(templateStep(parseTemplate('{date}{15s}{10s}')), 5);
  t.equal(templateStep(parseTemplate('plain')), 0);
  for (const [template, message] of [
    ['logs-{date', 'template "logs-{date": the brace at 6 is not closed'],
    ['logs}', 'template "logs}": the brace at 5 closes nothing'],
    ['{}', 'template "{}": empty braces'],
    ['{0s}', 'template "{0s}": a time bucket is 1s to 31d wide'],
    ['a\nb', 'template "a\nb": a name has no control characters'],
  ] as const) {
    t.throws(() => parseTemplate(template), new RangeError(message));
  }
  t.end();
});

t.test('text from data becomes a name only if it is allowed', (t) => {
  const chunk = new Chunk('wasm', FIELDS);
  const bulk = elasticsearch.compile({ index: 'logs-{event.dataset}-{date}' }, chunk.context);
  const tags = chunk.layout.byPath.get('tags')?.index ?? -1;
  const name = (dataset: Value): { index: string | undefined; tags: string[]; line: string } => {
    chunk.fill([{ cells: { 'event.dataset': dataset, _index_date: at(DAY) } }]);
    const { bytes } = chunk.encode(bulk);
    return {
      index: indices(bytes)[0],
      tags: chunk.rows.texts(chunk.rows.at(0), tags),
      line: bytes.toString().split('\n')[1] as string,
    };
  };
  t.match(name(clean('nginx.access')), { index: 'logs-nginx.access-2024.11.23', tags: [] });
  t.match(name(clean('Nginx.ACCESS')), { index: 'logs-nginx.access-2024.11.23', tags: [] });
  t.match(JSON.parse(name(clean('Nginx.ACCESS')).line), { event: { dataset: 'Nginx.ACCESS' } });
  t.match(name({ kind: 'absent' }), { index: 'logs-unknown-2024.11.23', tags: [] });
  t.match(name({ kind: 'int', value: 7 }), { index: 'logs-7-2024.11.23', tags: [] });
  for (const evil of [
    clean('a/b'),
    clean('a b'),
    clean('a-b'),
    clean('*'),
    clean('x'.repeat(65)),
    { kind: 'text', bytes: Buffer.from('a","_id":"x\n') },
    { kind: 'text', bytes: Buffer.from([0xff, 0x61]) },
    { kind: 'string', inside: '\\u0000' },
    { kind: 'list', items: [clean('a')] },
  ] satisfies Value[]) {
    const got = name(evil);
    t.equal(got.index, 'logs-unknown-2024.11.23');
    t.same(got.tags, ['name_rejected']);
  }
  t.equal(bulk.tally.renamed, 9);

  const other = elasticsearch.compile({ index: '{event.dataset}' }, chunk.context);
  chunk.fill([
    { cells: { 'event.dataset': clean('_x'), tags: { kind: 'list', items: [clean('kept')] } } },
  ]);
  chunk.encode(other);
  t.same(indices(chunk.encode(other).bytes), ['unknown'], 'no index begins with _');
  t.same(chunk.rows.texts(chunk.rows.at(0), tags), ['kept', 'name_rejected'], 'tagged once');
  t.end();
});

t.test('distinct names of a batch are capped, rendered ones may fill the cache many times', (t) => {
  const chunk = new Chunk('wasm', FIELDS);
  const bulk = elasticsearch.compile({ index: 'logs-{event.dataset}-{date}' }, chunk.context);
  const tags = chunk.layout.byPath.get('tags')?.index ?? -1;
  for (const batch of ['a', 'b', 'a']) {
    bulk.begin?.();
    for (let from = 0; from < 1500; from += 500) {
      const names = Array.from({ length: 500 }, (_, k) => `${batch}${from + k}`);
      const dates = names.map((_, k) => DAY + (from + k) * 86_400_000);
      chunk.fill(
        names.map((n, k) => ({
          cells: { 'event.dataset': clean(n), _index_date: at(dates[k] as number) },
        })),
      );
      const got = indices(chunk.encode(bulk).bytes);
      t.equal(got.length, 500);
      got.forEach((index, k) => {
        const date = new Date(dates[k] as number).toISOString().slice(0, 10).replaceAll('-', '.');
        const within = from + k < 100;
        if (index !== `logs-${within ? names[k] : 'unknown'}-${date}`)
          t.fail(`${index} for ${names[k]}`);
        if (chunk.rows.texts(chunk.rows.at(k), tags).length !== (within ? 0 : 1))
          t.fail(`tags of ${names[k]}`);
      });
    }
  }
  t.end();
});

t.test('counters: deltas sum up to the events, whatever the keys', (t) => {
  const chunk = new Chunk('wasm', FIELDS);
  const encoder = redis.compile(
    { counters: ['counters:{event.dataset}:{10s}', 'rate_limits:{source.ip}'], expire: 1000 },
    chunk.context,
  );
  const event = (dataset: string, ip: string, ms: number, rawLength: number): Event => ({
    cells: { 'event.dataset': clean(dataset), 'source.ip': clean(ip), _index_date: at(ms) },
    rawLength,
  });
  chunk.fill([
    event('a', '::1', 10_000, 5),
    event('a', '::1', 19_999, 6),
    event('a', '10.0.0.1', 20_000, 7),
    event('x:y', '{10.0.0.1}', 20_000, 8),
  ]);
  const { bytes, trace } = chunk.encode(encoder);
  t.same(deltas(bytes), [
    { key: 'counters:a:10', increment: 2, bytes: 11, start: 10 },
    { key: 'counters:a:20', increment: 1, bytes: 7, start: 20 },
    { key: 'counters:unknown:20', increment: 1, bytes: 8, start: 20 },
    { key: 'rate_limits:::1', increment: 2, bytes: 11, start: 0 },
    { key: 'rate_limits:10.0.0.1', increment: 1, bytes: 7, start: 0 },
    { key: 'rate_limits:unknown', increment: 1, bytes: 8, start: 0 },
  ]);
  t.same(
    trace.filter((_, k) => k % 2 === 0),
    [0, 2, 3, 0, 2, 3],
    'each with its first record',
  );
  t.equal(trace.at(-1), bytes.length);
  t.equal(encoder.tally.renamed, 1);
  t.same(deltas(chunk.encode(encoder).bytes).length, 6, 'the next batch begins at zero');

  const small = chunk.room(60);
  chunk.resume(encoder, 0, small);
  chunk.resume(encoder, 0, small);
  const pieces: Buffer[] = [];
  for (let k = 0; k < 10; k++) {
    const room = chunk.room(60);
    const state = encoder.finish?.(room).state;
    pieces.push(chunk.read(room).bytes);
    if (state === 'done') break;
    t.equal(state, 'page-full');
  }
  const twice = deltas(Buffer.concat(pieces));
  t.same(
    twice.map(({ increment }) => increment),
    [4, 2, 2, 4, 2, 2],
  );

  chunk.resume(encoder, 0, chunk.room());
  encoder.begin?.();
  t.same(
    deltas(chunk.encode(encoder).bytes)[0]?.increment,
    2,
    'a batch that is run again counts once',
  );
  t.end();
});

t.test('counters: beyond the cap of a batch all count as one', (t) => {
  const chunk = new Chunk('wasm', FIELDS);
  const encoder = redis.compile(
    { counters: ['c:{event.dataset}:{1s}'], expire: 1000 },
    chunk.context,
  );
  const room = chunk.room();
  for (let round = 0; round < 25; round++) {
    chunk.fill(
      Array.from({ length: 500 }, (_, k) => ({
        cells: { 'event.dataset': clean('d'), _index_date: at((round * 500 + k) * 1000) },
      })),
      7000,
    );
    chunk.resume(encoder, 0, room);
  }
  encoder.finish?.(room);
  const all = deltas(chunk.read(room).bytes);
  t.equal(all.length, 10_001);
  t.same(all.at(-1), { key: 'c:_other:7', increment: 2500, bytes: 250_000, start: 7 });
  t.equal(
    all.reduce((sum, { increment }) => sum + increment, 0),
    12_500,
  );
  t.equal(encoder.tally.overflowed, 2500);
  t.end();
});

t.test('series: tags sorted, escaped, absent ones left out', (t) => {
  const chunk = new Chunk('wasm', FIELDS);
  const encoder = influxdb.compile(
    {
      measurement: 'event counts',
      tags: [
        { name: 'outcome', field: 'event.outcome' },
        { name: 'data set', field: 'event.dataset' },
      ],
      every: 10_000,
    },
    chunk.context,
  );
  chunk.fill(
    [
      {
        cells: {
          'event.dataset': clean('a,b=c'),
          'event.outcome': clean('success\\'),
          _index_date: at(DAY),
        },
      },
      { cells: { 'event.dataset': clean('has space'), _index_date: at(DAY) } },
      { cells: { '@timestamp': at(5) } },
    ],
    123_456,
  );
  t.same(deltas(chunk.encode(encoder).bytes), [
    {
      key: 'event\\ counts,data\\ set=a\\,b\\=c,outcome=success',
      increment: 1,
      bytes: 100,
      start: 1732358400,
    },
    { key: 'event\\ counts,data\\ set=unknown', increment: 1, bytes: 100, start: 1732358400 },
    { key: 'event\\ counts', increment: 1, bytes: 100, start: 120 },
  ]);
  t.end();
});

t.test('an id is the record and nothing else', (t) => {
  const chunks = (['ts', 'wasm'] as const).map((kind) => new Chunk(kind, FIELDS));
  const word = fc.nat({ max: 0xffff_ffff });
  const ids = (
    chunk: Chunk,
    key: Address,
    base: [number, number],
    steps: number[],
    byOffset: boolean,
  ) => {
    const { rows, core } = chunk;
    const column = chunk.layout.byPath.get('event.id')?.index ?? -1;
    chunk.fill(steps.map(() => ({ cells: {} })));
    const { u32 } = rows.memory;
    steps.forEach((step, k) => {
      u32[(rows.at(k) >>> 2) + (byOffset ? RAW_ADDRESS : ORDINAL)] = byOffset ? 1000 + step : step;
    });
    const end = core.ids(
      rows.table,
      rows.stride,
      steps.length,
      column,
      key,
      base[0],
      base[1],
      byOffset ? 1 : 0,
      1000,
      rows.side,
      rows.sideEnd,
    );
    t.equal(end, rows.side + steps.length * 32);
    return steps.map((_, k) => rows.text(rows.at(k), column));
  };
  fc.assert(
    fc.property(
      fc.tuple(word, word, word, word),
      fc.tuple(word, fc.nat({ max: 0xfffff })),
      fc.array(fc.nat({ max: 0xfffffff }), { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      (key, base, steps, byOffset) => {
        const wanted = steps.map((step) =>
          idOf(key, (BigInt(base[1]) << 32n) + BigInt(base[0]) + BigInt(step)),
        );
        return chunks.every((chunk) => {
          const address = chunk.rows.sideEnd - 64;
          chunk.core.memory.u32.set(key, address >>> 2);
          return (
            JSON.stringify(ids(chunk, address, base, steps, byOffset)) === JSON.stringify(wanted)
          );
        });
      },
    ),
    { numRuns: 50 },
  );
  const seen = new Set(Array.from({ length: 100_000 }, (_, k) => eventId([1, 2, 3, 4], k, 0, 0)));
  t.equal(seen.size, 100_000);
  t.not(
    eventId([1, 2, 3, 4], 5, 0, 0),
    eventId([1, 2, 3, 4], 5, 0, 1),
    'children have ids of their own',
  );
  for (const chunk of chunks) {
    chunk.fill([{ cells: {} }]);
    const { rows, core } = chunk;
    t.equal(
      core.ids(rows.table, rows.stride, 1, 1, rows.side, 0, 0, 0, 0, rows.side, rows.side + 31),
      0,
      'no room',
    );
    t.equal(rows.has(rows.at(0), 1), false);
  }
  t.end();
});

/** The same hash over 128-bit arithmetic: the finalisation of MurmurHash3_x86_128. */
function idOf(key: readonly number[], position: bigint): string {
  const mask = 0xffff_ffffn;
  const mix = (h: bigint): bigint => {
    let x = h;
    x = ((x ^ (x >> 16n)) * 0x85ebca6bn) & mask;
    x = ((x ^ (x >> 13n)) * 0xc2b2ae35n) & mask;
    return x ^ (x >> 16n);
  };
  const h = key.map(BigInt) as [bigint, bigint, bigint, bigint];
  h[0] ^= position & mask;
  h[1] ^= (position >> 32n) & mask;
  const spread = (): void => {
    h[0] = (h[0] + h[1] + h[2] + h[3]) & mask;
    for (let k = 1; k < 4; k++) h[k] = ((h[k] as bigint) + h[0]) & mask;
  };
  spread();
  for (let k = 0; k < 4; k++) h[k] = mix(h[k] as bigint);
  spread();
  return h.map((x) => x.toString(16).padStart(8, '0')).join('');
}
