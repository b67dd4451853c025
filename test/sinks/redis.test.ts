import { rm } from 'node:fs/promises';
import { Redis } from 'ioredis';
import t from 'tap';
import { NO_POSITION, positionOf } from '../../src/sinks/deltas.ts';
import { counterKey, crc16, guardKey, shardOf } from '../../src/sinks/redis/key.ts';
import { planRun } from '../../src/sinks/redis/plan.ts';
import { options as schema } from '../../src/sinks/redis/spec.ts';
import { replyCode } from '../../src/sinks/redis/verdict.ts';
import { RedisWriter } from '../../src/sinks/redis/write.ts';
import type { Payload } from '../../src/sinks/sink.ts';
import { startRedis } from '../../stack/redis.ts';
import { serverUser, temporaryFolder } from '../../stack/user.ts';
import { ownStack } from '../stack.ts';
import { context, delivered, onlyRow, payload, soon, untilSettled } from './payloads.ts';

/** As large as batch numbers are: positions must tell the parts of such a batch apart. */
const FIRST_BATCH = Date.UTC(2026, 0, 1) * 1000;

/** Keys that spread over all shards. */
const names = Array.from({ length: 100 }, (_, n) => `counters:set${n}:1767225600`);
const deltas = (
  batch: number,
  increment: number,
  keys: readonly string[] = names,
  part = 0,
): Payload =>
  payload(
    keys.map((key) => `${key}\t${increment}\t${increment * 100}\t1767225600\n`),
    { batch: FIRST_BATCH + batch, part, lane: batch % 8 },
  );

t.test('a counter has one name', async (t) => {
  t.equal(crc16('123456789'), 0x31c3, 'the check value of the cluster specification');
  t.equal(counterKey('counters:a:10'), `counters:a:10:{s${crc16('counters:a:10') % 16}}`);
  t.equal(new Set(names.map((name) => shardOf(name))).size, 16);
  t.match(guardKey('p:', 'slot', 3, 7), /^p:.*:slot:3:\{s7\}$/);
});

t.test('what was tried before is guarded payload by payload', async (t) => {
  const run = [
    deltas(0, 1, ['a']),
    deltas(8, 2, ['a']),
    deltas(8, 3, ['a'], 1),
    deltas(16, 4, ['a']),
  ];
  const groupsOf = (attempted: string) => planRun(run, '', attempted)[0]?.calls[0]?.args;
  const [first, second, third, fourth] = run.map(positionOf);
  t.same(groupsOf(NO_POSITION), [first, fourth, 1, 10]);
  t.same(groupsOf(second ?? NO_POSITION), [
    first,
    first,
    1,
    1,
    second,
    second,
    1,
    2,
    third,
    fourth,
    1,
    7,
  ]);
  const wide = planRun(
    [deltas(0, 1), payload([...Array(4096).keys()].map((n) => `k${n}\t1\t1\t0\n`))],
    '',
    NO_POSITION,
  );
  t.same(
    wide.map(({ from, to }) => [from, to]),
    [
      [0, 1],
      [1, 2],
    ],
    'a step stays short',
  );
});

t.test('an error reply means later, and who has to act', async (t) => {
  t.equal(replyCode('LOADING Redis is loading the dataset in memory'), 'SLUICE_SINK_BUSY');
  t.equal(replyCode("READONLY You can't write against a read only replica."), 'SLUICE_SINK_BUSY');
  t.equal(
    replyCode('ERR Error running script (call to f_1): @user_script:9: OOM command not allowed'),
    'SLUICE_SINK_BUSY',
  );
  t.equal(replyCode('NOAUTH Authentication required.'), 'SLUICE_SINK_ACCESS');
  t.equal(
    replyCode('WRONGPASS invalid username-password pair or user is disabled.'),
    'SLUICE_SINK_ACCESS',
  );
  t.equal(replyCode('ERR DB index is out of range'), 'SLUICE_SINK_TARGET');
  t.equal(replyCode('ERR unknown'), 'SLUICE_SINK_FAULT');
});

const writerFor = (url: string, more: object = {}) =>
  new RedisWriter(
    schema.parse({ url, timeout: '30s', ...more }),
    { counters: ['-'], expire: 3600_000 },
    context,
  );

t.test('a real server', async (t) => {
  const stack = await ownStack(t, ['redis']);
  const url = stack.url('redis');
  const admin = new Redis(url);
  admin.on('error', () => undefined);
  t.teardown(() => admin.disconnect());
  const read = async (prefix = ''): Promise<number[]> =>
    (await admin.mget(names.map((name) => counterKey(prefix + name)))).map(Number);
  const everywhere = (value: number) => names.map(() => value);
  const writer = writerFor(url);
  t.teardown(() => writer.close(soon()));
  await writer.connect(soon());
  t.beforeEach(() => admin.flushall());

  await t.test('runs add up, with expiry', async (t) => {
    t.same(await writer.write([deltas(0, 1), deltas(8, 2)], soon()), [delivered, delivered]);
    t.same(await writer.write([deltas(1, 10)], soon()), [delivered], 'another lane');
    t.same(await read(), everywhere(13));
    const life = await admin.pttl(counterKey(names[0] ?? ''));
    t.ok(life > 3500_000 && life <= 3600_000);
  });

  await t.test('a repeated batch changes nothing, in whatever run it comes', async (t) => {
    const writer = writerFor(url);
    const [a, b, c, c2, d] = [
      deltas(0, 1),
      deltas(8, 10),
      deltas(16, 100),
      deltas(16, 1000, names, 1),
      deltas(24, 10_000),
    ];
    await writer.write([a, b, c], soon());
    await writer.write([a, b, c], soon());
    await writer.write([b, c, c2, d], soon());
    await writer.write([c2, d], soon());
    t.same(await read(), everywhere(11_111));
    await writer.close(soon());

    const restarted = writerFor(url);
    await restarted.write([d], soon());
    t.same(await read(), everywhere(11_111), 'the guard is in the store');
    await restarted.close(soon());
  });

  await t.test('a request that was given up and comes late', async (t) => {
    const [a, b] = [deltas(0, 1), deltas(8, 10)];
    const early = writerFor(url);
    await early.write([a], soon());
    await early.close(soon());
    const late = writerFor(url);
    const verdicts = await late.write([a, b], soon());
    t.match(
      verdicts,
      [{ kind: 'retry' }, { kind: 'retry' }],
      'one group, which was counted in part',
    );
    t.same(await read(), everywhere(1));
    t.same(await late.write([a, b], soon()), [delivered, delivered]);
    t.same(await read(), everywhere(11));
    await late.close(soon());
  });

  await t.test('a key of another type is refused, the others count', async (t) => {
    await admin.rpush(counterKey(names[42] ?? ''), 'x');
    const writer = writerFor(url);
    const [verdict] = await writer.write([deltas(0, 5)], soon());
    t.match(onlyRow(verdict), {
      row: 42,
      kind: 'reject',
      code: 'SLUICE_ROW_REFUSED',
      reason: /^WRONGTYPE/,
    });
    await admin.del(counterKey(names[42] ?? ''));
    t.same(await read(), everywhere(5).with(42, 0));
    await writer.close(soon());
  });

  await t.test('a prefix, and a script that the server has forgotten', async (t) => {
    const writer = writerFor(url, { key_prefix: 'prod:' });
    await writer.write([deltas(0, 1)], soon());
    await admin.script('FLUSH');
    await writer.write([deltas(8, 1)], soon());
    t.same(await read('prod:'), everywhere(2));
    t.same(
      (await admin.keys('*')).filter((key) => !key.startsWith('prod:')),
      [],
    );
    await writer.close(soon());
  });

  await t.test('no memory left', async (t) => {
    const writer = writerFor(url);
    await admin.config('SET', 'maxmemory', '1');
    t.match(await writer.write([deltas(0, 1)], soon()), [
      { kind: 'retry', code: 'SLUICE_SINK_BUSY', reason: /OOM/ },
    ]);
    await admin.config('SET', 'maxmemory', '0');
    t.same(await writer.write([deltas(0, 1)], soon()), [delivered]);
    t.same(await read(), everywhere(1));
    await writer.close(soon());
  });

  await t.test('a password', async (t) => {
    await admin.config('SET', 'requirepass', 'right');
    const without = writerFor(url);
    const wrong = writerFor(url.replace('//', '//:wrong@'));
    const right = writerFor(url.replace('//', '//:right@'));
    await t.rejects(without.connect(soon()), { code: 'SLUICE_SINK_ACCESS', message: /^NOAUTH/ });
    await t.rejects(wrong.connect(soon()), { code: 'SLUICE_SINK_ACCESS', message: /^WRONGPASS/ });
    t.match(await wrong.write([deltas(0, 1)], soon()), [{ kind: 'retry', misconfigured: true }]);
    await right.connect(soon());
    await admin.config('SET', 'requirepass', '');
    await Promise.all([without, wrong, right].map((one) => one.close(soon())));
  });

  await t.test('frozen, killed in the middle, started again: counted once', async (t) => {
    const server = stack.server('redis');
    const writer = writerFor(url, { timeout: '1s' });
    await writer.connect(soon());
    await server.kill('SIGSTOP');
    const [frozen] = await writer.write([deltas(0, 1)], soon());
    t.match(frozen, { kind: 'retry', code: 'SLUICE_SINK_TIMEOUT' });
    await server.kill('SIGCONT');
    await untilSettled(() => writer.write([deltas(0, 1)], soon()));
    t.same(await read(), everywhere(1));

    const running = writer.write([deltas(8, 10), deltas(16, 100)], soon());
    await server.kill('SIGKILL');
    await running;
    const nobody = await writer.write([deltas(8, 10), deltas(16, 100)], soon());
    t.match(nobody, [{ kind: 'retry', code: 'SLUICE_SINK_UNREACHABLE' }, { kind: 'retry' }]);
    await server.restart();
    await untilSettled(() =>
      writer.write([deltas(8, 10), deltas(16, 100), deltas(24, 1000)], soon()),
    );
    t.same(await read(), everywhere(1111));
    await writer.close(soon());
  });
});

t.test('a cluster', async (t) => {
  const dataDir = await temporaryFolder('sluice-test-');
  const server = await startRedis(dataDir, await serverUser(), soon(), [
    '--cluster-enabled',
    'yes',
    '--cluster-announce-ip',
    '127.0.0.1',
  ]);
  t.teardown(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const { url } = server;
  const admin = new Redis(url);
  t.teardown(() => admin.disconnect());
  await admin.cluster('ADDSLOTSRANGE', 0, 16_383);
  const writer = writerFor(url);
  await untilSettled(() => writer.write([deltas(0, 3)], soon()));
  t.same(await writer.write([deltas(0, 3), deltas(8, 4)], soon()), [delivered, delivered]);
  for (const name of names) t.equal(await admin.get(counterKey(name)), '7', name);
  await writer.close(soon());
});
