import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Parser } from 'tap-parser';
import t, { type Test } from 'tap';
import { cached } from '../../stack/cache.ts';
import { run } from '../../stack/command.ts';
import { dockerAnswers, startContainers } from '../../stack/docker.ts';
import { type Program, startProgram } from '../../stack/program.ts';
import { projectFile } from '../../stack/project.ts';
import { psql, redisCli } from '../../stack/tools.ts';
import { temporaryFolder } from '../../stack/user.ts';

async function folder(t: Test): Promise<string> {
  const path = await temporaryFolder('sluice-test-');
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

const shell = (path: string, script: string, over: Partial<Program> = {}): Program => ({
  name: 'redis',
  url: 'redis://127.0.0.1:1',
  command: '/bin/sh',
  args: ['-c', script],
  cwd: path,
  env: { PATH: '/usr/bin:/bin' },
  user: undefined,
  logFile: join(path, 'log'),
  readyWithin: 20_000,
  ready: () => Promise.reject(new Error('refused')),
  ...over,
});

t.test('a server that does not start is ended, and its log is shown', async (t) => {
  const path = await folder(t);
  const patient = AbortSignal.timeout(60_000);
  await t.rejects(startProgram(shell(path, 'echo bad setting on line 7; exit 3'), patient), {
    message:
      /^redis did not start: it ended with exit code 3\n--- end of .*\/log\nbad setting on line 7$/,
  });
  const silent = shell(path, 'echo $$ > pid; exec sleep 600', { readyWithin: 500 });
  await t.rejects(startProgram(silent, patient), {
    message: /no answer within 500 ms \(Error: refused\)/,
  });
  const pid = Number(await readFile(join(path, 'pid'), 'utf8'));
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  const absent = shell(path, '', { command: '/nonexistent/server' });
  await t.rejects(startProgram(absent, patient), {
    message: /redis did not start: .*nonexistent|ended with exit code 127/,
  });
});

t.test('an interrupted start ends the server', async (t) => {
  const path = await folder(t);
  const interrupted = new AbortController();
  const start = startProgram(shell(path, 'echo $$ > pid; exec sleep 600'), interrupted.signal);
  start.catch(() => undefined);
  while (!(await readdir(path)).includes('pid')) await sleep(20);
  interrupted.abort(new Error('interrupted'));
  await t.rejects(start, /redis did not start: interrupted/);
  const pid = Number(await readFile(join(path, 'pid'), 'utf8'));
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

t.test('the cache', async (t) => {
  const root = await folder(t);
  const before = process.env['SLUICE_STACK_CACHE'];
  process.env['SLUICE_STACK_CACHE'] = root;
  t.teardown(() => {
    if (before === undefined) delete process.env['SLUICE_STACK_CACHE'];
    else process.env['SLUICE_STACK_CACHE'] = before;
  });

  await t.test('builds once, however many ask at the same time', async (t) => {
    let builds = 0;
    const build = async (target: string) => {
      builds++;
      await sleep(50);
      await writeFile(join(target, 'file'), 'whole');
    };
    const found = await Promise.all([
      cached('thing', build),
      cached('thing', build),
      cached('thing', build),
    ]);
    t.equal(builds, 1);
    for (const path of found) t.equal(await readFile(join(path, 'file'), 'utf8'), 'whole');
  });

  await t.test('keeps nothing of a build that failed', async (t) => {
    const fail = async (target: string) => {
      await writeFile(join(target, 'half'), '');
      throw new Error('out of luck');
    };
    await t.rejects(cached('broken', fail), /out of luck/);
    t.strictSame((await readdir(root)).sort(), ['thing']);
  });

  await t.test('takes over from a process that died', async (t) => {
    const dead = (await run('/bin/sh', ['-c', 'echo $$'], { timeout: 5_000 })).trim();
    await writeFile(join(root, 'orphan.lock'), dead);
    await mkdir(join(root, 'orphan.partial'));
    await writeFile(join(root, 'orphan.partial', 'half'), '');
    const path = await cached('orphan', (target) => writeFile(join(target, 'file'), ''));
    t.strictSame(await readdir(path), ['file']);
  });
});

t.test('Docker, held against what it is asked to do', async (t) => {
  const path = await folder(t);
  const record = join(path, 'record');
  await writeFile(join(path, 'docker'), `#!/bin/sh\necho "$REDIS_PORT $*" >> ${record}\n`);
  await chmod(join(path, 'docker'), 0o755);
  const before = process.env['PATH'] ?? '';
  process.env['PATH'] = `${path}:${before}`;
  t.teardown(() => {
    process.env['PATH'] = before;
  });

  t.equal(await dockerAnswers(), true);
  await writeFile(record, '');
  const [redis] = await startContainers('compose.yaml', ['redis'], AbortSignal.timeout(10_000));
  if (redis === undefined) throw new Error('no server');
  await redis.kill('SIGSTOP');
  await redis.kill('SIGKILL');
  await redis.restart();
  await redis.stop();
  const port = new URL(redis.url).port;
  const asked = (await readFile(record, 'utf8')).trim().split('\n');
  t.strictSame(
    asked.map((line) => line.replace(/compose -p \S+ -f compose\.yaml/, 'compose')),
    [
      `${port} compose up -d --wait --wait-timeout 180 redis`,
      `${port} compose kill -s SIGSTOP redis`,
      `${port} compose kill -s SIGKILL redis`,
      `${port} compose wait redis`,
      `${port} compose stop redis`,
      `${port} compose up -d --wait --wait-timeout 180 redis`,
      `${port} compose rm -s -f -v redis`,
    ],
  );

  await writeFile(join(path, 'docker'), '#!/bin/sh\necho cannot connect >&2; exit 1\n');
  t.equal(await dockerAnswers(), false, 'a client without an engine does not count');
});

t.test('the tools for loading files run', async (t) => {
  for (const [tool, says] of [
    [await psql(), /^psql \(PostgreSQL\) \d+/],
    [await redisCli(), /^redis-cli \d+\./],
  ] as const) {
    t.match(await run(tool.command, ['--version'], { timeout: 10_000, env: tool.env }), says);
  }
});

t.test('the closing line counts each assertion once, and every way to fail', async (t) => {
  const { Tally } = (await import(projectFile('scripts', 'tally.mjs'))) as {
    Tally: new (
      print: (line: string) => void,
    ) => {
      passed: number;
      failed: number;
      watch(parser: Parser, path: string[]): void;
    };
  };
  const printed: string[] = [];
  const tally = new Tally((line) => printed.push(line));
  const parser = new Parser();
  tally.watch(parser, []);
  parser.end(`TAP version 14
# Subtest: good.js
    # Subtest: inner
        ok 1 - one
        ok 2 - two
        1..2
    ok 1 - inner
    1..1
ok 1 - good.js
# Subtest: bad.js
    ok 1 - three
    not ok 2 - four
      ---
      diff: "-2 +1"
      ...
    not ok 3 - threw
      ---
      client: &a
        self: *a
        close: !function |-
          ""
          () => {}
      text: |
        two
        lines
      ...
    1..3
not ok 2 - bad.js
# Subtest: dead.js
    ok 1 - five
    1..1
not ok 3 - dead.js
  ---
  exitCode: 3
  ...
ok 4 - later # SKIP no
1..4
`);
  t.equal(tally.passed, 4);
  t.equal(tally.failed, 3);
  const [four, threw, dead] = printed;
  t.equal(four, 'FAILED bad.js > four\n    diff: -2 +1\n');
  t.match(threw, /^FAILED bad\.js > threw\n {4}client: .*Circular/s);
  t.match(threw, '\n    text:\n      two\n      lines\n');
  t.equal(dead, 'FAILED dead.js\n    exitCode: 3\n');
});
