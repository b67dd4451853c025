import fc from 'fast-check';
import t from 'tap';
import { checkExpression } from '../../src/transforms/cel/check.ts';
import {
  cellCondition,
  compileCondition,
  libraryCondition,
} from '../../src/transforms/cel/condition.ts';
import { parseExpression } from '../../src/transforms/cel/expression.ts';
import { ERROR, NO, type Truth, YES } from '../../src/transforms/cel/truth.ts';
import { type CellSpec, CellTable, type RowSpec } from './cells.ts';

const PATHS = ['a', 'b.c', 'b.d', '@timestamp', 'tags', 'type', 'package.name'];
const table = new CellTable(PATHS);
const binding = { literals: table.literals, column: table.column };
const NAMES: Readonly<Record<Truth, string>> = { [NO]: 'no', [YES]: 'yes', [ERROR]: 'error' };

/** The truth of an expression for a row, by both ways. */
function truth(source: string, row: RowSpec): string {
  table.fill([row]);
  const at = table.rows.at(0);
  const compiled = NAMES[compileCondition(source, binding)(table.rows, at)];
  const library = NAMES[libraryCondition(source, binding)(table.rows, at)];
  return compiled === library ? compiled : `${compiled}, but ${library} in the library`;
}

const TEXTS = [
  '',
  'a',
  'ab',
  'b',
  '5',
  'true',
  'null',
  '\ufffd',
  '\u00e9',
  'a"b\\',
  'a\nb',
  '\u{1f600}',
  '\0',
  'a\ufffd',
];
const NUMBERS = [0, 1, -1, 5, 400, 2 ** 53 - 1, -(2 ** 53) + 1];
const DOUBLES = [0.5, -2.5, 5, 1e300, -0];

const text = fc.constantFrom(...TEXTS);
const cell: fc.Arbitrary<CellSpec> = fc.oneof(
  fc
    .constantFrom('', 'a', 'ab', 'b', '5', 'true', '\u00e9', '\u{1f600}')
    .map((clean) => ({ clean })),
  text.map((text) => ({ text })),
  fc
    .constantFrom([0xff], [0x61, 0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80])
    .map((bytes) => ({ text: Uint8Array.from(bytes) })),
  text.map((value) => ({ inside: JSON.stringify(value).slice(1, -1) })),
  text.map((value) => ({
    inside: [...value].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  })),
  fc.constantFrom(...NUMBERS).map((int) => ({ int })),
  fc.constantFrom(...DOUBLES).map((float) => ({ float })),
  fc.boolean().map((bool) => ({ bool })),
  fc.constantFrom(0, 1.7e12).map((time) => ({ time })),
  fc.array(fc.constantFrom('a', 'b', '5'), { maxLength: 3 }).map((list) => ({ list })),
  fc.constantFrom('{"x":1}', '["a",5]', '[]', '123456789012345678901').map((raw) => ({ raw })),
  fc.constant({ null: true } as const),
);
const row = fc.record({ a: cell, 'b.c': cell, '@timestamp': cell }, { requiredKeys: [] });

const field = fc.constantFrom('a', 'b.c', 'b["c"]', 'b.d', 'field("@timestamp")', 'unknown.path');
const textLiteral = text.map((value) => JSON.stringify(value));
const numberLiteral = fc.oneof(
  fc.constantFrom(...NUMBERS).map(String),
  fc.constantFrom('0.5', '-2.5', '5.0', '1e300', '-0.0'),
);
const literal = fc.oneof(textLiteral, numberLiteral, fc.constantFrom('true', 'false', 'null'));
const flip = ([left, op, right, flipped]: [string, string, string, boolean]): string =>
  flipped ? `${right} ${op} ${left}` : `${left} ${op} ${right}`;

const leaf = fc.oneof(
  fc.tuple(field, fc.constantFrom('==', '!='), literal, fc.boolean()).map(flip),
  fc.tuple(field, fc.constantFrom('<', '<=', '>', '>='), numberLiteral, fc.boolean()).map(flip),
  fc
    .tuple(field, fc.array(textLiteral, { minLength: 1, maxLength: 12 }))
    .map(([f, list]) => `${f} in [${list.join(', ')}]`),
  fc
    .tuple(field, fc.constantFrom('startsWith', 'endsWith', 'contains'), textLiteral)
    .map(([f, method, value]) => `${f}.${method}(${value})`),
  field.map((f) => `has(${f})`),
  fc.constantFrom('true', 'false'),
);
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    tie('condition').map((inner) => `!(${inner})`),
    fc
      .tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition'))
      .map(([l, op, r]) => `(${l}) ${op} (${r})`),
  ),
}));

t.test('conditions on the cells give the same truth as the library', (t) => {
  const seen = new Map<Truth, number>();
  fc.assert(
    fc.property(condition, fc.array(row, { minLength: 1, maxLength: 6 }), (source, specs) => {
      const onCells = cellCondition(source, binding);
      if (onCells === undefined) throw new Error('does not run on the cells');
      const inLibrary = libraryCondition(source, binding);
      table.fill(specs);
      for (let k = 0; k < specs.length; k++) {
        const at = table.rows.at(k);
        const found = onCells(table.rows, at);
        seen.set(found, (seen.get(found) ?? 0) + 1);
        if (found !== inLibrary(table.rows, at)) {
          throw new Error(`row ${k}: ${NAMES[found]}, but not in the library`);
        }
      }
    }),
    { numRuns: 3000 },
  );
  for (const value of [NO, YES, ERROR] as const) {
    t.ok((seen.get(value) ?? 0) > 300, `${NAMES[value]} occurs`);
  }
  t.end();
});

t.test('text, numbers and what is absent', (t) => {
  const cases: [string, RowSpec, string][] = [
    ['a == "5"', { a: { text: '5' } }, 'yes'],
    ['a == 5', { a: { text: '5' } }, 'no'],
    ['int(a) == 5', { a: { text: '5' } }, 'yes'],
    ['a == "5"', { a: { int: 5 } }, 'no'],
    ['string(a) == "5"', { a: { int: 5 } }, 'yes'],
    ['a == 5.0', { a: { int: 5 } }, 'yes'],
    ['a == 5', { a: { float: 5 } }, 'yes'],
    ['a == 1', { a: { bool: true } }, 'no'],
    ['a == -1', { a: { int: -1 } }, 'yes'],
    ['a == null', {}, 'yes'],
    ['a == null', { a: { null: true } }, 'yes'],
    ['a != null', { a: { text: '' } }, 'yes'],
    ['a == ""', {}, 'no'],
    ['a != "x"', {}, 'yes'],
    ['has(a)', {}, 'no'],
    ['has(a)', { a: { null: true } }, 'no'],
    ['has(a)', { a: { text: '' } }, 'yes'],
    ['has(b.c)', { 'b.c': { bool: false } }, 'yes'],
    ['has(field("@timestamp"))', { '@timestamp': { time: 0 } }, 'yes'],
    [
      'field("@timestamp") < timestamp("2020-01-01T00:00:00Z")',
      { '@timestamp': { time: 0 } },
      'yes',
    ],
    ['field("@timestamp").getHours() == 1', { '@timestamp': { time: 3_600_000 } }, 'yes'],
    [
      'type == "x" && field("package.name") == "y"',
      { type: { text: 'x' }, 'package.name': { text: 'y' } },
      'yes',
    ],
    ['type(a) == string', { a: { text: 'x' } }, 'yes'],
    ['type(a) == int', { a: { text: 'x' } }, 'no'],
    ['a[0] == 5 && a[1].x == "y"', { a: { raw: '[5,{"x":"y"}]' } }, 'yes'],
    ['a > 123456789012345678000', { a: { raw: '123456789012345678901' } }, 'yes'],
  ];
  for (const [source, spec, expected] of cases) t.equal(truth(source, spec), expected, source);
  t.end();
});

t.test('what fails is an error, unless the rest decides', (t) => {
  const cases: [string, string][] = [
    ['a < 5', 'error'],
    ['!(a < 5)', 'error'],
    ['a.startsWith("x")', 'error'],
    ['a + 1 == 2', 'error'],
    ['a', 'error'],
    ['a < 5 && true', 'error'],
    ['a < 5 && false', 'no'],
    ['false && a < 5', 'no'],
    ['a < 5 || true', 'yes'],
    ['a < 5 || false', 'error'],
    ['has(a) && a < 5', 'no'],
    ['size(a) > 1 || b.c == null', 'yes'],
  ];
  for (const [source, expected] of cases) t.equal(truth(source, {}), expected, source);
  t.end();
});

t.test('macros bind their own names', (t) => {
  const spec: RowSpec = { tags: { list: ['x', 'y'] }, a: { text: 'y' }, type: { text: 'x' } };
  const cases: [string, string][] = [
    ['"x" in tags', 'yes'],
    ['tags.exists(a, a == "x")', 'yes'],
    ['tags.exists(x, x == a)', 'yes'],
    ['tags.all(x, x == a)', 'no'],
    ['tags.exists_one(x, x == type)', 'yes'],
    ['tags.filter(x, x != a).size() == 1', 'yes'],
    ['tags.map(x, x + a) == ["xy", "yy"]', 'yes'],
    ['tags.map(x, x != a, x + "!") == ["x!"]', 'yes'],
    ['tags.exists(_f0, _f0 == a)', 'yes'],
    ['tags.exists(x, tags.exists(y, x != y && y == a))', 'yes'],
    ['cel.bind(x, a, x + x == "yy")', 'yes'],
  ];
  for (const [source, expected] of cases) t.equal(truth(source, spec), expected, source);
  t.same(parseExpression('tags.exists(a, a == b.c) && has(type) && field("@x") == 1').paths, [
    'tags',
    'b.c',
    'type',
    '@x',
  ]);
  t.end();
});

t.test('a wrong expression is named with its place', (t) => {
  const cases: [string, RegExp, number | undefined][] = [
    ['a ==', /Unexpected token: EOF/, 4],
    ['a b', /Unexpected character: 'b'/, 2],
    ['"open', /Unterminated string/, 0],
    ['@timestamp == 1', /Unexpected character: @/, 0],
    ['a == 1 && nothing(b.c)', /nothing/, 10],
    ['event.dataset == "x" && 1 + "y" == 2', /no such overload: int \+ string/, 24],
    ['event.dataset == "a" || [b.c].all(5, true)', /./, 34],
    ['field(a) == 1', /field\(\) takes one text constant/, 0],
    ['a == 1 || b.c.matches("(x+)+y")', /matches\(\) is not available/, 10],
    ['a == 1 || (b).c == 1', /cannot have parentheses/, 11],
    [
      'package.name == "x"',
      /Reserved identifier: package; such a field is written field\("name"\)/,
      0,
    ],
    ['', /EOF/, 0],
  ];
  for (const [source, message, offset] of cases) {
    const [issue, ...more] = checkExpression(source, ['steps', 0]);
    t.match(issue?.message, /^not a valid CEL expression: [^\n]+$/, source);
    t.match(issue?.message, message);
    t.equal(issue?.offset, offset);
    t.same(issue?.path, ['steps', 0]);
    t.same(more, []);
  }
  t.same(checkExpression('has(a) && field("@timestamp") != null', []), []);
  t.end();
});

t.test('expressions have limits', (t) => {
  const tooMuch = {
    nodes: Array.from({ length: 1500 }, (_, k) => `a == ${k}`).join(' || '),
    depth: '('.repeat(100) + 'a' + ')'.repeat(100),
    negations: '!'.repeat(2001) + 'a',
    list: `a in [${'"x",'.repeat(1001)}"x"]`,
    path: `a${'.b'.repeat(100)} == 1`,
  };
  for (const [name, source] of Object.entries(tooMuch)) {
    t.match(checkExpression(source, [])[0]?.message, /Exceeded max/, name);
  }
  const enough = Array.from({ length: 60 }, (_, k) => `a == ${k}`).join(' || ');
  t.equal(truth(enough, { a: { int: 59 } }), 'yes');
  t.equal(truth(`${'!'.repeat(1000)}has(a)`, {}), 'no');
  t.end();
});
