import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { PARTIAL, TRUNCATED } from '../../src/event/row.ts';
import { Positions, type SavedFile } from '../../src/sources/file/positions.ts';
import { FileSource } from '../../src/sources/file/source.ts';
import { fileSpec } from '../../src/sources/file/spec.ts';
import { StdinSource } from '../../src/sources/stdin/source.ts';
import { stdinSpec } from '../../src/sources/stdin/spec.ts';
import { CollectContext, until } from './collect-context.ts';

interface Place {
  readonly folder: string;
  path(name: string): string;
}

function place(t: Test): Place {
  const folder = t.testdir({});
  return { folder, path: (name) => join(folder, name) };
}

async function run(
  t: Test,
  { folder }: Place,
  options: object,
  { once = false, room = Infinity } = {},
): Promise<{ context: CollectContext; source: FileSource }> {
  const context = new CollectContext({ dataDir: join(folder, 'state'), once });
  context.room = room;
  const source = new FileSource(
    fileSpec.options.parse({
      paths: [join(folder, '*.log')],
      poll: '10ms',
      discover: '20ms',
      ...options,
    }),
    context,
  );
  t.teardown(() => source.stop(AbortSignal.timeout(2000)));
  await source.start();
  return { context, source };
}

async function stop(source: FileSource): Promise<void> {
  await source.stop(AbortSignal.timeout(5000));
}

const WHOLE = { read: 'whole' };

t.test('whole: every line of every file, also the last one without line feed', async (t) => {
  const here = place(t);
  mkdirSync(here.path('deep/er'), { recursive: true });
  writeFileSync(here.path('a.log'), 'one\r\ntwo\n\n  three\nno end');
  writeFileSync(here.path('deep/er/b.log'), 'four\n');
  writeFileSync(here.path('c.txt'), 'not matched\n');
  writeFileSync(here.path('skip.log'), 'excluded\n');
  writeFileSync(here.path('empty.log'), '');
  const { context, source } = await run(t, here, {
    ...WHOLE,
    paths: [join(here.folder, '**/*.log')],
    exclude: [join(here.folder, '**/skip.log')],
  });
  t.equal(source.finite, true);
  await source.done();
  t.same(context.texts, ['one', 'two', '  three', 'no end', 'four']);
  const [first] = context.streams;
  t.same(first?.options.positions, 'offset');
  t.same(
    first?.records.map(({ position }) => position),
    [0, 5, 10, 18],
  );
  t.ok(context.streams.every(({ closed }) => closed));
  t.same(context.errors, []);
});

t.test('whole: identity is that of the file, not of its name or of the run', async (t) => {
  const here = place(t);
  writeFileSync(here.path('a.log'), 'same\n');
  writeFileSync(here.path('b.log'), 'same\n');
  const identities = async () => {
    const { context, source } = await run(t, here, WHOLE);
    await source.done();
    return context.streams.map(({ options }) => options.identity);
  };
  const before = await identities();
  t.not(before[0], before[1]);
  renameSync(here.path('a.log'), here.path('z.log'));
  t.same(await identities(), before.reverse());
  writeFileSync(here.path('z.log'), 'othr\n');
  t.not((await identities())[1], before[1]);
});

t.test('whole: gzip by its content; a damaged file gives what can be read', async (t) => {
  const here = place(t);
  const text = Array.from({ length: 20_000 }, (_, line) => `line ${line}\n`).join('');
  writeFileSync(here.path('a.log'), gzipSync(text));
  const { context, source } = await run(t, here, WHOLE);
  await source.done();
  t.equal(context.texts.join('\n'), text.trimEnd());
  t.equal(context.stream.records[1]?.position, 7);

  writeFileSync(here.path('a.log'), gzipSync(text).subarray(0, -1000));
  const cut = await run(t, here, WHOLE);
  await cut.source.done();
  const { records } = cut.context.stream;
  t.ok(records.length > 10_000 && records.length < 20_000, `${records.length} lines`);
  t.ok(text.startsWith(cut.context.texts.slice(0, -1).join('\n')));
  t.equal(records.at(-1)?.flags, PARTIAL);
  t.same(cut.context.codes, ['SLUICE_FILE_CORRUPT', 'SLUICE_FRAME_INCOMPLETE']);
});

t.test('whole: a 10 MB line, NUL bytes, and waiting for room', async (t) => {
  const here = place(t);
  const long = Buffer.alloc(10_000_000, 'a');
  const end = Buffer.from('\nb\0c\nlast\n');
  writeFileSync(here.path('a.log'), Buffer.concat([Buffer.from('first\n'), long, end]));
  const { context, source } = await run(t, here, WHOLE, { room: 1 });
  for (let records = 1; records < 4; records += 1) {
    await until(() => context.texts.length === records, `record ${records}`);
    await delay(5);
    t.equal(context.texts.length, records, 'no more than there is room for');
    context.stream.setRoom(1);
  }
  await source.done();
  t.same(
    context.stream.records.map(({ bytes, flags, position }) => [bytes.length, flags, position]),
    [
      [5, 0, 0],
      [2 ** 20, TRUNCATED, 6],
      [3, 0, 10_000_007],
      [4, 0, 10_000_011],
    ],
  );
});

t.test('whole: no such file', async (t) => {
  const here = place(t);
  await t.rejects(run(t, here, { ...WHOLE, paths: [here.path('none.log')] }), {
    code: 'SLUICE_FILE_NOT_FOUND',
    message: `no file matches ${here.path('none.log')}`,
  });
});

t.test('follow: appended lines, an unfinished one is held back', async (t) => {
  const here = place(t);
  const log = here.path('a.log');
  writeFileSync(log, 'one\ntw');
  const { context, source } = await run(t, here, {});
  await until(() => context.texts.length === 1, 'first line');
  await delay(50);
  t.same(context.texts, ['one']);
  appendFileSync(log, 'o\nthree\nfo');
  await until(() => context.texts.length === 3, 'appended lines');
  t.same(context.texts, ['one', 'two', 'three']);
  t.same(
    context.stream.records.map(({ position }) => position),
    [0, 4, 8],
  );
  writeFileSync(here.path('later.log'), 'of a new file\n');
  await until(() => context.texts.length === 4, 'new file');
  symlinkSync(log, here.path('link.log'));
  await delay(60);
  await stop(source);
  t.same(context.texts, ['one', 'two', 'three', 'of a new file']);
  t.equal(context.streams.length, 2, 'a second name is not a second file');
});

t.test('follow: continues where it settled, and only there', async (t) => {
  const here = place(t);
  const log = here.path('a.log');
  writeFileSync(log, 'one\ntwo\n');
  const first = await run(t, here, {});
  await until(() => first.context.texts.length === 2, 'lines');
  first.context.stream.deliver();
  appendFileSync(log, 'three\n');
  await until(() => first.context.texts.length === 3, 'a line that will not be settled');
  await stop(first.source);

  appendFileSync(log, 'four\n');
  const second = await run(t, here, {});
  await until(() => second.context.texts.length === 2, 'the rest');
  t.same(second.context.texts, ['three', 'four']);
  const [three] = first.context.stream.records.slice(2);
  t.equal(second.context.stream.records[0]?.position, three?.position);
  t.equal(second.context.stream.options.identity, first.context.stream.options.identity);
  t.equal(second.context.stream.options.base, 8);
  second.context.stream.deliver();
  await stop(second.source);

  const saved = readFileSync(here.path('state/sources/test/positions.json'), 'utf8');
  t.match(JSON.parse(saved), { version: 1, files: [{ path: log, offset: 19, generation: 0 }] });
  const third = await run(t, here, { read: 'follow' }, { once: true });
  await third.source.done();
  t.same(third.context.texts, []);
});

t.test('follow: rotation by rename loses nothing and reads nothing twice', async (t) => {
  const here = place(t);
  const log = here.path('a.log');
  writeFileSync(log, 'one\n');
  const { context, source } = await run(t, here, { paths: [log] });
  await until(() => context.texts.length === 1, 'first line');
  renameSync(log, here.path('a.log.1'));
  appendFileSync(here.path('a.log.1'), 'two, by a writer that has not noticed\n');
  writeFileSync(log, 'three\n');
  await until(() => context.texts.length === 3, 'both files');
  appendFileSync(here.path('a.log.1'), 'four\n');
  await until(() => context.texts.length === 4, 'the old file is read on');
  t.same(context.texts.toSorted(), [
    'four',
    'one',
    'three',
    'two, by a writer that has not noticed',
  ]);
  t.equal(context.streams.length, 2);
  for (const stream of context.streams) stream.deliver();
  await stop(source);

  // Renamed while nobody looked: the rest of it is found by its inode.
  appendFileSync(log, 'five\n');
  renameSync(log, here.path('a.log.0'));
  writeFileSync(log, 'six\n');
  const next = await run(t, here, { paths: [log] });
  await until(() => next.context.texts.length === 2, 'both again');
  t.same(next.context.texts.toSorted(), ['five', 'six']);
});

t.test('follow: names that change within the globs are the same file', async (t) => {
  const here = place(t);
  writeFileSync(here.path('a.log'), 'one\n');
  const { context } = await run(t, here, {});
  await until(() => context.texts.length === 1, 'line');
  renameSync(here.path('a.log'), here.path('b.log'));
  appendFileSync(here.path('b.log'), 'two\n');
  await until(() => context.texts.length === 2, 'second line');
  await delay(60);
  t.same(context.texts, ['one', 'two']);
  t.equal(context.streams.length, 1);
});

t.test('follow: truncation begins another generation', async (t) => {
  const here = place(t);
  const log = here.path('a.log');
  writeFileSync(log, 'one\ntwo\nthree\n');
  const { context, source } = await run(t, here, {});
  await until(() => context.texts.length === 3, 'lines');
  truncateSync(log);
  appendFileSync(log, 'new\n');
  await until(() => context.texts.length === 4, 'line of the new content');
  const [before, after] = context.streams;
  t.not(before?.options.identity, after?.options.identity);
  t.equal(after?.options.base, 0);
  after?.deliver();
  before?.deliver(); // late news of the old content must not move the new position
  await stop(source);

  const saved = readFileSync(here.path('state/sources/test/positions.json'), 'utf8');
  t.match(JSON.parse(saved), { files: [{ generation: 1, offset: 4 }] });

  // Rewritten to more bytes while nobody looked: the beginning tells.
  writeFileSync(log, 'entirely different and longer\n');
  const next = await run(t, here, {});
  await until(() => next.context.texts.length === 1, 'rewritten');
  t.same(next.context.texts, ['entirely different and longer']);
  t.not(next.context.stream.options.identity, after?.options.identity);
});

t.test('follow: start at the end, skip gzip, cut long lines across a restart', async (t) => {
  const here = place(t);
  const log = here.path('a.log');
  writeFileSync(log, 'old\nhalf of an old');
  writeFileSync(here.path('rotated.log'), gzipSync('compressed\n'));
  const options = { start: 'end', max_event: '8KiB' };
  const first = await run(t, here, options);
  appendFileSync(log, ' line\nnew\n');
  await until(() => first.context.texts.length === 1, 'new line');
  t.same(first.context.texts, ['new']);
  appendFileSync(log, 'a'.repeat(10_000));
  await until(() => first.context.texts.length === 2, 'truncated line');
  first.context.stream.deliver();
  await stop(first.source);
  t.equal(first.context.streams.length, 1, 'gzip is not followed');

  appendFileSync(log, `${'a'.repeat(10_000)}\nnext\n`);
  const second = await run(t, here, options);
  await until(() => second.context.texts.length > 0, 'next line');
  t.same(second.context.texts, ['next'], 'the rest of the truncated line is no record');
});

t.test('follow: a line that takes several turns, and what settles after the stop', async (t) => {
  const here = place(t);
  writeFileSync(here.path('a.log'), `${'a'.repeat(3_000_000)}\nnext\n`);
  const options = { max_event: '10MiB' };
  const first = await run(t, here, options);
  await until(() => first.context.texts.length === 2, 'both lines');
  t.equal(first.context.texts[0]?.length, 3_000_000);
  await stop(first.source);
  first.context.stream.deliver();
  const positions = here.path('state/sources/test/positions.json');
  await until(() => readFileSync(positions, 'utf8').includes('"offset": 3000006'), 'saved');
  const second = await run(t, here, options);
  await delay(50);
  t.same(second.context.texts, []);
});

t.test('follow: too many files, and positions that cannot be read', async (t) => {
  const here = place(t);
  for (const name of ['a', 'b', 'c']) writeFileSync(here.path(`${name}.log`), `${name}\n`);
  mkdirSync(here.path('state/sources/test'), { recursive: true });
  writeFileSync(here.path('state/sources/test/positions.json'), '{"version":1,"files":[{}');
  const { context } = await run(t, here, { max_files: 2 });
  await until(() => context.texts.length === 2, 'two files');
  await delay(60);
  t.same(context.texts, ['a', 'b']);
  t.same(context.codes, ['SLUICE_FILE_POSITIONS', 'SLUICE_FILE_LIMIT']);
  t.match(readFileSync(here.path('state/sources/test/positions.json.bad'), 'utf8'), '{"version"');
});

t.test('follow, once: reads to the end, the unfinished line too, then is done', async (t) => {
  const here = place(t);
  writeFileSync(here.path('a.log'), 'one\ntwo');
  const { context, source } = await run(t, here, {}, { once: true });
  t.equal(source.finite, true);
  await source.done();
  t.same(context.texts, ['one', 'two']);
});

t.test('stdin: lines until it ends', async (t) => {
  const input = new PassThrough();
  const context = new CollectContext();
  context.room = 1;
  const source = new StdinSource(stdinSpec.options.parse({}), context, input);
  await source.start();
  input.write('one\nt');
  input.end('wo\nlast');
  for (const records of [1, 2, 3]) {
    await until(() => context.texts.length === records, `line ${records}`);
    context.stream.setRoom(1);
  }
  await source.done();
  t.same(context.texts, ['one', 'two', 'last']);
  t.equal(context.stream.closed, true);
});

t.test('stdin: stop', async (t) => {
  const context = new CollectContext();
  const input = new PassThrough();
  const source = new StdinSource(stdinSpec.options.parse({}), context, input);
  await source.start();
  input.write('one\ntw');
  await until(() => context.texts.length === 1, 'line');
  await source.stop(AbortSignal.timeout(5000));
  await source.done();
  t.same(
    context.stream.records.map(({ bytes, flags }) => [bytes.toString(), flags]),
    [
      ['one', 0],
      ['tw', PARTIAL],
    ],
  );
});

t.test('positions that settle while the last save is under way are saved, too', async (t) => {
  const here = place(t);
  const at = (offset: number): SavedFile => ({
    path: '/var/log/a.log',
    key: '1:2',
    born: '0',
    hash: '',
    length: 0,
    generation: 0,
    offset,
    seen: Date.now(),
  });
  const failed = (error: unknown): void => {
    t.fail(String(error));
  };
  const positions = await Positions.load(here.folder, failed);
  positions.put(at(1));
  const last = positions.save();
  await delay(0);
  positions.put(at(2));
  await last;
  positions.saveChanges(failed);
  const saved = (): unknown =>
    (JSON.parse(readFileSync(here.path('positions.json'), 'utf8')) as { files: SavedFile[] })
      .files[0]?.offset;
  await until(() => saved() === 2, 'what came meanwhile');
  positions.put(at(3));
  await until(() => saved() === 3, 'what comes later');
});
