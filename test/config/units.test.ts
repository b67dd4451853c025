import fc from 'fast-check';
import t from 'tap';
import { canBeEqual } from '../../src/config/overlap.ts';
import { suggest } from '../../src/config/suggest.ts';
import {
  formatDuration,
  formatListen,
  formatSize,
  type Parsed,
  parseDuration,
  parseListen,
  parseSize,
} from '../../src/config/units.ts';

const unwrap = <Value>(parsed: Parsed<Value>): Value | string =>
  'value' in parsed ? parsed.value : parsed.problem;

t.test('sizes', async (t) => {
  const size = (text: string | number) => unwrap(parseSize(text));
  t.equal(size('64MiB'), 67_108_864);
  t.equal(size('500kB'), 500_000);
  t.equal(size('1.5 GiB'), 1_610_612_736);
  t.equal(size(4096), 4096);
  t.equal(size('7 B'), 7);
  t.equal(size('64MB/s'), "'64MB/s' is not a size; write it like 64MiB");
  t.equal(size('-1'), "'-1' is not a size; write it like 64MiB");
  t.equal(size('64Mb'), "'Mb' is not a unit of size; allowed: B, kB, KB, MB, GB, KiB, MiB, GiB");
  t.equal(size('0.3KiB'), "'0.3KiB' is not a whole number of bytes");
  fc.assert(
    fc.property(fc.nat(), (bytes) => {
      t.equal(size(formatSize(bytes)), bytes);
    }),
    { numRuns: 200 },
  );
});

t.test('durations', async (t) => {
  const duration = (text: string | number) => unwrap(parseDuration(text));
  t.equal(duration('10s'), 10_000);
  t.equal(duration('250ms'), 250);
  t.equal(duration('1h30m'), 5_400_000);
  t.equal(duration('0.5s'), 500);
  t.equal(duration(0), 0);
  t.equal(duration(10), "'10' has no unit; write it like 10s or 10ms");
  t.equal(duration('10 s'), "'10 s' is not a duration; write it like 10s, 250ms or 1h30m");
  t.equal(duration('3w'), "'w' is not a unit of duration; allowed: ms, s, m, h, d");
  fc.assert(
    fc.property(fc.nat(), (milliseconds) => {
      t.equal(duration(formatDuration(milliseconds)), milliseconds);
    }),
    { numRuns: 200 },
  );
});

t.test('listen addresses', async (t) => {
  const listen = (text: string | number) => unwrap(parseListen(text, '0.0.0.0'));
  t.same(listen('0.0.0.0:5514'), { host: '0.0.0.0', port: 5514 });
  t.same(listen('[::1]:514'), { host: '::1', port: 514 });
  t.same(listen('5514'), { host: '0.0.0.0', port: 5514 });
  t.same(listen(5514), { host: '0.0.0.0', port: 5514 });
  t.same(listen(':5514'), { host: '0.0.0.0', port: 5514 });
  t.same(listen('log-host.example:1'), { host: 'log-host.example', port: 1 });
  t.equal(listen('70000'), 'port 70000 is outside 0-65535');
  t.equal(listen('1.2.3.400:1'), "'1.2.3.400' is not an IPv4 address");
  t.equal(
    listen('::1:514'),
    "'::1:514' is not a listen address; an IPv6 host needs brackets: [::1]:514",
  );
  for (const wrong of ['', 'host', 'host:', '[::1]', 'a b:1', 'http://x:1']) {
    t.equal(
      listen(wrong),
      `'${wrong}' is not a listen address; write HOST:PORT, [IPV6]:PORT or PORT`,
    );
  }
  t.equal(formatListen({ host: '::1', port: 5 }), '[::1]:5');
  t.equal(formatListen({ host: 'a', port: 5 }), 'a:5');
});

t.test('likely spellings', async (t) => {
  const names = ['elasticsearch', 'postgres', 'redis', 'set'];
  t.equal(suggest('elastcsearch', names), 'elasticsearch');
  t.equal(suggest('elastic', names), 'elasticsearch');
  t.equal(suggest('Redis', names), 'redis');
  t.equal(suggest('sat', names), 'set');
  t.equal(suggest('kafka', names), undefined);
  t.equal(suggest('set', names), undefined);
});

t.test('templates that can give one name', async (t) => {
  const cases: [string, string, boolean][] = [
    ['logs', 'logs', true],
    ['logs', 'log', false],
    ['logs-{date}', 'logs-{date}', true],
    ['logs-{date}', 'auth-{date}', false],
    ['logs-{date}', '{event.dataset}-{date}', true],
    ['logs-{date}', 'logs-{event.dataset}-{date}', false],
    ['logs-{date}', 'logs-{event.dataset}', true],
    ['a{x}b{y}c', 'ab{z}', true],
    ['{x}a', '{y}b', false],
    ['{10s}', '{date}', true],
    ['n{10s}', 'nine', false],
  ];
  for (const [a, b, expected] of cases) {
    t.equal(canBeEqual(a, b), expected, `${a} and ${b}`);
    t.equal(canBeEqual(b, a), expected, `${b} and ${a}`);
  }
  // Whatever is filled into two templates: if the names are equal, the check has said that they can be.
  const part = fc.constantFrom('a', 'b', '-', '{x}', '{date}', '{10s}');
  const template = fc.array(part, { maxLength: 5 });
  const fills = {
    '{x}': ['', 'a', 'b-', '1.1'],
    '{date}': ['2026.01.02', '1.1'],
    '{10s}': ['1', '20'],
  };
  const fill = (parts: string[], seed: number): string =>
    parts
      .map((one, k) => {
        const options = fills[one as keyof typeof fills];
        return options === undefined ? one : (options[(seed >> (2 * k)) % options.length] ?? '');
      })
      .join('');
  fc.assert(
    fc.property(template, template, fc.nat(1023), fc.nat(1023), (a, b, s, u) => {
      return fill(a, s) !== fill(b, u) || canBeEqual(a.join(''), b.join(''));
    }),
    { numRuns: 2000 },
  );
});
