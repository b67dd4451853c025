import t from 'tap';
import type { z } from 'zod';
import { spec as filterSpec } from '../../src/transforms/filter/spec.ts';
import { spec as routeSpec } from '../../src/transforms/route/spec.ts';
import { spec as setSpec } from '../../src/transforms/set/spec.ts';
import { spec as renameSpec } from '../../src/transforms/rename/spec.ts';
import { spec as removeSpec } from '../../src/transforms/remove/spec.ts';
import { DROPPED } from '../../src/event/row.ts';
import { SideBufferFull } from '../../src/event/rows.ts';
import type { StepPlan } from '../../src/pipeline/plan.ts';
import {
  type Documents as DocumentsType,
  Documents,
  ndjsonOutput,
  parseStep,
  without,
} from '../documents.ts';
import { type CellSpec, CellTable, type RowSpec } from './cells.ts';

const PATHS = ['a', 'b.c', 'b.d', '@timestamp', 'tags', '_route'];
const table = new CellTable(PATHS);

/** The rows behind a step; undefined for those that it dropped. */
function after(step: string, options: unknown, ...specs: RowSpec[]): unknown[] {
  table.fill(specs);
  table.step(step, options).apply(table.rows);
  return specs.map((_, k) =>
    table.rows.hasFlag(table.rows.at(k), DROPPED) ? undefined : table.read(k),
  );
}

const ENVELOPE = ['event.id', 'event.ingested', 'event.kind', '@timestamp'];
const json = (...steps: StepPlan[]): DocumentsType => new Documents([parseStep('json'), ...steps]);

t.test('filter keeps what is true, drops what is false, and tags what it cannot tell', (t) => {
  t.same(after('filter', 'a < 5', { a: { int: 4 } }, { a: { int: 5 } }, { a: { text: 'x' } }, {}), [
    { a: 4 },
    undefined,
    { a: 'x', tags: ['filter_error'] },
    { tags: ['filter_error'] },
  ]);
  const tagged: [CellSpec, unknown][] = [
    [{ list: ['x'] }, ['x', 'filter_error']],
    [{ text: 'x' }, ['x', 'filter_error']],
    [{ list: ['filter_error'] }, ['filter_error']],
    [{ raw: '["x",1]' }, { json: '["x",1,"filter_error"]' }],
    [{ null: true }, ['filter_error']],
  ];
  for (const [tags, expected] of tagged) {
    t.same(after('filter', 'a + 1 == 2', { tags }), [{ tags: expected }]);
  }
  t.end();
});

t.test('steps pass over what a filter dropped', (t) => {
  table.fill([{ a: { int: 1 } }, { a: { int: 2 } }]);
  table.step('filter', 'a == 1').apply(table.rows);
  const steps: [string, unknown][] = [
    ['set', { 'b.c': 'x' }],
    ['rename', { a: 'b.d' }],
    ['remove', ['b.c']],
    ['filter', 'b.d < "x"'],
    ['route', { x: 'true' }],
  ];
  for (const [name, options] of steps) table.step(name, options).apply(table.rows);
  t.same(table.read(0), { 'b.d': 1, tags: ['filter_error'], _route: 'x' });
  t.same(table.read(1), { a: 2 });
  t.end();
});

t.test('set takes constants', (t) => {
  const constants = ['x', '', 'a "quoted" \\ \n \u00e9', 5, -2.5, true, false, [], ['x', 'y"z']];
  for (const value of constants) {
    t.same(after('set', { a: value }, {}, { a: { raw: '{}' } }), [{ a: value }, { a: value }]);
  }
  t.same(
    after('set', { a: 'x', 'b.c': { copy: 'a' }, 'b.d': 'y' }, { a: { int: 1 } }),
    [{ a: 'x', 'b.c': 'x', 'b.d': 'y' }],
    'one after the other',
  );
  t.end();
});

t.test('set copies values with their types', (t) => {
  const cells: [CellSpec, unknown][] = [
    [{ clean: 'x' }, 'x'],
    [{ inside: 'a\\u00e9\\n' }, 'a\u00e9\n'],
    [{ int: 7 }, 7],
    [{ bool: true }, true],
    [{ time: 1000 }, '1970-01-01T00:00:01.000Z'],
    [{ list: ['x', 'y'] }, ['x', 'y']],
    [{ raw: '{"k":[1]}' }, { json: '{"k":[1]}' }],
  ];
  for (const [cell, value] of cells) {
    t.same(after('set', { 'b.c': { copy: 'a' } }, { a: cell }), [{ a: value, 'b.c': value }]);
  }
  t.same(
    after(
      'set',
      { 'b.c': { copy: 'a' } },
      { 'b.c': { int: 1 } },
      { a: { null: true }, 'b.c': { int: 1 } },
    ),
    [{ 'b.c': 1 }, { a: null, 'b.c': 1 }],
    'an absent field is not copied',
  );
  t.end();
});

t.test('set fills templates', (t) => {
  const options = { a: { template: '{{{b.c}}}/{ b.d }!' } };
  const row: RowSpec = { 'b.c': { text: '\u00e9"' }, 'b.d': { float: 2.5 } };
  t.match(after('set', options, row), [{ a: '{\u00e9"}/2.5!' }]);
  t.match(after('set', options, { ...row, 'b.c': { bool: true }, 'b.d': { time: 0 } }), [
    { a: '{true}/1970-01-01T00:00:00.000Z!' },
  ]);
  for (const cell of [{ null: true }, { list: ['x'] }] as const) {
    const [found] = after('set', options, { ...row, 'b.d': cell, a: { int: 1 } });
    t.match(found, { a: 1 }, 'what has no text changes nothing');
  }
  t.same(after('set', options, {}), [{}]);
  t.end();
});

t.test('set takes the value of an expression', (t) => {
  const row: RowSpec = { 'b.c': { int: 2 }, 'b.d': { text: 'x"' }, a: { int: 0 } };
  const cases: [string, unknown][] = [
    ['b.c + 1', 3],
    ['b.c > 1', true],
    ['b.d + "!"', 'x"!'],
    ['2.5', 2.5],
    ['5u', 5],
    ['9007199254740993', { json: '9007199254740993' }],
    ['timestamp("2026-01-02T03:04:05.678Z")', '2026-01-02T03:04:05.678Z'],
    ['duration("90s")', '90s'],
    ['[b.d, "y"]', { json: '["x\\"","y"]' }],
    ['{"k": [9007199254740993, 2], "l": []}', { json: '{"k":[9007199254740993,2],"l":[]}' }],
    ['[timestamp("2026-01-02T03:04:05Z")]', { json: '["2026-01-02T03:04:05.000Z"]' }],
    ['b.c == 2 ? "yes" : "no"', 'yes'],
    ['1.0 / 0.0', 0],
    ['b.c / 0', 0],
    ['b.c + b.d', 0],
  ];
  for (const [cel, value] of cases) {
    t.match(after('set', { a: { cel } }, row), [{ a: value }], cel);
  }
  t.same(after('set', { a: { cel: 'null' } }, { a: { int: 0 } }), [{}], 'null clears');
  t.end();
});

t.test('what set writes reaches the document', (t) => {
  const documents = json({
    step: 'set',
    options: {
      'labels.text': 'a "b"\n',
      'labels.first': { cel: 'payload.items[0].name' },
      'labels.list': ['x', 'y"'],
      'labels.map': { cel: '{"k": k, "s": s}' },
      'labels.copy': { copy: 'k' },
      s: { template: '<{s}>' },
    },
  });
  const document = documents.one(
    '{"s":"\\ud83d\\ude00\\u0007","k":{"z":[1,"\\ud800"]},"payload":{"items":[{"name":"x"}]},"rest":1}',
  );
  t.equal(document['labels.text'], 'a "b"\n');
  t.same(document['labels.list'], ['x', 'y"']);
  t.match(document, {
    'labels.copy.z': [1, '\ufffd'],
    'labels.first': 'x',
    'labels.map.k.z': [1, '\ufffd'],
    'labels.map.s': '\u{1f600}\u0007',
  });
  t.equal(document['s'], '<\u{1f600}\u0007>');
  t.equal(document['rest'], 1);
  t.end();
});

t.test('rename moves values with their types', (t) => {
  t.same(
    after(
      'rename',
      { a: 'b.c' },
      { a: { int: 1 }, 'b.c': { int: 2 } },
      { 'b.c': { int: 2 } },
      { a: { null: true }, 'b.c': { int: 2 } },
    ),
    [{ 'b.c': 1 }, { 'b.c': 2 }, { a: null, 'b.c': 2 }],
  );
  t.same(after('rename', { a: 'a' }, { a: { int: 1 } }), [{ a: 1 }], 'to itself');
  t.same(
    after('rename', { a: 'b.c', 'b.c': 'b.d' }, { a: { list: ['x'] } }),
    [{ 'b.d': ['x'] }],
    'in the order written',
  );
  t.same(
    without(
      json({ step: 'rename', options: { 'app.name': 'service.name', '@timestamp': 'seen' } }).one(
        '{"app":{"name":"pay","v":1},"@timestamp":"2026-03-01T00:00:00.123456Z"}',
      ),
      'event.id',
      'event.ingested',
    ),
    {
      '@timestamp': '2026-03-14T09:26:53.000Z',
      'event.kind': 'event',
      'service.name': 'pay',
      'app.v': 1,
      seen: '2026-03-01T00:00:00.123456Z',
    },
  );
  t.end();
});

t.test('remove takes values, whole objects and what no column names', (t) => {
  t.same(
    after('remove', ['a', 'b'], {
      a: { int: 1 },
      'b.c': { int: 2 },
      'b.d': { text: 'x' },
      tags: { list: ['x'] },
    }),
    [{ tags: ['x'] }],
  );
  const line =
    '{"host":{"name":"h","os":{"v":[1]},"n":1},"gone":{"x":1},"kept":2,"process":{"pid":1,"k":2}}';
  const keep = (...paths: string[]) => {
    const named = { step: 'set', options: { 'host.name': { template: '{host.name}' } } };
    return without(json(named, { step: 'remove', options: paths }).one(line), ...ENVELOPE);
  };
  t.same(keep('host', 'gone'), { kept: 2, 'process.pid': 1, 'process.k': 2 });
  t.same(keep('host.os', 'process.k'), {
    'host.name': 'h',
    'host.n': 1,
    'gone.x': 1,
    kept: 2,
    'process.pid': 1,
  });
  t.same(keep('nothing.there', 'host.name', 'kept', 'gone', 'process'), {
    'host.n': 1,
    'host.os.v': [1],
  });
  t.end();
});

t.test('remove and set reach the columns of a dataset', (t) => {
  const line = '203.0.113.7 - - [12/Mar/2026:22:14:05 +0100] "GET / HTTP/1.1" 200 1 "-" "x"';
  const steps: StepPlan[] = [
    parseStep('nginx.access'),
    { step: 'remove', options: ['source', 'nginx', 'user_agent', 'event.type', 'message'] },
    { step: 'rename', options: { 'http.version': 'network.version' } },
    { step: 'filter', options: 'http.response.status_code < 400 && "web" in event.category' },
  ];
  t.same(without(new Documents(steps).one(line), ...ENVELOPE), {
    'event.dataset': 'nginx.access',
    'event.module': 'nginx',
    'event.category': ['web'],
    'event.outcome': 'success',
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'http.response.body.bytes': 1,
    'network.version': '1.1',
    'url.original': '/',
    'url.path': '/',
    'related.ip': ['203.0.113.7'],
  });
  t.end();
});

t.test('route takes the first condition that is true, else the default', (t) => {
  const outputs = [
    ndjsonOutput('everything'),
    ndjsonOutput('high', ['high']),
    ndjsonOutput('both', ['high', 'low']),
    ndjsonOutput('rest', ['rest']),
  ];
  const lines = ['{"n":9}', '{"n":5}', '{"n":1}', '{"n":"x"}', '{}'];
  const taken = (options: Record<string, string>) =>
    new Documents([parseStep('json'), { step: 'route', options }], outputs)
      .all(lines)
      .map((documents) => documents.map((document) => document['n'] ?? '-'));
  t.same(taken({ high: 'n > 7', low: 'n > 3', default: 'rest' }), [
    [9, 5, 1, 'x', '-'],
    [9],
    [9, 5],
    [1, 'x', '-'],
  ]);
  t.same(taken({ low: 'n > 3', high: 'n > 7' }), [[9, 5, 1, 'x', '-'], [], [9, 5], []], 'in order');
  t.same(taken({ default: 'high' }), [
    [9, 5, 1, 'x', '-'],
    [9, 5, 1, 'x', '-'],
    [9, 5, 1, 'x', '-'],
    [],
  ]);
  t.same(
    new Documents([parseStep('json')], outputs).all(lines).map((documents) => documents.length),
    [5, 0, 0, 0],
    'without a route only outputs that name none',
  );
  t.end();
});

t.test('a value and an object cannot have one path', (t) => {
  const conflicts: StepPlan[] = [
    { step: 'set', options: { host: 'x' } },
    { step: 'set', options: { 'tags.x': 'y' } },
    { step: 'set', options: { a: { copy: 'log.syslog' } } },
    { step: 'rename', options: { host: 'x' } },
    { step: 'filter', options: 'has(process)' },
    { step: 'route', options: { x: 'log == null' } },
  ];
  for (const step of conflicts) {
    t.throws(
      () => new Documents([parseStep('syslog'), step]),
      { message: /is (?:a value|an object with members)/ },
      JSON.stringify(step),
    );
  }
  t.doesNotThrow(
    () => new Documents([parseStep('syslog'), { step: 'remove', options: ['host', 'log'] }]),
  );
  t.end();
});

t.test('options are checked when the configuration is loaded', (t) => {
  const checkSet = (options: z.output<typeof setSpec.options>) => setSpec.check?.(options);
  t.same(checkSet({ a: 'x', b: { template: '{c}' }, c: { cel: 'a + 1' }, d: ['x'] }), []);
  const templates: [string, number, RegExp][] = [
    ['x{a', 1, /not closed/],
    ['x}y', 1, /closes nothing/],
    ['{a}{}', 3, /path of a field/],
    ['{a..b}', 0, /path of a field/],
    ['{a{b}}', 0, /path of a field/],
  ];
  for (const [template, offset, message] of templates) {
    t.match(
      checkSet({ x: { template } }),
      [{ path: ['x', 'template'], offset, message }],
      template,
    );
  }
  t.match(checkSet({ x: { cel: 'a +' } }), [{ path: ['x', 'cel'], offset: 3 }]);
  t.match(filterSpec.check?.('a ='), [{ path: [], offset: 2 }]);
  t.match(routeSpec.check?.({ x: 'a ==', default: 'a ==' }), [{ path: ['x'], offset: 4 }]);
  const refused: [{ safeParse(value: unknown): { success: boolean } }, unknown][] = [
    [setSpec.options, { '': 1 }],
    [setSpec.options, { 'a.': 1 }],
    [setSpec.options, { '.a': 1 }],
    [setSpec.options, { a: { b: 1 } }],
    [setSpec.options, { a: null }],
    [setSpec.options, { a: [1] }],
    [setSpec.options, { a: { copy: 'x..y' } }],
    [renameSpec.options, { a: '' }],
    [removeSpec.options, []],
    [removeSpec.options, ['a..b']],
    [filterSpec.options, ''],
    [filterSpec.options, 'x'.repeat(4097)],
  ];
  for (const [schema, value] of refused) {
    t.notOk(schema.safeParse(value).success, JSON.stringify(value).slice(0, 40));
  }
  t.end();
});

t.test('a step that runs out of room says so', (t) => {
  table.fill([{ a: { text: 'x'.repeat(1000) } }]);
  table.rows.side = table.rows.sideEnd - 100;
  for (const value of [{ template: '{a}' }, { cel: 'a + "y"' }, { cel: '[a]' }]) {
    try {
      table.step('set', { 'b.c': value }).apply(table.rows);
      t.fail('there was no room');
    } catch (error) {
      t.ok(error instanceof SideBufferFull);
    }
  }
  t.end();
});
