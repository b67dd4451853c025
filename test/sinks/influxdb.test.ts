import fc from 'fast-check';
import t from 'tap';
import { AggregatingWriter } from '../../src/sinks/influxdb/aggregate.ts';
import { authorization, writePath } from '../../src/sinks/influxdb/endpoint.ts';
import { pointLine, writerTag } from '../../src/sinks/influxdb/points.ts';
import { type Point, Segments } from '../../src/sinks/influxdb/segments.ts';
import { options as schema } from '../../src/sinks/influxdb/spec.ts';
import { writeVerdict } from '../../src/sinks/influxdb/verdict.ts';
import { InfluxdbWriter } from '../../src/sinks/influxdb/write.ts';
import type { Payload } from '../../src/sinks/sink.ts';
import { ownStack } from '../stack.ts';
import { context, delivered, onlyRow, payload, runOf, soon, untilSettled } from './payloads.ts';
import { answering } from './peer.ts';

t.test('what 1.x and 2.x answer', async (t) => {
  const verdict = (status: number, body: object | string, lines = 10) =>
    writeVerdict(status, typeof body === 'string' ? body : JSON.stringify(body), lines, undefined);
  t.same(verdict(204, ''), { kind: 'delivered' });
  const conflict = 'partial write: field type conflict: input field "v" … dropped=10';
  t.match(verdict(400, { error: conflict }), {
    kind: 'all',
    reject: { code: 'SLUICE_ROW_REFUSED', reason: conflict },
  });
  t.match(verdict(400, { error: conflict }, 11), { kind: 'split' });
  t.match(
    verdict(400, { error: "partial write: unable to parse 'x': missing fields dropped=0" }, 0),
    { kind: 'split' },
  );
  t.match(verdict(400, { code: 'invalid', message: 'unable to parse' }), { kind: 'split' });
  t.match(
    verdict(422, {
      code: 'x',
      message: 'failure writing points to database: partial write: … dropped=1',
    }),
    {
      kind: 'split',
    },
  );
  t.match(verdict(413, { error: 'Request Entity Too Large' }), {
    kind: 'split',
    reject: { code: 'SLUICE_ROW_TOO_LARGE' },
  });
  t.match(verdict(404, { error: 'database not found: "x"' }), {
    kind: 'retry',
    code: 'SLUICE_SINK_TARGET',
  });
  t.match(verdict(500, { error: 'retention policy not found: x' }), {
    kind: 'retry',
    code: 'SLUICE_SINK_TARGET',
  });
  t.match(verdict(500, { error: 'timeout' }), { kind: 'retry', code: 'SLUICE_SINK_FAULT' });
  t.match(verdict(401, { error: 'authorization failed' }), {
    kind: 'retry',
    code: 'SLUICE_SINK_ACCESS',
  });
  t.same(writeVerdict(503, 'hold on', 1, 2000), {
    kind: 'retry',
    code: 'SLUICE_SINK_BUSY',
    reason: 'status 503: hold on',
    afterMs: 2000,
  });
  t.match(verdict(302, ''), { kind: 'retry', code: 'SLUICE_SINK_PRODUCT' });
});

t.test('which path, and who we are', async (t) => {
  const one = schema.parse({
    url: 'http://h',
    database: 'a b',
    retention_policy: 'c',
    username: 'u',
    password: 'p',
  });
  t.equal(writePath(one), '/write?db=a+b&rp=c&precision=ns');
  t.same(authorization(one), { authorization: `Basic ${Buffer.from('u:p').toString('base64')}` });
  const two = schema.parse({ url: 'http://h', bucket: 'b', org: 'o', token: 't' });
  t.equal(writePath(two), '/api/v2/write?bucket=b&org=o&precision=ns');
  t.same(authorization(two), { authorization: 'Token t' });
});

const arrival = Date.UTC(2026, 0, 1);
const delta = (
  batch: number,
  lines: readonly (readonly [string, number])[],
  receivedAt = arrival,
): Payload =>
  payload(
    lines.map(([tag, count]) => `m,k=${tag}\t${count}\t${count * 100}\t1767225600\n`),
    { batch, lane: batch % 8, receivedAt },
  );

t.test('segments: the payloads of one batch all count, however large its number', async (t) => {
  const segments = new Segments('incarnation');
  const batch = Date.UTC(2026, 0, 1) * 1000 + 17;
  const part = (part: number): Payload => ({ ...delta(batch, [['a', 1]]), part });
  for (const number of [0, 1, 2, 1]) segments.add(part(number));
  t.equal(segments.add(part(0))[0]?.point.count, 3);
});

t.test(
  'segments: shuffled and repeated batches, closed early or not, leave the same sums',
  async () => {
    const batch = fc.record({
      batch: fc.nat(1000),
      tag: fc.constantFrom('a', 'b', 'c'),
      count: fc.integer({ min: 1, max: 50 }),
      repeats: fc.nat(2),
      fails: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(batch, { selector: ({ batch }) => batch }),
        fc.constantFrom(1, 4, 1000),
        (batches, room) => {
          const segments = new Segments('incarnation', room);
          const store = new Map<string, number>();
          const flush = (points: Iterable<Point>) => {
            for (const { series, bucket, nanoseconds, count } of points)
              store.set(`${series} ${bucket} ${nanoseconds}`, count);
          };
          for (const { batch, tag, count, repeats, fails } of batches) {
            const sent = delta(batch, [[tag, count]], arrival + batch * 100);
            if (fails) flush(segments.add(sent).map(({ point }) => point));
            for (let turn = 0; turn <= repeats; turn++) segments.add(sent);
            flush(segments.add(sent).map(({ point }) => point));
            segments.settle(sent);
            segments.sweep();
          }
          const total = batches.reduce((sum, { count }) => sum + count, 0);
          return [...store.values()].reduce((sum, count) => sum + count, 0) === total;
        },
      ),
    );
  },
);

t.test('segments: one point for each segment, and memory that ends', async (t) => {
  const segments = new Segments('incarnation', 100);
  const nanoseconds = (batch: number, receivedAt = arrival) =>
    segments.add(delta(batch, [['a', 1]], receivedAt))[0]?.point.nanoseconds;
  t.equal(nanoseconds(0), nanoseconds(255), 'the same run of 256');
  const others = [
    nanoseconds(0),
    nanoseconds(256),
    nanoseconds(1, arrival + 10_000),
    nanoseconds(256 * 511),
  ];
  t.equal(new Set(others).size, 4);
  t.not(new Segments('another', 100).add(delta(0, [['a', 1]]))[0]?.point.nanoseconds, others[0]);
  for (let batch = 1000; batch < 1200; batch++) {
    const sent = delta(
      batch,
      Array.from({ length: 50 }, (_, n) => [`${batch}-${n}`, 1] as const),
    );
    segments.add(sent);
    segments.settle(sent);
    segments.sweep();
    t.ok(segments.size < 200, `${segments.size} points`);
  }
});

t.test('a point in line protocol', async (t) => {
  const point: Point = {
    series: 'm,a=b',
    bucket: 1767225600,
    nanoseconds: 42,
    count: 3,
    bytes: 400,
  };
  t.equal(
    pointLine(point, writerTag('node 1', 'main')),
    'm,a=b,writer=node\\ 1/main count=3i,bytes=400i 1767225600000000042\n',
  );
});

t.test('pauses and refusals of a whole request', async (t) => {
  let status = 503;
  const url = await answering(t, (request, response) => {
    request.resume();
    response.writeHead(status, { 'retry-after': '7' });
    response.end('{"error":"no"}');
  });
  const writer = new InfluxdbWriter(schema.parse({ url, database: 'd', timeout: '30s' }));
  t.teardown(() => writer.close());
  t.same(await writer.write(runOf(['m v=1 1\n']), soon()), [
    { kind: 'retry', code: 'SLUICE_SINK_BUSY', reason: 'no', afterMs: 7000 },
  ]);
  status = 401;
  t.match(await writer.write(runOf(['m v=1 1\n']), soon()), [
    { code: 'SLUICE_SINK_ACCESS', misconfigured: true },
  ]);
  await t.rejects(writer.connect(soon()), { code: 'SLUICE_SINK_ACCESS', message: 'no' });
  const nobody = new InfluxdbWriter(schema.parse({ url: 'http://127.0.0.1:1', database: 'd' }));
  await t.rejects(nobody.connect(soon()), { code: 'SLUICE_SINK_UNREACHABLE' });
  t.match(await nobody.write(runOf(['m v=1 1\n']), soon()), [
    { kind: 'retry', code: 'SLUICE_SINK_UNREACHABLE' },
  ]);
});

t.test('a real server', async (t) => {
  const stack = await ownStack(t, ['influxdb']);
  const url = stack.url('influxdb');
  const query = async (statement: string) => {
    const body = new URLSearchParams({ q: statement, db: 'sinks' });
    const answer = await fetch(`${url}/query`, { method: 'POST', body });
    return (await answer.json()) as { results: { series?: { values: unknown[][] }[] }[] };
  };
  const number = async (expression: string, measurement: string): Promise<unknown> =>
    (await query(`SELECT ${expression} FROM ${measurement}`)).results[0]?.series?.[0]
      ?.values[0]?.[1];
  await query('CREATE DATABASE sinks');
  await query('CREATE RETENTION POLICY short ON sinks DURATION 1h REPLICATION 1');
  const writerFor = (more: object) =>
    new InfluxdbWriter(schema.parse({ url, timeout: '30s', ...more }));
  const writer = writerFor({ database: 'sinks' });
  t.teardown(() => writer.close());
  await writer.connect(soon());
  const lines = (measurement: string, from: number, to: number) =>
    Array.from(
      { length: to - from },
      (_, n) => `${measurement} v=${from + n}i ${arrival}00${from + n + 1000}\n`,
    );

  await t.test('each point once, plain and compressed, by either path', async (t) => {
    const run = runOf(lines('once', 0, 600), lines('once', 600, 1000));
    t.same(await writer.write(run, soon()), [delivered, delivered]);
    for (const more of [
      { database: 'sinks', compress: true },
      { bucket: 'sinks/autogen' },
      { bucket: 'sinks', org: 'x' },
    ]) {
      const other = writerFor(more);
      await other.connect(soon());
      t.same(await other.write(run, soon()), [delivered, delivered]);
      await other.close();
    }
    t.equal(await number('count(v)', 'once'), 1000);
  });

  await t.test('one bad line in a thousand: of another type, or unreadable', async (t) => {
    await writer.write(runOf(['typed v=1i 1\n', 'broken v=1i 1\n']), soon());
    const typed = lines('typed', 0, 1000).with(617, 'typed v="many" 7\n');
    const [first, second] = await writer.write(
      runOf(typed.slice(0, 500), typed.slice(500)),
      soon(),
    );
    t.same(first, delivered);
    t.match(onlyRow(second), {
      row: 117,
      kind: 'reject',
      code: 'SLUICE_ROW_REFUSED',
      reason: /field type conflict/,
    });
    t.equal(await number('count(v)', 'typed'), 1000);

    const broken = lines('broken', 0, 1000).with(3, 'broken nonsense\n');
    t.match(onlyRow((await writer.write([payload(broken)], soon()))[0]), {
      row: 3,
      reason: /unable to parse/,
    });
    t.equal(await number('count(v)', 'broken'), 1000);
  });

  await t.test('older than the retention: all are refused at once', async (t) => {
    const short = writerFor({ database: 'sinks', retention_policy: 'short' });
    await short.connect(soon());
    const [verdict] = await short.write([payload(lines('old', 0, 500))], soon());
    t.equal(verdict?.kind === 'rows' ? verdict.rows.size : 0, 500);
    await short.close();
  });

  await t.test('what is missing', async (t) => {
    const missing = writerFor({ database: 'nothing' });
    await t.rejects(missing.connect(soon()), {
      code: 'SLUICE_SINK_TARGET',
      message: /CREATE DATABASE "nothing"/,
    });
    t.match(await missing.write(runOf(lines('m', 0, 1)), soon()), [
      { code: 'SLUICE_SINK_TARGET', misconfigured: true },
    ]);
    const policy = writerFor({ database: 'sinks', retention_policy: 'long' });
    await t.rejects(policy.connect(soon()), {
      code: 'SLUICE_SINK_TARGET',
      message: /it has autogen, short/,
    });
    t.match(await policy.write(runOf(lines('m', 0, 1)), soon()), [
      { code: 'SLUICE_SINK_TARGET', misconfigured: true },
    ]);
    const bucket = writerFor({ bucket: 'nothing/autogen' });
    await t.rejects(bucket.connect(soon()), { code: 'SLUICE_SINK_TARGET' });
  });

  await t.test('aggregates: lanes in parallel, repeats, a replay of the segment', async (t) => {
    const incarnation = { ...context, incarnation: 'a' };
    const aggregate = new AggregatingWriter(writerFor({ database: 'sinks' }), incarnation);
    await aggregate.connect(soon());
    const batches = Array.from({ length: 300 }, (_, batch) =>
      delta(batch, [
        ['x', 1],
        ['y', batch],
      ]),
    );
    const lanes = Array.from({ length: 8 }, (_, lane) =>
      batches.filter(({ batch }) => batch % 8 === lane),
    );
    await Promise.all(
      lanes.map(async (lane) => {
        for (let at = 0; at < lane.length; at += 5) {
          const run = lane.slice(at, at + 5);
          t.same(
            new Set((await aggregate.write(run, soon())).map(({ kind }) => kind)),
            new Set(['delivered']),
          );
          if (at % 2 === 0) await aggregate.write(run, soon());
        }
      }),
    );
    const sums = async () => [
      await number('sum(count)', 'm'),
      await number('sum(bytes)', 'm'),
      await number('count(count)', 'm'),
    ];
    const expected = [300 + (299 * 300) / 2, (300 + (299 * 300) / 2) * 100, 4];
    t.same(await sums(), expected, 'two series in two segments');
    await aggregate.close(soon());

    const replay = new AggregatingWriter(writerFor({ database: 'sinks' }), incarnation);
    for (const batch of batches) await replay.write([batch], soon());
    t.same(await sums(), expected, 'overwritten, not added');
    await replay.close(soon());

    const next = new AggregatingWriter(writerFor({ database: 'sinks' }), {
      ...context,
      incarnation: 'b',
    });
    await next.write([delta(0, [['x', 1000]])], soon());
    t.equal(await number('sum(count)', 'm'), (expected[0] ?? 0) + 1000, 'another incarnation adds');
    await next.close(soon());
  });

  await t.test('aggregates: a refused point rejects the deltas in it', async (t) => {
    await query('DROP MEASUREMENT m');
    await writer.write(runOf(['m,k=x count="text" 1767225600000000001\n']), soon());
    const aggregate = new AggregatingWriter(writerFor({ database: 'sinks' }), context);
    const [verdict] = await aggregate.write(
      [
        delta(0, [
          ['x', 1],
          ['y', 1],
        ]),
      ],
      soon(),
    );
    t.equal(verdict?.kind === 'rows' ? verdict.rows.size : 0, 2);
    await query('DROP MEASUREMENT m');
    await aggregate.close(soon());
  });

  await t.test('frozen, killed and started again: sums are right', async (t) => {
    const server = stack.server('influxdb');
    const aggregate = new AggregatingWriter(
      writerFor({ database: 'sinks', timeout: '500ms' }),
      context,
    );
    await server.kill('SIGSTOP');
    const frozen = await aggregate.write([delta(0, [['x', 1]])], soon());
    t.match(frozen, [{ kind: 'retry', code: 'SLUICE_SINK_TIMEOUT' }]);
    await server.kill('SIGCONT');
    await untilSettled(() =>
      aggregate.write([delta(0, [['x', 1]]), delta(8, [['x', 10]])], soon()),
    );
    await server.kill('SIGKILL');
    const nobody = await aggregate.write([delta(1, [['x', 100]])], soon());
    t.match(nobody, [{ kind: 'retry', code: 'SLUICE_SINK_UNREACHABLE' }]);
    await server.restart();
    await untilSettled(() =>
      aggregate.write([delta(1, [['x', 100]]), delta(9, [['x', 1000]])], soon()),
    );
    t.equal(await number('sum(count)', 'm'), 1111);
    await aggregate.close(soon());
  });
});
