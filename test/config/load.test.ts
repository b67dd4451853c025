import t from 'tap';
import { failureOf, GOOD, load, warningsOf } from './sample.ts';

const lines = (...text: string[]): string => text.join('\n');

t.test('a valid configuration becomes plain data with all defaults', async (t) => {
  const { config, warnings } = load(GOOD);
  t.same(warnings, []);
  const { revision, ...rest } = config;
  t.match(revision, /^[0-9a-f]{32}$/);
  t.same(structuredClone(rest), {
    file: 'a.yaml',
    node: {
      id: 'sluice',
      data_dir: 'data',
      memory_budget: 67108864,
      workers: 'auto',
      core: 'wasm',
    },
    admin: { listen: { host: '127.0.0.1', port: 9514 } },
    log: { level: 'info', format: 'auto' },
    sources: [
      {
        name: 'edge',
        type: 'port',
        ack: 'received',
        options: {
          listen: { host: '127.0.0.1', port: 5514 },
          mode: 'auto',
          linger: 50,
          max_event: 65536,
        },
        at: { line: 2, column: 3 },
      },
    ],
    pipelines: [
      {
        name: 'main',
        from: ['edge'],
        steps: [
          {
            step: 'parse',
            options: { parsers: [{ name: 'plain', options: { zone: 'UTC' } }] },
            at: { line: 7, column: 9 },
          },
          { step: 'filter', options: 'a == 1', at: { line: 8, column: 9 } },
        ],
        to: [
          {
            name: 'store',
            sink: 'store',
            required: true,
            options: { table: 'events', columns: ['id'] },
            at: { line: 10, column: 7 },
          },
        ],
        at: { line: 4, column: 3 },
      },
    ],
    sinks: [
      {
        name: 'store',
        type: 'store',
        options: { url: 'http://127.0.0.1', max_in_flight: 2, compress: false },
        at: { line: 12, column: 3 },
      },
    ],
  });
});

t.test('the revision follows what decides about bytes, and nothing else', async (t) => {
  const revisionOf = (text: string) => load(text).config.revision;
  const base = revisionOf(GOOD);
  t.equal(revisionOf(`# moved down\n${GOOD}`), base);
  t.equal(revisionOf(GOOD.replace('127.0.0.1"', '127.0.0.2"')), base);
  t.not(revisionOf(GOOD.replace("'a == 1'", "'a == 2'")), base);
});

t.test('broken YAML', async (t) => {
  const cases: [string, string, string][] = [
    [
      'a bracket left open',
      'sources: [a, b\npipelines: {}\n',
      lines(
        'a.yaml:2:1: error: wrong indentation, or a bracket that is not closed [SLUICE_CONFIG_SYNTAX]',
        '  2 | pipelines: {}',
        '    | ^',
      ),
    ],
    [
      'tabs',
      'sources:\n\tedge: 1\n',
      lines(
        'a.yaml:2:1: error: indentation must be spaces, not tabs [SLUICE_CONFIG_SYNTAX]',
        '  2 |  edge: 1',
        '    | ^',
      ),
    ],
    [
      'keys that stand twice',
      'a: 1\nb: 2\na: 3\nb: 4\n',
      lines(
        'a.yaml:3:1: error: this key stands here twice [SLUICE_CONFIG_SYNTAX]',
        '  3 | a: 3',
        '    | ^',
        'a.yaml:4:1: error: this key stands here twice [SLUICE_CONFIG_SYNTAX]',
        '  4 | b: 4',
        '    | ^',
      ),
    ],
    [
      'text with a colon',
      'b: x: y\n',
      lines(
        "a.yaml:1:4: error: a second ': ' in one line; put the text in quotes [SLUICE_CONFIG_SYNTAX]",
        '  1 | b: x: y',
        '    |    ^',
      ),
    ],
    [
      'a reference without quotes in braces',
      'sinks: { store: { url: ${URL} } }\n',
      lines(
        'a.yaml:1:25: error: inside [ ] and { } a ${…} must stand in quotes [SLUICE_CONFIG_SYNTAX]',
        '  1 | sinks: { store: { url: ${URL} } }',
        '    |                         ^',
      ),
    ],
    [
      'an alias without an anchor',
      'sources: *none\n',
      lines(
        "a.yaml:1:10: error: no anchor '&none' stands before this [SLUICE_CONFIG_SYNTAX]",
        '  1 | sources: *none',
        '    |          ^^^^^',
      ),
    ],
  ];
  for (const [name, text, expected] of cases) {
    t.equal(failureOf(text), expected, name);
  }
  t.match(failureOf(''), /^a\.yaml:1:1: error: the configuration is empty; expected a map/);
  t.match(failureOf('- a\n'), /expected a map \(key: value\), found a list/);
});

t.test('anchors and merged maps work, and errors point at the text that was merged', async (t) => {
  const text = GOOD.replace(
    'edge: {',
    'other: &port { type: port, listen: 127.0.0.1:0 }\n  edge: { <<: *port,',
  ).replace('listen: 127.0.0.1:5514 }', 'mode: lines }');
  const { config } = load(text);
  t.match(config.sources[1], {
    name: 'edge',
    options: { listen: { host: '127.0.0.1', port: 0 }, mode: 'lines' },
  });
  t.match(
    failureOf(text.replace('127.0.0.1:0', '127.0.0.1:99999')),
    /a\.yaml:2:38: error: port 99999/,
  );
  const bomb = `a: &a [${'x,'.repeat(9)}x]\n${'bcdefg'
    .split('')
    .map((name, k) => `${name}: &${name} [${`*${'abcdef'[k]},`.repeat(9)}*${'abcdef'[k]}]`)
    .join('\n')}\n`;
  t.match(failureOf(bomb), /too many or too deeply nested values/);
});

t.test('unknown keys come with their likely spelling', async (t) => {
  t.equal(
    failureOf(GOOD.replace('listen:', 'lissten:')),
    lines(
      "a.yaml:2:23: error: unknown key 'lissten' [SLUICE_CONFIG_INVALID]",
      '  2 |   edge: { type: port, lissten: 127.0.0.1:5514 }',
      '    |                       ^^^^^^^',
      "    = did you mean 'listen'?",
      '    = allowed: type, ack, listen, udp, mode, linger, max_event',
    ),
  );
  t.equal(
    failureOf(GOOD.replace('    from:', '    form:')),
    lines(
      "a.yaml:4:3: error: 'from' is missing; expected a text or a list [SLUICE_CONFIG_INVALID]",
      '  4 |   main:',
      '    |   ^^^^',
      "a.yaml:5:5: error: unknown key 'form' [SLUICE_CONFIG_INVALID]",
      '  5 |     form: edge',
      '    |     ^^^^',
      "    = did you mean 'from'?",
      '    = allowed: from, steps, to',
    ),
  );
  const formatted = GOOD.replace(
    'store: { table: events }',
    'printer: { format: rows, colums: [] }',
  ).replace('sinks:', 'sinks:\n  printer:');
  t.match(
    failureOf(formatted),
    /unknown key 'colums' .*\n.*\n.*\n.*did you mean 'columns'\?\n.*allowed: sink, routes, required, format, columns$/,
    'of several alternatives the one that the format chooses speaks',
  );
});

t.test('wrong types and values', async (t) => {
  const first = (text: string) => failureOf(text).split('\n')[0];
  const edge = (options: string) =>
    GOOD.replace('listen: 127.0.0.1:5514', options).replace('type: port', 'type: port');
  t.equal(
    first(edge('mode: [auto]')),
    'a.yaml:2:29: error: a list is not allowed here [SLUICE_CONFIG_INVALID]',
  );
  t.equal(
    failureOf(edge('mode: atuo')),
    lines(
      "a.yaml:2:29: error: 'atuo' is not allowed here [SLUICE_CONFIG_INVALID]",
      '  2 |   edge: { type: port, mode: atuo }',
      '    |                             ^^^^',
      "    = did you mean 'auto'?",
      '    = allowed: auto, lines',
    ),
  );
  t.equal(
    first(edge('linger: 5')),
    "a.yaml:2:31: error: '5' has no unit; write it like 5s or 5ms [SLUICE_CONFIG_INVALID]",
  );
  t.equal(
    first(edge('linger: 1h')),
    'a.yaml:2:31: error: at most 10s is allowed [SLUICE_CONFIG_INVALID]',
  );
  t.equal(
    first(edge('max_event: 3MiB')),
    'a.yaml:2:34: error: at most 1MiB is allowed [SLUICE_CONFIG_INVALID]',
  );
  t.equal(
    first(edge('listen: { port: 1 }')),
    'a.yaml:2:31: error: expected a text or a number, found a map [SLUICE_CONFIG_INVALID]',
  );
  t.equal(
    first(GOOD.replace('table: events', 'table: 12')),
    "a.yaml:10:23: error: expected a text, found a number ('12'); put it in quotes [SLUICE_CONFIG_INVALID]",
  );
  t.equal(
    first(GOOD.replace('table: events', 'table: a, columns: []')),
    'a.yaml:10:35: error: at least 1 item is needed [SLUICE_CONFIG_INVALID]',
  );
  t.equal(
    first(GOOD.replace('1" }', '1", max_in_flight: 9 }')),
    'a.yaml:12:52: error: at most 8 is allowed [SLUICE_CONFIG_INVALID]',
  );
  t.equal(
    failureOf(`node: { workers: many }\n${GOOD}`),
    lines(
      "a.yaml:1:18: error: 'many' is not allowed here [SLUICE_CONFIG_INVALID]",
      '  1 | node: { workers: many }',
      '    |                  ^^^^',
      '    = allowed: auto, a number',
    ),
  );
  t.match(
    first(GOOD.replace('  edge:', '  "ed ge":')),
    /a\.yaml:2:3: error: 'ed ge' is not a valid key/,
  );
});

t.test('components and the names between them', async (t) => {
  t.equal(
    failureOf(
      GOOD.replace('type: port', 'type: prot').replace('from: edge', 'from: [edge, egde, edge]'),
    ),
    lines(
      "a.yaml:2:17: error: 'prot' is no type of source [SLUICE_CONFIG_INVALID]",
      '  2 |   edge: { type: prot, listen: 127.0.0.1:5514 }',
      '    |                 ^^^^',
      "    = did you mean 'port'?",
      '    = allowed: port',
      "a.yaml:5:18: error: unknown source 'egde' [SLUICE_CONFIG_INVALID]",
      '  5 |     from: [edge, egde, edge]',
      '    |                  ^^^^',
      "    = did you mean 'edge'?",
      '    = allowed: edge',
      "a.yaml:5:24: error: source 'edge' stands here twice [SLUICE_CONFIG_INVALID]",
      '  5 |     from: [edge, egde, edge]',
      '    |                        ^^^^',
    ),
  );
  t.equal(
    failureOf(GOOD.replace('      store: {', '      rows: { sink: stroe,')),
    lines(
      "a.yaml:10:21: error: unknown sink 'stroe' [SLUICE_CONFIG_INVALID]",
      '  10 |       rows: { sink: stroe, table: events }',
      '     |                     ^^^^^',
      "     = did you mean 'store'?",
      '     = allowed: store',
    ),
  );
  t.match(
    failureOf(GOOD.replace('      store: {', '      rows: {')),
    /^a\.yaml:10:7: error: unknown sink 'rows'/,
    "an output's name is its sink's where none is given",
  );
  t.match(
    failureOf(GOOD.replace('  store: { url', '  elsewhere: { url')),
    /^a\.yaml:10:7: error: unknown sink 'store'[^]*a\.yaml:12:3: error: 'elsewhere' is no type of sink, so 'type' is needed/,
  );
  t.match(
    failureOf(GOOD.replace('from: edge', 'from: []')),
    /^a\.yaml:5:5: error: a pipeline needs a source/,
  );
  t.match(
    failureOf(GOOD.replace('store: { table: events }', '{}')),
    /^a\.yaml:9:5: error: pipeline 'main' has no outputs/,
  );
  t.match(
    failureOf('sources: {}\npipelines: {}\nsinks: {}\n'),
    /^a\.yaml:1:1: error: no source is defined[^]*no pipeline is[^]*no sink is/,
  );
  const many = Array.from({ length: 33 }, (_, k) => `      o${k}: { sink: store, table: t${k} }`);
  t.match(
    failureOf(GOOD.replace('      store: { table: events }', many.join('\n'))),
    /error: a pipeline has at most 32 outputs/,
  );
});

t.test('steps and expressions', async (t) => {
  const step = (text: string) => failureOf(GOOD.replace("filter: 'a == 1'", text));
  t.equal(
    step("filter: 'a ? 1'"),
    lines(
      "a.yaml:8:20: error: unexpected '?' [SLUICE_CONFIG_INVALID]",
      "  8 |       - filter: 'a ? 1'",
      '    |                    ^',
    ),
    'the caret stands at the character that the check names',
  );
  t.equal(
    step('fliter: x'),
    lines(
      "a.yaml:8:9: error: unknown step 'fliter' [SLUICE_CONFIG_INVALID]",
      '  8 |       - fliter: x',
      '    |         ^^^^^^',
      "    = did you mean 'filter'?",
      '    = allowed: parse, filter, route',
    ),
  );
  t.match(
    step('filter: x\n        route: {}'),
    /a\.yaml:8:9: error: a step is one key with its options, here 2 keys/,
  );
  t.match(step('parse: plian'), /'plian' is not allowed here[^]*did you mean 'plain'/);
  t.match(step('parse: pattern'), /'pattern' needs options: \{ pattern: \{ … \} \}/);
  t.match(
    step('parse: [plain, { patern: { like: x } }]'),
    /unknown key 'patern'[^]*did you mean 'pattern'/,
  );
  t.match(step('parse: { plain: {}, pattern: { like: x } }'), /write several as a list/);
  t.match(
    step('parse: [plain, { pattern: { like: 1 } }]'),
    /8:43: error: expected a text, found a number/,
  );
  t.match(step('parse: [{ plain: { zone: nowhere } }]'), /8:34: error: no such zone/);
  t.match(step('parse:'), /a\.yaml:8:9: error: 'parse' is missing/);
  t.same(
    load(GOOD.replace("filter: 'a == 1'", 'parse: [plain, { pattern: { like: x } }]')).config
      .pipelines[0]?.steps[1]?.options,
    {
      parsers: [
        { name: 'plain', options: { zone: 'UTC' } },
        { name: 'pattern', options: { like: 'x' } },
      ],
    },
  );
  t.match(
    failureOf(GOOD.replace('table: events', 'table: events, key: nr')),
    /10:36: error: 'nr' is not among the columns[^]*allowed: id/,
  );
});

t.test('routes', async (t) => {
  const routed = GOOD.replace("filter: 'a == 1'", 'route: { auth: x, rest: y }');
  t.match(
    failureOf(routed.replace('table: events', 'table: events, routes: [auht]')),
    /10:40: error: no step of this pipeline gives the route 'auht' [^]*did you mean 'auth'\?\n.*allowed: auth, rest/,
  );
  t.match(
    failureOf(GOOD.replace('table: events', 'table: events, routes: [auth], colums: []')),
    /gives the route 'auth'; the pipeline has no route step[^]*unknown key 'colums'/,
    'an output with another error is checked too',
  );
  t.equal(
    warningsOf(routed.replace('table: events', 'table: events, routes: [auth]')),
    lines(
      "a.yaml:8:27: warning: events on route 'rest' reach no output [SLUICE_CONFIG_INVALID]",
      '  8 |       - route: { auth: x, rest: y }',
      '    |                           ^^^^',
    ),
  );
});

t.test('variables and secrets', async (t) => {
  const url = (text: string) => GOOD.replace('"http://127.0.0.1"', () => text);
  const urlOf = (text: string, env: Record<string, string> = {}) =>
    load(url(text), env).config.sinks[0]?.options['url'];
  t.equal(urlOf('"http://${HOST}:${PORT:-80}/$${x}"', { HOST: 'h' }), 'http://h:80/${x}');
  t.equal(urlOf('"${HOST:-none}"', { HOST: '' }), 'none');
  t.equal(urlOf('"x${file:/run/secrets/ok}"'), 'xhunter2');
  t.equal(urlOf('"${file:/run/secrets/gone:-y}"'), 'y');
  t.equal(
    urlOf('"${EVIL}"', { EVIL: 'a\n  b: [c, "d' }),
    'a\n  b: [c, "d',
    'a value never becomes structure',
  );
  t.equal(
    failureOf(url('"http://${HOST}:${PORT}"')),
    lines(
      'a.yaml:12:25: error: the environment variable HOST is not set; set it, or give a default: ${HOST:-default} [SLUICE_CONFIG_ENV]',
      '  12 |   store: { url: "http://${HOST}:${PORT}" }',
      '     |                         ^^^^^^^',
      'a.yaml:12:33: error: the environment variable PORT is not set; set it, or give a default: ${PORT:-default} [SLUICE_CONFIG_ENV]',
      '  12 |   store: { url: "http://${HOST}:${PORT}" }',
      '     |                                 ^^^^^^^',
    ),
  );
  t.match(
    failureOf(url('"${file:/run/secrets/gone}"')),
    /12:18: error: cannot read the secret file '\/run\/secrets\/gone': no such file \[SLUICE_CONFIG_SECRET\]/,
  );
  t.match(
    failureOf(url('"${file:/locked:-x}"')),
    /cannot read the secret file '\/locked': permission denied/,
    'a default stands in for an absent file only',
  );
  t.notMatch(
    failureOf(url('"${HOST}"')),
    /neither a server nor/,
    'what hangs on a value that is not known is not judged',
  );
  t.notMatch(
    failureOf(GOOD.replace('table: events', () => 'table: e, columns: ["${HOST}"], key: id')),
    /is not among the columns/,
    'nor what a component says about it',
  );
  t.match(failureOf(url('"${HOST"')), /'\$\{' without its '\}'/);
  t.match(failureOf(url('"${a b}"')), /'\$\{a b\}' is not a reference/);
});

t.test('a variable is read as what the schema wants', async (t) => {
  const options = (more: string, env: Record<string, string> = {}) =>
    load(GOOD.replace('1" }', `1", ${more} }`), env).config.sinks[0]?.options;
  t.match(options('max_in_flight: "${N}"', { N: '4' }), { max_in_flight: 4 });
  t.match(options('compress: "${C:-true}"'), { compress: true });
  t.match(
    options('password: "${P}"', { P: '12345' }),
    { password: '12345' },
    'a text stays a text',
  );
  t.notOk('password' in (options('password: "${P:-}"') ?? {}), 'empty counts as not written');
  t.match(
    load(GOOD.replace('"http://127.0.0.1" }', '"${URL:-}", files: out }')).config.sinks,
    [{ files: 'out', options: { url: '' } }],
    'and as the empty text where something must be written',
  );
  t.equal(load(`node: { workers: "\${W}" }\n${GOOD}`, { W: '3' }).config.node.workers, 3);
  const failure = failureOf(GOOD.replace('1" }', '1", max_in_flight: "${N}" }'), { N: 's3cret' });
  t.match(
    failure,
    /expected a number, found a text \('\$\{N\}'\)/,
    'a message shows the reference',
  );
  t.notMatch(failure, /s3cret/);
});

t.test('servers and files', async (t) => {
  t.match(
    failureOf(GOOD.replace('"http://127.0.0.1"', '""')),
    /12:3: error: sink 'store' has neither a server nor 'files'/,
  );
  const both = load(GOOD.replace('1" }', '1", files: out }')).config.sinks[0];
  t.notOk('files' in (both ?? {}), 'files has no effect while there is a server');
});

t.test('ports', async (t) => {
  const two = (second: string) =>
    GOOD.replace('sources:', `sources:\n  two: { type: port, ${second} }`);
  t.match(
    failureOf(two('listen: 5514')),
    /3:31: error: tcp 127\.0\.0\.1:5514 is already taken by source 'two'/,
  );
  t.match(failureOf(two('listen: 9514')), /tcp 0\.0\.0\.0:9514 is already taken by the admin port/);
  t.match(
    failureOf(
      two('listen: 6514, udp: "[::]:5514"').replace('listen: 127', 'udp: 5514, listen: 127'),
    ),
    /udp 0\.0\.0\.0:5514 is already taken by source 'two'/,
  );
  for (const fine of ['listen: 127.0.0.2:5514', 'listen: 0', 'listen: 5515, udp: 5514']) {
    t.match(warningsOf(two(fine)), /no pipeline reads source 'two'/, fine);
  }
});

t.test('two outputs never write one event to one place', async (t) => {
  const second = (from: string, table: string, routes = '') =>
    `${GOOD.replace('  edge:', '  web: { type: port, listen: 1 }\n  edge:')}`.replace(
      'sinks:',
      `  other:\n    from: [${from}]\n    to: { store: { table: "${table}"${routes} } }\nsinks:`,
    );
  t.match(
    failureOf(second('web, edge', 'events')),
    /14:11: error: may write an event that 'pipelines\.main\.to\.store' also writes, to the same place in sink 'store'/,
  );
  t.match(failureOf(second('edge', '{a.b}')), /also writes/, 'a template may become that name');
  t.equal(failureOf(second('edge', 'events-{date}')), 'valid');
  t.equal(failureOf(second('web', 'events')), 'valid');
  const within = (routes: string) =>
    GOOD.replace("filter: 'a == 1'", 'route: { a: x, b: y }').replace(
      'store: { table: events }',
      `store: { table: events, routes: [a] }\n      again: { sink: store, table: events, routes: ${routes} }`,
    );
  t.match(failureOf(within('[b, a]')), /also writes/);
  t.equal(failureOf(within('[b]')), 'valid', 'an event takes one route');
});

t.test('what nothing refers to is a warning', async (t) => {
  const text = GOOD.replace('sources:', 'sources:\n  idle: { type: port, listen: 1 }')
    .replace('sinks:', 'sinks:\n  printer:')
    .replace('5514 }', '5514, ack: delivered }')
    .replace('table: events', 'table: events, required: false');
  t.equal(
    warningsOf(text)
      .split('\n')
      .filter((line) => line.startsWith('a.yaml'))
      .join('\n'),
    lines(
      "a.yaml:2:3: warning: no pipeline reads source 'idle' [SLUICE_CONFIG_INVALID]",
      "a.yaml:3:47: warning: source 'edge' has no required output: 'delivered' means no more than 'received' [SLUICE_CONFIG_INVALID]",
      "a.yaml:13:3: warning: no pipeline writes to sink 'printer' [SLUICE_CONFIG_INVALID]",
    ),
  );
});

t.test('all errors at once, in the order of the file', async (t) => {
  const text = `log: { level: loud }
sources:
  edge: { type: port, lisen: 1, mode: x }
  web: { type: porty }
pipelines:
  main:
    from: [edge, nobody]
    steps:
      - fliter: x
      - filter: 5
      - parse: plian
    to:
      store: { table: "\${TABLE}", colums: [a] }
      gone: {}
sinks:
  store: { url: "\${file:/nothing}", max_in_flight: 0 }
`;
  const places = failureOf(text)
    .split('\n')
    .flatMap(
      (line) =>
        /^a\.yaml:(\d+:\d+): error: (.*?)(?:;| \[|, found)/.exec(line)?.slice(1, 3).join(' ') ?? [],
    );
  t.same(places, [
    "1:15 'loud' is not allowed here",
    "3:23 unknown key 'lisen'",
    "3:39 'x' is not allowed here",
    "4:16 'porty' is no type of source",
    "7:18 unknown source 'nobody'",
    "9:9 unknown step 'fliter'",
    '10:17 expected a text',
    "11:16 'plian' is not allowed here",
    '13:24 the environment variable TABLE is not set',
    "13:35 unknown key 'colums'",
    "14:7 unknown sink 'gone'",
    "16:18 cannot read the secret file '/nothing': no such file",
    '16:52 at least 1 is needed',
  ]);
});

t.test(
  'long lines are cut around the place, and nothing in them reaches the terminal',
  async (t) => {
    const text = GOOD.replace('table: events', `table: "${'x'.repeat(200)}\u001b[31m", colum: 1`);
    const [, excerpt = '', carets = ''] = failureOf(text).split('\n');
    t.ok(excerpt.length < 140);
    t.notMatch(excerpt, '\u001b');
    t.equal(excerpt.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1), 'colum');
  },
);
