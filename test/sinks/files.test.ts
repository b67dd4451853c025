import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import t, { type Test } from 'tap';
import { BlackholeWriter } from '../../src/sinks/blackhole/write.ts';
import { ConsoleWriter } from '../../src/sinks/console/write.ts';
import { fileFormats } from '../../src/sinks/file/format.ts';
import { options as fileOptions } from '../../src/sinks/file/spec.ts';
import { command } from '../../src/sinks/redis/resp.ts';
import type { Payload, SinkWriter } from '../../src/sinks/sink.ts';
import { sinkSpecs } from '../../src/sinks/specs.ts';
import { createWriter } from '../../src/sinks/writers.ts';
import { context, delivered, payload, runOf, soon } from './payloads.ts';

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `{"n":${from + n}}\n`);

const contents = async (folder: string, ending: string): Promise<string[]> =>
  Promise.all(
    (await readdir(folder))
      .filter((name) => name.endsWith(ending))
      .sort()
      .map((name) => readFile(join(folder, name), 'utf8')),
  );

const fileWriter = (path: string, more: object = {}, output: object = { format: 'ndjson' }) =>
  createWriter('file', fileOptions.parse({ path, ...more }), output, context);

t.test('where a record ends', async (t) => {
  const get = command(['GET', 'kä']);
  t.equal(get, '*2\r\n$3\r\nGET\r\n$3\r\nkä\r\n');
  const cases: [keyof typeof fileFormats, string, string][] = [
    ['ndjson', '{}\n{}\n', '{"a'],
    ['postgres', '1\ta\n', '2'],
    ['influxdb', 'm v=1 1\n', 'm v'],
    ['elasticsearch', '{"create":{}}\n{}\n', '{"create":{}}\n{"a"'],
    ['elasticsearch', '{"create":{}}\n{}\n', '{"create":{}}\n'],
    ['redis', get + get, get.slice(0, -1)],
    ['redis', get, '*2\r\n$3\r\nGET\r\n'],
    ['redis', get, '*'],
    ['redis', '', ''],
  ];
  for (const [format, whole, torn] of cases) {
    const { wholeLength } = fileFormats[format];
    t.equal(wholeLength(Buffer.from(whole + torn)), Buffer.byteLength(whole), `${format} ${torn}`);
    t.equal(wholeLength(Buffer.from(whole)), Buffer.byteLength(whole), format);
  }
});

t.test('files appear when they are complete: by size, by age, at the end', async (t) => {
  const folder = join(t.testdir({}), 'made', 'by', 'us');
  const writer = await fileWriter(folder, { rotate_bytes: 1000, rotate_after: '100ms' });
  await writer.connect(soon());
  t.same(await writer.write(runOf(numbered(0, 50), numbered(50, 80)), soon()), [
    delivered,
    delivered,
  ]);
  t.same(await contents(folder, '.ndjson'), []);
  t.same(
    await contents(folder, '.part'),
    [numbered(0, 80).join('')],
    'what is confirmed is written',
  );
  await writer.write(runOf(numbered(80, 130)), soon());
  t.same(
    await contents(folder, '.ndjson'),
    [numbered(0, 80).join('')],
    'would have been larger than 1000 bytes',
  );
  while ((await contents(folder, '.part')).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
  t.same(await contents(folder, '.ndjson'), [numbered(0, 80).join(''), numbered(80, 130).join('')]);
  await writer.write(runOf(numbered(130, 131)), soon());
  await writer.close(soon());
  const names = await readdir(folder);
  t.equal(names.length, 3);
  for (const name of names) t.match(name, /^main-out-\d{8}T\d{6}Z-\d{4}\.ndjson$/);
  t.equal((await contents(folder, '.ndjson')).join(''), numbered(0, 131).join(''));
});

t.test('lanes in parallel: every run once and whole', async (t) => {
  const folder = t.testdir({});
  const writer = await fileWriter(folder, { rotate_bytes: 5000 });
  const runs = Array.from({ length: 100 }, (_, n) => numbered(n * 10, n * 10 + 10));
  await Promise.all(runs.map((run) => writer.write(runOf(run), soon())));
  await writer.close(soon());
  const text = (await contents(folder, '.ndjson')).join('');
  for (const run of runs) t.ok(text.includes(run.join('')));
  t.equal(text.length, runs.flat().join('').length);
});

t.test('what a crash has left is completed, and nothing overwritten', async (t) => {
  const folder = t.testdir({
    'main-out-20260101T000000Z-0001.ndjson.part': '{"n":1}\n{"n":2}\n{"n',
    'main-out-20260101T000000Z-0001.ndjson': 'older',
    'main-out-20260101T000000Z-0002.ndjson.part': '{"torn',
    'main-other-20260101T000000Z-0001.ndjson.part': 'of somebody else',
  });
  const writer = await fileWriter(folder);
  await writer.connect(soon());
  await writer.close(soon());
  t.same(t.testdirName === folder && (await readdir(folder)).sort(), [
    'main-other-20260101T000000Z-0001.ndjson.part',
    'main-out-20260101T000000Z-0001-1.ndjson',
    'main-out-20260101T000000Z-0001.ndjson',
  ]);
  t.equal(
    await readFile(join(folder, 'main-out-20260101T000000Z-0001-1.ndjson'), 'utf8'),
    '{"n":1}\n{"n":2}\n',
  );
});

t.test('an append that fails half-way leaves nothing', async (t) => {
  const folder = t.testdir({});
  const writer = await fileWriter(folder);
  await writer.write(runOf(numbered(0, 10)), soon());
  const broken = { ...payload(numbered(20, 21)), bytes: { length: 9 } as Buffer };
  const failed = await writer.write([...runOf(numbered(10, 20)), broken], soon());
  t.match(failed, [{ kind: 'retry', code: 'SLUICE_FILE_WRITE' }, { kind: 'retry' }]);
  t.same(await writer.write(runOf(numbered(30, 31)), soon()), [delivered]);
  await writer.close(soon());
  t.same(await contents(folder, '.ndjson'), [[...numbered(0, 10), ...numbered(30, 31)].join('')]);
});

t.test('a folder that is none, and one that comes later', async (t) => {
  const folder = join(t.testdir({ file: 'text' }), 'file');
  const writer = await fileWriter(folder);
  await t.rejects(writer.connect(soon()), { code: 'SLUICE_FILE_WRITE', message: /file/ });
  t.match(await writer.write(runOf(numbered(0, 1)), soon()), [
    { kind: 'retry', code: 'SLUICE_FILE_WRITE' },
  ]);
  const later = join(t.testdirName, 'later');
  const waiting = await fileWriter(join(later, 'x'));
  await mkdir(later);
  t.same(await waiting.write(runOf(numbered(0, 1)), soon()), [delivered]);
  await waiting.close(soon());
});

t.test('without a server a store writes files in its own format', async (t) => {
  const folder = t.testdir({});
  const delta = (key: string, n: number): Payload =>
    payload([`${key}\t${n}\t${n * 10}\t1767225600\n`], { batch: n });
  const cases: [
    type: string,
    options: object,
    output: object,
    pieces: Payload,
    ending: string,
    text: RegExp,
  ][] = [
    [
      'elasticsearch',
      { nodes: [''] },
      { index: 'a' },
      payload(['{"create":{}}\n{}\n']),
      '.bulk',
      /^\{"create":\{\}\}\n\{\}\n$/,
    ],
    [
      'postgres',
      { url: '' },
      { table: 's.t', columns: { id: 'event.id' } },
      payload(['1\n']),
      '.copy',
      /^1\n$/,
    ],
    [
      'influxdb',
      { url: '' },
      { measurement: 'm' },
      delta('m,a=b', 3),
      '.lp',
      /^m,a=b,writer=n1\/main count=3i,bytes=30i 1767225600\d{9}\n$/,
    ],
    [
      'redis',
      { url: '', key_prefix: 'p:' },
      { counters: ['c'] },
      delta('c', 3),
      '.resp',
      /^\*3\r\n\$6\r\nINCRBY\r\n\$\d+\r\np:c:\{s\d+\}\r\n\$1\r\n3\r\n\*3\r\n\$7\r\nPEXPIRE/,
    ],
  ];
  for (const [type, options, output, sent, ending, text] of cases) {
    const spec = sinkSpecs.find(({ name }) => name === type);
    const files = join(folder, type);
    const writer: SinkWriter = await createWriter(
      type,
      { ...(spec?.options.parse(options) as object), files },
      spec?.output?.parse(output),
      context,
    );
    await writer.connect(soon());
    t.same(await writer.write([sent], soon()), [delivered], type);
    await writer.close(soon());
    t.match((await contents(files, ending))[0], text, type);
    t.equal(
      (await readdir(files)).filter((name) => name.includes('.load.')).length,
      1,
      `${type}: how to load`,
    );
  }
  t.match((await readdir(join(folder, 'postgres'))).join(), /main-out-s\.t-\d+T\d+Z-0001\.copy/);
  const nowhere = { nodes: [] };
  await t.rejects(createWriter('elasticsearch', nowhere, {}, context), {
    code: 'SLUICE_SINK_SETTINGS',
  });
});

t.test('console: prints, and survives its reader', async (t) => {
  const stream = new PassThrough();
  const writer = new ConsoleWriter(stream);
  t.same(await writer.write(runOf(numbered(0, 2), numbered(2, 3)), soon()), [delivered, delivered]);
  t.equal(String(stream.read()), numbered(0, 3).join(''));
  await writer.close();

  const reader = spawn('true', { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(reader, 'close');
  const orphan = new ConsoleWriter(reader.stdin);
  for (let turn = 0; turn < 2; turn++) {
    t.match(await orphan.write(runOf(numbered(0, 1)), soon()), [
      { kind: 'retry', code: 'SLUICE_SINK_UNREACHABLE' },
    ]);
  }
});

t.test('blackhole: at once, at a rate, never', async (t) => {
  const fast = new BlackholeWriter({ accept: true });
  t.same(await fast.write(runOf(numbered(0, 5), numbered(5, 7)), soon()), [delivered, delivered]);
  t.equal(fast.accepted, 7);

  const slow = new BlackholeWriter({ accept: true, rate: 1000 });
  const start = performance.now();
  await Promise.all([
    slow.write(runOf(numbered(0, 50)), soon()),
    slow.write(runOf(numbered(0, 50)), soon()),
  ]);
  t.ok(performance.now() - start >= 95, '100 events at 1000 a second');

  const never = new BlackholeWriter({ accept: false });
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 20);
  t.match(await never.write(runOf(numbered(0, 1)), stop.signal), [
    { kind: 'retry', code: 'SLUICE_SINK_STOPPED' },
  ]);
  t.equal(never.accepted, 0);
});

t.test('every sink has a runnable example and a schema', async (t: Test) => {
  for (const { name, example, options, output } of sinkSpecs) {
    t.match(
      example,
      new RegExp(`${name === 'file' || name === 'blackhole' ? `type: ${name}` : `  ${name}:`}`),
    );
    t.ok(options && output);
    await t.rejects(
      async () => options.parse({ nonsense: true, nodes: [], url: '', path: 'x' }),
      /nonsense/,
    );
  }
});
