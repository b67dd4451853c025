import fc from 'fast-check';
import t from 'tap';
import { Documents, parseStep, without } from '../documents.ts';
import { isLinear } from '../linear.ts';

const access = new Documents([parseStep('nginx.access')]);
const parse = (line: string | Uint8Array) =>
  without(access.one(line), 'event.id', 'event.ingested', 'event.reason');

const TIME = '12/Mar/2026:22:14:05 +0100';
const AGENT = 'ExampleBrowser/7.1 (X11; Linux x86_64)';

t.test('a combined line becomes ECS fields', (t) => {
  const line = `203.0.113.7 - alice [${TIME}] "GET /shop/cart.html?item=7&n=2 HTTP/1.1" 200 5120 "https://www.example.com/" "${AGENT}"`;
  t.same(parse(line), {
    '@timestamp': '2026-03-12T21:14:05.000Z',
    'event.kind': 'event',
    'event.dataset': 'nginx.access',
    'event.module': 'nginx',
    'event.category': ['web'],
    'event.type': ['access'],
    'event.outcome': 'success',
    'source.address': '203.0.113.7',
    'source.ip': '203.0.113.7',
    'user.name': 'alice',
    'http.request.method': 'GET',
    'http.request.referrer': 'https://www.example.com/',
    'http.response.status_code': 200,
    'http.response.body.bytes': 5120,
    'http.version': '1.1',
    'url.original': '/shop/cart.html?item=7&n=2',
    'url.path': '/shop/cart.html',
    'url.query': 'item=7&n=2',
    'url.extension': 'html',
    'user_agent.original': AGENT,
    'nginx.access.remote_ip_list': ['203.0.113.7'],
    'related.ip': ['203.0.113.7'],
    'related.user': ['alice'],
    message: line,
  });
  t.end();
});

t.test('common lines end after the bytes; a dash stands for nothing', (t) => {
  const document = parse(`203.0.113.7 - - [${TIME}] "HEAD / HTTP/2.0" 304 -`);
  t.match(document, { 'http.response.status_code': 304, 'http.version': '2.0', 'url.path': '/' });
  for (const path of [
    'http.response.body.bytes',
    'user.name',
    'related.user',
    'http.request.referrer',
    'user_agent.original',
    'url.query',
    'url.extension',
  ]) {
    t.notOk(path in document, `${path} is absent`);
  }
  t.end();
});

t.test('the client is the first public address of a forwarded list, else the first', (t) => {
  const cases: [string, string, string | undefined, string[]][] = [
    ['10.0.0.2, 10.0.0.1', '10.0.0.2', '10.0.0.2', ['10.0.0.2', '10.0.0.1']],
    ['10.0.0.2, 198.51.100.4', '198.51.100.4', '198.51.100.4', ['10.0.0.2', '198.51.100.4']],
    [
      '"10.0.0.2, 203.0.113.9" 10.2.1.1',
      '203.0.113.9',
      '203.0.113.9',
      ['10.0.0.2', '203.0.113.9', '10.2.1.1'],
    ],
    ['fe80::1, 2001:db8::7', '2001:db8::7', '2001:db8::7', ['fe80::1', '2001:db8::7']],
    [
      '::ffff:192.168.1.1,203.0.113.9',
      '203.0.113.9',
      '203.0.113.9',
      ['::ffff:192.168.1.1', '203.0.113.9'],
    ],
    ['proxy.example.net', 'proxy.example.net', undefined, ['proxy.example.net']],
    ['300.1.1.1', '300.1.1.1', undefined, ['300.1.1.1']],
    ['unix:', 'unix:', undefined, []],
  ];
  for (const [addresses, address, ip, list] of cases) {
    const document = parse(`${addresses} - - [${TIME}] "GET / HTTP/1.1" 200 1 "-" "-"`);
    t.equal(document['source.address'], address, addresses);
    t.equal(document['source.ip'], ip);
    t.same(document['nginx.access.remote_ip_list'] ?? [], list);
    t.same(document['related.ip'] ?? [], ip === undefined ? [] : [ip]);
  }
  t.end();
});

t.test('request lines of every kind', (t) => {
  const cases: [string, Record<string, string>][] = [
    ['', {}],
    ['\\x16\\x03\\x01', {}],
    ['GET /', {}],
    ['hello world', {}],
    [
      'GET /a b.txt HTTP/1.1',
      { method: 'GET', original: '/a b.txt', path: '/a b.txt', extension: 'txt' },
    ],
    ['GET /a.b/c HTTP/1.1', { method: 'GET', original: '/a.b/c', path: '/a.b/c' }],
    [
      'GET /a.tar.gz?v=1.2 HTTP/1.1',
      {
        method: 'GET',
        original: '/a.tar.gz?v=1.2',
        path: '/a.tar.gz',
        query: 'v=1.2',
        extension: 'gz',
      },
    ],
    ['GET /a#b?c.d HTTP/1.1', { method: 'GET', original: '/a#b?c.d', path: '/a' }],
    ['GET /? HTTP/1.1', { method: 'GET', original: '/?', path: '/' }],
    ['OPTIONS * HTTP/1.1', { method: 'OPTIONS', original: '*' }],
    [
      'CONNECT www.example.com:443 HTTP/1.1',
      { method: 'CONNECT', original: 'www.example.com:443' },
    ],
    [
      'GET http://www.example.com/x.js?y HTTP/1.1',
      {
        method: 'GET',
        original: 'http://www.example.com/x.js?y',
        path: '/x.js',
        query: 'y',
        extension: 'js',
      },
    ],
    [
      'GET http://www.example.com?y HTTP/1.1',
      { method: 'GET', original: 'http://www.example.com?y', query: 'y' },
    ],
  ];
  for (const [request, expected] of cases) {
    const document = parse(`203.0.113.7 - - [${TIME}] "${request}" 400 0 "-" "-"`);
    const found = {
      method: document['http.request.method'],
      original: document['url.original'],
      path: document['url.path'],
      query: document['url.query'],
      extension: document['url.extension'],
    };
    t.same(JSON.parse(JSON.stringify(found)), expected, request);
    t.equal(document['event.outcome'], 'failure');
  }
  t.end();
});

t.test('escaped quotes stay inside their string', (t) => {
  const line = `203.0.113.7 - - [${TIME}] "GET /\\" 500 1 \\" HTTP/1.1" 200 7 "a\\"b" "c\\\\" "-"`;
  t.match(parse(line), {
    'url.original': '/\\" 500 1 \\"',
    'http.response.status_code': 200,
    'http.request.referrer': 'a\\"b',
    'user_agent.original': 'c\\\\',
  });
  t.end();
});

t.test('a user name may look like the rest of a line', (t) => {
  const user = 'bob [01/Jan/2020:00:00:00 +0000] - x';
  t.match(parse(`203.0.113.7 - ${user} [${TIME}] "GET / HTTP/1.1" 401 0 "-" "-"`), {
    'user.name': user,
    '@timestamp': '2026-03-12T21:14:05.000Z',
  });
  t.end();
});

t.test('bytes beyond ASCII survive, invalid ones become U+FFFD', (t) => {
  const line = Buffer.concat([
    Buffer.from(`203.0.113.7 - ren\u00e9\u00e0 [${TIME}] "GET /caf\u00e9\u00a0/`),
    Buffer.from([0xff, 0xc3]),
    Buffer.from(' HTTP/1.1" 200 1 "-" "-"'),
  ]);
  t.match(parse(line), {
    'user.name': 'ren\u00e9\u00e0',
    'url.path': '/caf\u00e9\u00a0/\ufffd\ufffd',
  });
  t.end();
});

t.test('what is not an access line keeps its bytes and says where it went wrong', (t) => {
  const good = `203.0.113.7 - - [${TIME}] "GET / HTTP/1.1" 200 5 "-" "-"`;
  const cases: [string, number][] = [
    ['hello', 0],
    [' - - [x] "y"', 0],
    ['203.0.113.7 - - nothing', 14],
    [`203.0.113.7 - - ${TIME}] "GET / HTTP/1.1" 200 5`, 14],
    [good.replace('Mar', 'Foo'), 17],
    [good.replace('12/', '32/'), 17],
    [good.replace('22:14', '24:14'), 17],
    [good.replace('+0100', '+01x0'), 17],
    [good.slice(0, good.indexOf('HTTP')), 45],
    [good.replace(' 200', ' 20'), 61],
    [good.replace(' 200', ' abc'), 61],
    [good.replace(' 5 ', ' 5k '), 66],
  ];
  for (const [line, offset] of cases) {
    t.match(
      parse(line),
      {
        'event.kind': 'pipeline_error',
        'error.code': 'SLUICE_PARSE_ACCESS',
        'error.message': `not a common or combined access line (byte ${offset})`,
        message: line,
      },
      line,
    );
  }
  t.end();
});

t.test('which lines are access lines', (t) => {
  const line = `203.0.113.7 - - [${TIME}] "GET / HTTP/1.1" 200 1 "-" "-"`;
  const choice = new Documents([parseStep('system.auth', 'nginx.access')]);
  t.equal(choice.one(line)['event.dataset'], 'nginx.access', 'by its shape');
  t.notOk('event.dataset' in choice.one('something else'), 'other lines stay as they are');
  const syslog = new Documents([parseStep('syslog'), parseStep('system.auth', 'nginx.access')]);
  const [nginx, other] = syslog.of([
    `<190>1 2026-03-12T21:14:05Z web1 nginx - - - ${line}`,
    `<190>1 2026-03-12T21:14:05Z web1 httpd - - - ${line}`,
  ]);
  t.match(nginx, { 'event.dataset': 'nginx.access', 'source.ip': '203.0.113.7', message: line });
  t.notOk(other && 'event.dataset' in other, 'under syslog by the program');
  t.end();
});

t.test('every line that a server can write reads back', (t) => {
  const word = fc.stringMatching(/^[A-Za-z0-9._~-]{1,12}$/);
  const text = fc.stringMatching(/^[A-Za-z0-9 .;:/()_-]{1,40}$/).filter((s) => s !== '-');
  const lines = fc.record({
    ip: fc.oneof(fc.ipV4(), fc.ipV6()),
    user: word.filter((s) => s !== '-'),
    time: fc.date({
      min: new Date('1999-01-01'),
      max: new Date('2037-01-01'),
      noInvalidDate: true,
    }),
    method: fc.constantFrom('GET', 'POST', 'PURGE'),
    path: fc.array(word, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
    status: fc.integer({ min: 100, max: 599 }),
    bytes: fc.nat(),
    referrer: text,
    agent: text,
  });
  fc.assert(
    fc.property(lines, (l) => {
      const [, month, day, year, clock] =
        /^\w+, (\d+) (\w+) (\d+) (\S+)/.exec(l.time.toUTCString())?.map(String) ?? [];
      const stamp = `${month}/${day}/${year}:${clock} +0000`;
      const document = parse(
        `${l.ip} - ${l.user} [${stamp}] "${l.method} ${l.path} HTTP/1.1" ${l.status} ${l.bytes} "${l.referrer}" "${l.agent}"`,
      );
      t.match(document, {
        '@timestamp': new Date(Math.floor(l.time.getTime() / 1000) * 1000).toISOString(),
        'source.ip': l.ip,
        'user.name': l.user,
        'http.request.method': l.method,
        'url.path': l.path,
        'http.response.status_code': l.status,
        'http.response.body.bytes': l.bytes,
        'http.request.referrer': l.referrer,
        'user_agent.original': l.agent,
      });
    }),
    { numRuns: 200 },
  );
  t.end();
});

t.test('hostile lines cost linear work and bounded memory', (t) => {
  const tail = ` - - [${TIME}] "GET / HTTP/1.1" 200 1 "-" "-"`;
  const lines: Record<string, (size: number) => string> = {
    'many addresses': (size) => '1.1.1.1,'.repeat(size / 8) + tail,
    'many separators': (size) => ', '.repeat(size / 2) + tail,
    'many dashes': (size) => '203.0.113.7' + ' - '.repeat(size / 3),
    'many brackets': (size) => `203.0.113.7 - ${'[x] '.repeat(size / 4)}`,
    'many times': (size) => `203.0.113.7 - ${`[${TIME}] `.repeat(size / 29)}"GET`,
    'many backslashes': (size) => `203.0.113.7 - - [${TIME}] "${'\\'.repeat(size)}" 200 1`,
    'many quotes': (size) => `203.0.113.7 - - [${TIME}] "${'\\"'.repeat(size / 2)}`,
    'many slashes': (size) =>
      `203.0.113.7 - - [${TIME}] "GET ${'/.?#'.repeat(size / 4)} HTTP/1.1" 200 1`,
  };
  for (const [name, line] of Object.entries(lines)) {
    t.ok(
      isLinear((size) => access.one(line(size))),
      name,
    );
  }
  const list = parse(lines['many addresses']?.(100_000) ?? '')['nginx.access.remote_ip_list'];
  t.equal((list as string[]).length, 32, 'a forwarded list has at most 32 addresses');
  t.end();
});
