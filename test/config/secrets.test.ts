import fc from 'fast-check';
import t from 'tap';
import { maskLine, maskLines } from '../../src/config/secrets.ts';
import { failureOf, GOOD } from './sample.ts';

const lines = (...text: string[]): string => text.join('\n');
const sink = (...text: string[]): string =>
  failureOf(GOOD.replace('  store: { url: "http://127.0.0.1" }', lines('  store:', ...text)));

t.test('what diagnostics print of secrets', async (t) => {
  t.equal(
    sink('    url: x', '    password: 12345'),
    lines(
      'a.yaml:14:15: error: expected a text, found a number (***); put it in quotes [SLUICE_CONFIG_INVALID]',
      '  14 |     password: ***',
      '     |               ^^^',
    ),
  );
  t.equal(
    sink('    url: x', '    pasword: hunter2'),
    lines(
      "a.yaml:14:5: error: unknown key 'pasword' [SLUICE_CONFIG_INVALID]",
      '  14 |     pasword: ***',
      '     |     ^^^^^^^',
      "     = did you mean 'password'?",
      '     = allowed: type, files, url, password, max_in_flight, compress',
    ),
  );
  t.equal(
    failureOf(GOOD.replace('url: "http', 'password: hunter2, colum: 1, url: "http')),
    lines(
      "a.yaml:12:31: error: unknown key 'colum' [SLUICE_CONFIG_INVALID]",
      '  12 |   store: { password: ***',
      '     |                      ^^^',
      '     = allowed: type, files, url, password, max_in_flight, compress',
    ),
  );
  t.equal(
    sink('    url: [redis://me:hunter2@h]'),
    lines(
      'a.yaml:13:10: error: expected a text, found a list [SLUICE_CONFIG_INVALID]',
      '  13 |     url: [redis://***',
      '     |          ^^^^^^^^^^^^',
    ),
  );
  t.equal(
    sink('    url: x', '    compress: redis://me:hunter2@h'),
    lines(
      "a.yaml:14:15: error: expected true or false, found a text ('redis://***') [SLUICE_CONFIG_INVALID]",
      '  14 |     compress: redis://***',
      '     |               ^^^^^^^^^^^',
    ),
  );
  t.equal(
    failureOf(GOOD.replace('listen: 127.0.0.1:5514', 'listen: "tcp://me:hunter2@h"')),
    lines(
      "a.yaml:2:31: error: 'tcp://***' is not a listen address; write HOST:PORT, [IPV6]:PORT or PORT [SLUICE_CONFIG_INVALID]",
      '  2 |   edge: { type: port, listen: "tcp://***',
      '    |                               ^^^^^^^^^^',
    ),
  );
});

t.test('no diagnostic shows a secret, however it is written or broken', async (t) => {
  for (const text of [
    ['    url: x', '    password:', '      [hunter2]'],
    ['    url: x', '    password:', '    - hunter2'],
    ['    url: x', '    password: !tag hunter2'],
    ['    url: x', '    password: *hunter2'],
    ['    url: x', '    password: "${hunter2 x}"'],
    ['    url: x', '    password: "${P:-hunter2}", x: 1'],
    ['    url: x', '    password: "hunter2'],
    ['    url: x', '    password: ]hunter2'],
    ['    url: x', '    password: hunter1: hunter2'],
    ['    url: x', '    password:hunter2'],
    ['    url: x', '    password hunter2'],
    ['    url: x', '    PassWord = hunter2', '    x: [}'],
    ['    url: x', '    "api-key": ["hunter2"]'],
    ['    url: x', '    compress: ${PASSWORD:-hunter2}'],
    ['    url: &x [hunter2]', '    password: *x'],
    ['    url: me:hunter2@h: 1'],
    ['    url: x', '    uri: me:hunter2@h'],
    ['    password:hunter2'],
  ]) {
    const shown = sink(...text);
    t.match(shown, /error: /, text.join('|'));
    t.notMatch(shown, 'hunter2', text.join('|'));
  }
});

t.test('lines', async (t) => {
  for (const [line, masked] of [
    ['password: "${P}"', 'password: "${P}"'],
    [
      "{ token: '${file:/run/secrets/token}', a: 1 }",
      "{ token: '${file:/run/secrets/token}', a: 1 }",
    ],
    ['url: redis://:${P}@h/0, b: 1', 'url: redis://:${P}@h/0, b: 1'],
    ['url: "${REDIS_URL:-redis://u:p@h}"', 'url: "${REDIS_URL:-redis://***'],
    ['url: "${REDIS_URL:-}"', 'url: "${REDIS_URL:-}"'],
    ['password: "${P}" # hunter2', 'password: ***'],
    ['password: "a${P}"', 'password: ***'],
    ['{ url: "http://h", time: "@timestamp" }', '{ url: "http://h", time: "@timestamp" }'],
    ['auth_tokens: { from: edge }', 'auth_tokens: { from: edge }'],
    ['auth_tokens: { token: x }', 'auth_tokens: { token: ***'],
    ['conn: "host=h password=x"', 'conn: "host=h password=***'],
    ['{"password":"x","a":1}', '{"password":***'],
    ['ca_file: /run/secrets/ca.pem', 'ca_file: /run/secrets/ca.pem'],
    ['columns: { key: id }', 'columns: { key: id }'],
  ] as const)
    t.equal(maskLine(line), masked);
  t.same(
    maskLines([
      'a:',
      '  password: |',
      '    x: y',
      '',
      '    z',
      '  url: h',
      '  "token":',
      '    x',
      '  auth_tokens:',
      '    from: edge',
      '  secret: "x',
      '    y: z"',
      '  b: { password:',
      '      x }',
      '  c: 1',
    ]),
    [
      'a:',
      '  password: ***',
      '    ***',
      '',
      '    ***',
      '  url: h',
      '  "token":',
      '    ***',
      '  auth_tokens:',
      '    from: edge',
      '  secret: ***',
      '    ***',
      '  b: { password:',
      '      ***',
      '  c: 1',
    ],
  );
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      const masked = maskLine(`${before.replaceAll(/\$\{/g, '')} password: SECRET${after}`);
      return !masked.includes('SECRET');
    }),
  );
  const long = `x@${'a'.repeat(100_000)}${' x://'.repeat(2000)}`;
  t.equal(maskLine(long), long, 'in linear time');
});
