import t from 'tap';
import { Documents, parseStep, without } from '../documents.ts';

const step = (options: { field?: string; time_fields?: string[] }) => ({
  step: 'parse',
  options: { parsers: [{ name: 'json', options: { time_fields: ['@timestamp'], ...options } }] },
});
const json = new Documents([step({})]);
const read = (line: string | Uint8Array, documents = json) =>
  without(documents.one(line), 'event.id', 'event.ingested', 'event.reason');

t.test('members with a column and members without come out in one document', (t) => {
  const line =
    '{"@timestamp":"2026-03-07T19:06:53.123456+01:00","message":"a\\tb","host":{"name":"h"},"n":1.50,"x":[1,{"y":null}],"tags":["a"]}';
  t.same(read(line), {
    '@timestamp': '2026-03-07T18:06:53.123456Z',
    'event.kind': 'event',
    message: 'a\tb',
    'host.name': 'h',
    n: 1.5,
    x: [1, { y: null }],
    tags: ['a'],
  });
  t.end();
});

t.test('times', (t) => {
  const documents = new Documents([step({ time_fields: ['@timestamp', 'event.created'] })]);
  const time = (value: string) =>
    read(`{"event":{"created":${value}}}`, documents)['event.created'];
  t.equal(time('"2026-03-07T19:06:53Z"'), '2026-03-07T19:06:53.000Z');
  t.equal(time('"2026-03-07 19:06:53,5"'), '2026-03-07T19:06:53.500Z');
  t.equal(time('1700000000'), '2023-11-14T22:13:20.000Z');
  t.equal(time('1700000000.25'), '2023-11-14T22:13:20.250Z');
  t.equal(time('1700000000250'), '2023-11-14T22:13:20.250Z');
  t.equal(time('1700000000250125'), '2023-11-14T22:13:20.250125Z');
  t.equal(time('null'), null);
  for (const value of [
    '"yesterday"',
    '""',
    'true',
    '-1',
    '[1]',
    '"2026-02-30T00:00:00Z"',
    '1e300',
  ]) {
    const document = read(`{"event":{"created":${value}}}`, documents);
    t.equal(document['event.created'], undefined, `${value} is no time`);
    const shown = document['sluice.conflict.event.created'];
    t.equal(shown, value.startsWith('"') ? JSON.parse(value) : String(shown), 'and moves aside');
    t.match(document, { 'sluice.conflict._count': 1, tags: ['field_conflict'] });
  }
  t.end();
});

t.test('under an envelope the message is read, and replaced by what it says', (t) => {
  const documents = new Documents([parseStep('syslog'), step({})]);
  const header = '<13>1 2026-03-07T19:06:53Z h app 1 - -';
  const { message, ...rest } = read(`${header} {"event":{"action":"login"},"user":"a"}`, documents);
  t.equal(message, undefined);
  t.match(rest, { 'host.name': 'h', 'event.action': 'login', user: 'a' });
  t.match(read(`${header} {"message":"inner","host":{"name":"other"}}`, documents), {
    message: 'inner',
    'host.name': 'other',
  });
  t.match(read(`${header} no JSON`, documents), {
    'event.kind': 'pipeline_error',
    'error.code': 'SLUICE_PARSE_JSON_OBJECT',
    'error.message': 'not an object (byte 0)',
    'host.name': 'h',
    message: 'no JSON',
  });
  t.end();
});

t.test('a field may hold the text, escapes and all', (t) => {
  const documents = new Documents([step({}), step({ field: 'log.text' })]);
  const inner = JSON.stringify('{"user":{"name":"zo\u00eb \\"z\\""},"n":1}');
  const { 'log.text': text, ...rest } = read(`{"log":{"text":${inner},"level":"info"}}`, documents);
  t.equal(text, undefined);
  t.match(rest, { 'user.name': 'zo\u00eb "z"', n: 1, 'log.level': 'info' });
  t.match(read('{"log":{"text":"{\\"a\\":"}}', documents), {
    'error.code': 'SLUICE_PARSE_JSON',
    'error.message': 'ends too early (byte 5)',
    'log.text': '{"a":',
  });
  t.match(read('{"a":1}', documents), {
    'error.code': 'SLUICE_PARSE_JSON',
    'error.message': 'log.text holds no text',
  });
  t.end();
});

t.test('conflicts are counted and tagged', (t) => {
  const document = read('{"event":"e","message":{"a":1},"tags":"t","host":"wec1"}');
  t.match(document, {
    'sluice.conflict.event': 'e',
    'sluice.conflict.message.a': 1,
    'sluice.conflict._count': 2,
    host: 'wec1',
    tags: ['t', 'field_conflict'],
  });
  t.end();
});

t.test('what cannot be read goes on whole, its neighbours arrive', (t) => {
  const cases: readonly (readonly [string | Buffer, string, string])[] = [
    ['{"a":1', 'SLUICE_PARSE_JSON', 'ends too early (byte 6)'],
    ['{"a":1}}', 'SLUICE_PARSE_JSON', 'something behind the object (byte 7)'],
    ['{"a":01}', 'SLUICE_PARSE_JSON', 'invalid number (byte 5)'],
    ['{"a":"\\q"}', 'SLUICE_PARSE_JSON', 'invalid escape (byte 6)'],
    ['{"a":"\t"}', 'SLUICE_PARSE_JSON', 'control character in a string (byte 6)'],
    [Buffer.from('{"a":"\xe9"}', 'latin1'), 'SLUICE_PARSE_JSON', 'invalid UTF-8 (byte 6)'],
    ['[1]', 'SLUICE_PARSE_JSON_OBJECT', 'not an object (byte 0)'],
    ['true', 'SLUICE_PARSE_JSON_OBJECT', 'not an object (byte 0)'],
    [`{"a":${'['.repeat(64)}`, 'SLUICE_PARSE_JSON_LIMIT', 'more than 64 levels (byte 68)'],
  ];
  const documents = json.of(cases.flatMap(([line]) => [line, '{"good":1}']));
  cases.forEach(([line, code, detail], k) => {
    t.match(documents[2 * k], {
      'event.kind': 'pipeline_error',
      'error.code': code,
      'error.message': detail,
      message: Buffer.from(line as string).toString(),
    });
    t.match(documents[2 * k + 1], { good: 1 });
  });
  t.end();
});

t.test('a dataset finds its fields in the residue', (t) => {
  const documents = new Documents([step({}), parseStep('nginx.access')]);
  const line = '203.0.113.7 - - [12/Mar/2026:22:14:05 +0100] "GET / HTTP/1.1" 200 5 "-" "-"';
  const document = read(
    JSON.stringify({ message: line, url: { scheme: 'https' }, nginx: { access: { x: 1 } } }),
    documents,
  );
  t.match(document, {
    'event.dataset': 'nginx.access',
    'url.path': '/',
    'url.scheme': 'https',
    'nginx.access.x': 1,
    'http.response.status_code': 200,
  });
  t.end();
});
