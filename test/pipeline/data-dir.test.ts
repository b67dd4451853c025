import { spawn } from 'node:child_process';
import { once, setMaxListeners } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { lockDataDir } from '../../src/pipeline/data-dir-lock.ts';
import { type DeadLetter, DeadLetters } from '../../src/pipeline/dead-letters.ts';
import { makeDataDir, readIncarnation } from '../../src/pipeline/incarnation.ts';
import { until } from './harness.ts';

const log = pino({ level: 'silent' });
const never = new AbortController().signal;

function folder(test: { teardown(remove: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-data-'));
  test.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

t.test('an incarnation is made once and stays; a damaged one is not replaced', async (test) => {
  const [one, two] = [folder(test), folder(test)];
  const first = await readIncarnation(one);
  test.equal(first.length, 16);
  test.same(await readIncarnation(one), first);
  test.notSame(await readIncarnation(two), first);
  test.match(readFileSync(join(one, 'incarnation'), 'utf8'), /^[0-9a-f]{32}\n$/);
  test.same(readdirSync(one), ['incarnation']);
  writeFileSync(join(one, 'incarnation'), 'half a li');
  await test.rejects(readIncarnation(one), { code: 'SLUICE_DATA_DIR', message: /damaged/ });
  await test.rejects(readIncarnation(join(one, 'nowhere')), { code: 'SLUICE_DATA_DIR' });
  writeFileSync(join(one, 'file'), '');
  await test.rejects(makeDataDir(join(one, 'file', 'below')), { code: 'SLUICE_DATA_DIR' });
});

t.test('a data folder has one owner, also at a depth that no socket path reaches', async (test) => {
  const deep = join(folder(test), 'd'.repeat(100), 'e'.repeat(100));
  mkdirSync(deep, { recursive: true });
  const lock = await lockDataDir(deep);
  await test.rejects(lockDataDir(deep), { code: 'SLUICE_DATA_DIR_LOCKED' });
  await lock.release();
  const again = await lockDataDir(deep);
  await again.release();
  test.same(readdirSync(deep), []);
});

t.test('the lock of a process that was killed is taken over', async (test) => {
  const path = folder(test);
  const module = new URL('../../src/pipeline/data-dir-lock.js', import.meta.url).href;
  const script = `const { lockDataDir } = await import(${JSON.stringify(module)});
    await lockDataDir(${JSON.stringify(path)}); process.stdout.write('locked'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  await once(child.stdout, 'data');
  await test.rejects(lockDataDir(path), { code: 'SLUICE_DATA_DIR_LOCKED' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  test.same(readdirSync(path), ['lock']);
  const lock = await lockDataDir(path);
  await lock.release();
});

function letter(text: string): DeadLetter {
  return {
    code: 'SLUICE_INTERNAL',
    message: 'm',
    stage: 'sink',
    pipeline: 'p',
    source: 's',
    stream: 't',
    batch: 1,
    ordinal: 0,
    receivedAt: 0,
    attempts: 1,
    revision: 'r',
    raw: Buffer.from(text),
  };
}

t.test(
  'dead letters: many at once share a file, a full file is followed by another',
  async (test) => {
    const path = join(folder(test), 'dead-letters');
    const letters = new DeadLetters({ folder: path, log, rotateBytes: 1000 });
    // As the daemon does: each write listens to it.
    setMaxListeners(0, never);
    const texts = Array.from({ length: 40 }, (_, k) => `letter ${k}`);
    await Promise.all(texts.slice(0, 20).map((text) => letters.write([letter(text)], never)));
    for (const text of texts.slice(20)) await letters.write([letter(text)], never);
    await letters.close();
    const names = readdirSync(path).sort();
    test.ok(names.length > 2);
    const lines = names.flatMap((name) =>
      readFileSync(join(path, name), 'utf8').trim().split('\n'),
    );
    test.same(
      lines.map((line) => (JSON.parse(line) as { raw: string }).raw),
      texts,
    );
    test.equal(letters.written, 40);
  },
);

t.test('dead letters that cannot be written wait, and say why', async (test) => {
  const base = folder(test);
  const path = join(base, 'dead-letters');
  writeFileSync(path, 'in the way');
  const letters = new DeadLetters({ folder: path, log, recheckMs: 5 });
  const written = letters.write([letter('a')], never);
  await until(() => letters.trouble !== undefined);
  test.match(letters.trouble, { code: 'SLUICE_DATA_DIR' });
  const stop = new AbortController();
  const given = letters.write([letter('b')], stop.signal);
  stop.abort(new Error('stopped'));
  await test.rejects(given, { message: 'stopped' });
  rmSync(path);
  await written;
  test.equal(letters.trouble, undefined);
  await letters.close();
  const [name = ''] = readdirSync(path);
  test.ok(statSync(join(path, name)).size > 0);
});
