import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { packageVersion } from '../../src/cli/package.ts';
import { sluice } from './harness.ts';

const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));

const CONFIG = `sources:
  in: { type: stdin }
pipelines:
  main:
    from: in
    steps:
      - parse: syslog
      - set: { labels.site: north }
      - filter: 'host.name != "noisy"'
      - route: { urgent: 'log.syslog.severity.code < 4', default: rest }
    to:
      console: {}
      rows: { sink: files, routes: [urgent], format: postgres, table: t, columns: { m: message } }
sinks:
  console: {}
  files: { type: file, path: out }
`;

const folder = t.testdir({
  'good.yaml': CONFIG,
  'bad.yaml': CONFIG.replace('parse: syslog', 'parse: sylog').replace(
    '{}\n  files',
    '{ a: 1 }\n  files',
  ),
  'warn.yaml': CONFIG.replace('sinks:', 'sinks:\n  blackhole: {}'),
  'clash.yaml': CONFIG.replace('labels.site', 'message.site'),
  'line.log': '<13>1 2026-02-03T04:05:06Z web1 app 1 - - hello\n<13>next\n',
});
const file = (name: string) => join(folder, name);

t.test('help: every verb has an example, the program its exit codes', async (t) => {
  for (const verb of [[], ['run'], ['validate'], ['explain'], ['parse'], ['list']]) {
    const { code, stdout, stderr } = await sluice([...verb, '--help']);
    t.equal(code, 0);
    t.equal(stderr, '');
    t.match(stdout, /\nExamples?:\n {2}\$ .*sluice /, `sluice ${verb.join(' ')}`);
  }
  const { stdout } = await sluice(['--help']);
  for (const code of [0, 1, 2, 78]) t.match(stdout, new RegExp(`^ {2}${code} +\\w`, 'm'));
});

t.test('wrong usage ends with 2 and says what is right', async (t) => {
  const cases: [string[], RegExp][] = [
    [[], /^Usage: sluice/],
    [['valdate', 'x'], /unknown command 'valdate'\n\(Did you mean validate\?\)/],
    [['validate'], /missing required argument 'config'\n\(sluice validate --help shows how\)/],
    [['run', '--onse'], /unknown option '--onse'\n\(Did you mean --once\?\)/],
    [['list', 'sink'], /Allowed choices are sources, parsers, steps, sinks/],
    [['parse', 'x.log'], /required option '-d, --dataset <name>' not specified/],
    [
      ['parse', '-d', 'nginx.acess', '-'],
      /^sluice: unknown parser 'nginx\.acess' \(did you mean 'nginx\.access'\?\); there are: /,
    ],
    [
      ['explain', '-s', 'web', file('good.yaml')],
      /^sluice: unknown source 'web'; there are: in\n$/,
    ],
    [['explain', file('good.yaml')], /^sluice: there is no line to explain\n$/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await sluice(args);
    t.equal(code, 2, args.join(' '));
    t.equal(stdout, '');
    t.match(stderr, message);
  }
});

t.test('version', async (t) => {
  t.match(await sluice(['--version']), { code: 0, stdout: `sluice ${packageVersion()}\n` });
});

t.test('validate', async (t) => {
  t.same(await sluice(['validate', file('good.yaml')]), {
    code: 0,
    stdout: `${file('good.yaml')} is valid: 1 source, 1 pipeline, 2 sinks\n`,
    stderr: '',
  });
  const warned = await sluice(['validate', file('warn.yaml')]);
  t.equal(warned.code, 0);
  t.match(warned.stdout, /3 sinks; 1 warning\n$/);
  t.match(warned.stderr, /warning: no pipeline writes to sink 'blackhole'/);

  const bad = await sluice(['validate', file('bad.yaml')]);
  t.equal(bad.code, 78);
  t.equal(bad.stdout, '');
  t.match(bad.stderr, /bad\.yaml:7:16: error: 'sylog' is not allowed here/);
  t.match(bad.stderr, /bad\.yaml:15:14: error: unknown key 'a'/);
  t.match(bad.stderr, /bad\.yaml: 2 errors\n$/);

  const clash = await sluice(['validate', file('clash.yaml')]);
  t.equal(clash.code, 78, 'fields that contradict each other');
  t.match(clash.stderr, /clash\.yaml:4:3: error: .*message.* \[SLUICE_CONFIG_INVALID\]/);

  const gone = await sluice(['validate', file('gone.yaml')]);
  t.equal(gone.code, 78);
  t.match(
    gone.stderr,
    /error: cannot read .*gone\.yaml: ENOENT: no such file or directory \[SLUICE_CONFIG_FILE\]/,
  );
});

t.test('validate --json', async (t) => {
  const good = await sluice(['validate', '--json', file('good.yaml')]);
  t.match(JSON.parse(good.stdout), { valid: true, revision: /^[0-9a-f]{32}$/, diagnostics: [] });
  const bad = await sluice(['validate', '--json', file('bad.yaml')]);
  t.equal(bad.code, 78);
  t.equal(bad.stderr, '');
  t.match(JSON.parse(bad.stdout), {
    valid: false,
    diagnostics: [
      {
        severity: 'error',
        code: 'SLUICE_CONFIG_INVALID',
        file: file('bad.yaml'),
        line: 7,
        column: 16,
        message: "'sylog' is not allowed here",
        suggestion: 'syslog',
      },
      { line: 15, column: 14, allowed: ['type'] },
    ],
  });
});

t.test('colours: on a terminal, unless the environment says otherwise', async (t) => {
  const coloured = async (isTTY: boolean, env: Record<string, string> = {}) =>
    (await sluice(['validate', file('bad.yaml')], { isTTY, env })).stderr.includes('\u001b[');
  t.equal(await coloured(false), false);
  t.equal(await coloured(true), true);
  t.equal(await coloured(true, { NO_COLOR: '1' }), false);
  t.equal(await coloured(true, { TERM: 'dumb' }), false);
  t.equal(await coloured(false, { FORCE_COLOR: '1' }), true);
  t.equal(await coloured(true, { FORCE_COLOR: '0' }), false);
});

t.test('list', async (t) => {
  const all = await sluice(['list']);
  t.equal(all.code, 0);
  for (const word of ['sources', 'parsers', 'steps', 'sinks', 'nginx.access', 'elasticsearch']) {
    t.match(all.stdout, new RegExp(`^( {2})?${word}\\b`, 'm'));
  }
  const sinks = await sluice(['list', '--json', 'sinks']);
  const list = JSON.parse(sinks.stdout) as { name: string; options: object }[];
  t.match(
    list.find((sink) => sink.name === 'postgres'),
    { kind: 'sink', options: { properties: { url: { type: 'string' }, files: {} } }, output: {} },
  );
});

t.test('explain: for people', async (t) => {
  const run = (stdin: string, ...more: string[]) =>
    sluice(['explain', file('good.yaml'), ...more], { stdin });
  const { code, stdout } = await run(
    '<11>1 2026-02-03T04:05:06Z web1 app 1 - - a\tb\\c\r\nsecond line\n',
  );
  t.equal(code, 0);
  t.match(stdout, /^source in\n\npipeline main\n {2}1\. parse.*good\.yaml:7:9\n/);
  t.match(stdout, /\n {5}\+ host\.name +text +"web1"\n/);
  t.match(stdout, /\n {5}\+ log\.syslog\.severity\.code +integer +3\n/);
  t.match(stdout, /\n {2}2\. set.*\n {5}\+ labels\.site +text +"north"\n/);
  t.match(stdout, /\n {2}route urgent\n/);
  t.match(
    stdout,
    /\n {2}→ console, layout base, \d+ bytes\n {4}\| \{"@timestamp":"2026-02-03T04:05:06/,
  );
  t.match(stdout, '| a\\tb\\\\c\n', 'the bytes of COPY text as they are');
  t.notMatch(stdout, 'second line');

  const other = await run('<14>1 2026-02-03T04:05:06Z web1 app 1 - - x\n');
  t.match(other.stdout, /\n {2}route rest\n[^]*→ rows to sink files: nothing, /);
  const dropped = await run('<14>1 2026-02-03T04:05:06Z noisy app 1 - - x\n');
  t.match(dropped.stdout, /3\. filter.*\n {5}dropped: no later step or output sees it/);
  const fromFile = await run('', '--input', file('line.log'));
  t.match(fromFile.stdout, /\n {5}\+ message .*"hello"\n/);
  const gone = await run('', '--input', file('gone.log'));
  t.match(gone, { code: 1, stderr: /^sluice: cannot read .*gone\.log: ENOENT/ });
});

t.test('explain --json has the exact bytes', async (t) => {
  const { code, stdout } = await sluice(['explain', '--json', file('good.yaml')], {
    stdin: '<11>1 2026-02-03T04:05:06Z web1 app 1 - - hello',
  });
  t.equal(code, 0);
  const { pipelines } = JSON.parse(stdout) as {
    pipelines: { route: string; outputs: { name: string; bytes: string; text: string }[] }[];
  };
  t.equal(pipelines[0]?.route, 'urgent');
  const [console, rows] = pipelines[0]?.outputs ?? [];
  t.equal(rows?.text, 'hello\n');
  t.equal(Buffer.from(console?.bytes ?? '', 'base64').toString(), console?.text);
  t.match(JSON.parse(console?.text ?? ''), {
    message: 'hello',
    host: { name: 'web1' },
    labels: { site: 'north' },
  });
});

t.test('parse', async (t) => {
  const log = [
    '192.0.2.7 - alice [03/Feb/2026:04:05:06 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl/8"',
    'not an access line',
    '192.0.2.8 - - [03/Feb/2026:04:05:07 +0000] "GET /b HTTP/1.1" 404 3 "-" "curl/8"',
  ];
  writeFileSync(file('access.log'), log.join('\n'));
  const { code, stdout, stderr } = await sluice([
    'parse',
    '-d',
    'nginx.access',
    file('access.log'),
  ]);
  t.equal(code, 1);
  t.match(stderr, new RegExp(`^${file('access.log')}:2: .+\nsluice: 1 line did not parse\n$`));
  const documents = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, object>);
  t.equal(documents.length, 3);
  t.match(documents[0], { source: { ip: '192.0.2.7' }, http: { response: { status_code: 200 } } });
  t.match(documents[2], { source: { ip: '192.0.2.8' }, http: { response: { status_code: 404 } } });

  const piped = await sluice(['parse', '-d', 'nginx.access', '-'], { stdin: log[0] ?? '' });
  t.match(piped, { code: 0, stderr: '', stdout: /"192\.0\.2\.7"/ });
  const gone = await sluice(['parse', '-d', 'syslog', file('gone.log')]);
  t.match(gone, { code: 1, stderr: /^sluice: cannot read .*gone\.log: ENOENT/ });
});

async function spawned(args: readonly string[], stdin = '') {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder });
  const chunks: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.end(stdin);
  const [code] = (await once(child, 'close')) as [number];
  return {
    code,
    stdout: Buffer.concat(chunks).toString(),
    stderr: Buffer.concat(errors).toString(),
  };
}

t.test('the process ends with the verb’s exit code', async (t) => {
  t.match(await spawned(['--version']), { code: 0, stdout: /^sluice \d/ });
  t.match(await spawned(['nonsense']), { code: 2 });
  t.match(await spawned(['run', 'bad.yaml']), { code: 78, stderr: /2 errors\n$/ });
});
