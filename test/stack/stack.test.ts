import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@elastic/elasticsearch';
import { InfluxDB, Point } from '@influxdata/influxdb-client';
import { Redis } from 'ioredis';
import pg from 'pg';
import t from 'tap';
import { storeNames } from '../../stack/server.ts';
import { type Stack, startStack } from '../../stack/stack.ts';
import { temporaryFolder } from '../../stack/user.ts';
import { ownStack, sharedStack } from '../stack.ts';

const main = new URL('../../stack/main.js', import.meta.url).pathname;

async function withPostgres<T>(stack: Stack, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: stack.url('postgres'), query_timeout: 10_000 });
  client.on('error', () => undefined); // the test kills the server under it
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function withRedis<T>(stack: Stack, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(stack.url('redis'), { commandTimeout: 10_000 });
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

/** Resolves to whether somebody accepts connections there. */
function accepts(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Process ids; none where the stores run in containers. */
const processes = (stack: Stack): number[] =>
  stack.servers.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));

const runs = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function endsWithin(pid: number, limit: number): Promise<boolean> {
  const deadline = performance.now() + limit;
  while (runs(pid) && performance.now() < deadline) await sleep(20);
  return !runs(pid);
}

t.test(
  'four stores of our own: each answers its client, survives a kill, and is gone at the end',
  async (t) => {
    const stack = await ownStack(t, storeNames);
    const pids = processes(stack);
    t.strictSame(Object.keys(stack.environment()), [
      'POSTGRES_URL',
      'ELASTICSEARCH_URL',
      'INFLUX_URL',
      'REDIS_URL',
    ]);

    await t.test('PostgreSQL keeps its rows over SIGKILL', async (t) => {
      await withPostgres(stack, (client) =>
        client.query('CREATE TABLE kept AS SELECT 42 AS answer'),
      );
      const before = stack.server('postgres').pid;
      await stack.server('postgres').kill('SIGKILL');
      t.equal(await accepts(stack.url('postgres')), false, 'the port is closed');
      await stack.server('postgres').restart();
      t.not(stack.server('postgres').pid, before);
      const { rows } = await withPostgres(stack, (client) =>
        client.query('SELECT answer FROM kept'),
      );
      t.strictSame(rows, [{ answer: 42 }]);
    });

    await t.test('Redis keeps its keys over SIGKILL, and hangs while stopped', async (t) => {
      await withRedis(stack, (client) => client.set('kept', '42'));
      await stack.server('redis').kill('SIGKILL');
      await stack.server('redis').restart();
      t.equal(await withRedis(stack, (client) => client.get('kept')), '42');
      await withRedis(stack, async (client) => {
        await client.ping();
        await stack.server('redis').kill('SIGSTOP');
        const answer = client.ping().then(() => 'answered');
        t.equal(await Promise.race([answer, sleep(200, 'silent')]), 'silent');
        await stack.server('redis').kill('SIGCONT');
        t.equal(await answer, 'answered');
      });
    });

    await t.test('Elasticsearch answers 409 to a second create', async (t) => {
      const client = new Client({ node: stack.url('elasticsearch'), maxRetries: 0 });
      t.teardown(() => client.close());
      const create = () =>
        client.bulk({ operations: [{ create: { _index: 'stack', _id: '1' } }, { a: 1 }] });
      t.equal((await create()).items[0]?.create?.status, 201);
      t.equal((await create()).items[0]?.create?.status, 409);
    });

    await t.test('InfluxDB takes points at the address of its newer interface', async (t) => {
      const url = stack.url('influxdb');
      const write = new InfluxDB({ url }).getWriteApi('', 'telemetry', 'ns');
      write.writePoint(new Point('stack').intField('n', 42).timestamp('1700000000000000000'));
      await write.close();
      const query = new URLSearchParams({ db: 'telemetry', q: 'SELECT n FROM stack' });
      const answer = await fetch(`${url}/query?${query}`, { signal: AbortSignal.timeout(10_000) });
      t.match(await answer.json(), {
        results: [{ series: [{ values: [['2023-11-14T22:13:20Z', 42]] }] }],
      });
    });

    pids.push(...processes(stack));
    await stack.stop();
    for (const pid of pids) t.notOk(runs(pid), `process ${pid} is gone`);
    for (const { name, url } of stack.servers)
      t.notOk(await accepts(url), `${name} has left its port`);
  },
);

t.test("the shared stack is there for everybody, and is nobody's to end", async (t) => {
  const stack = await sharedStack(t, ['redis']);
  t.equal(await withRedis(stack, (client) => client.ping()), 'PONG');
  const guest = await startStack({
    stores: ['redis'],
    dataDir: stack.dataDir,
    environment: { REDIS_URL: stack.url('redis') },
    signal: AbortSignal.timeout(10_000),
  });
  t.equal(guest.url('redis'), stack.url('redis'));
  await t.rejects(
    guest.server('redis').kill('SIGKILL'),
    /was given in the environment: it is not ours to end/,
  );
  t.throws(() => guest.url('postgres'), /postgres is not part of this stack/);
  await guest.stop();
  t.equal(await withRedis(stack, (client) => client.ping()), 'PONG', 'still runs');
});

t.test('npm run stack: prints and writes the addresses, and leaves nothing behind', async (t) => {
  const dataDir = await temporaryFolder('sluice-test-');
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const envFile = join(dataDir, 'env');
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    SLUICE_STACK_CACHE: process.env['SLUICE_STACK_CACHE'] ?? '',
  };
  const start = async () => {
    const child = spawn(
      process.execPath,
      ['--', main, '--stores', 'redis', '--data', dataDir, '--env-file', envFile],
      { env, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [printed] = (await once(child.stdout, 'data', {
      signal: AbortSignal.timeout(60_000),
    })) as [Buffer];
    const url = /^REDIS_URL=(redis:\/\/127\.0\.0\.1:\d+)\n$/.exec(printed.toString())?.[1];
    t.equal(await readFile(envFile, 'utf8'), `REDIS_URL=${url}\n`);
    const redis = new Redis(url ?? '', { commandTimeout: 10_000 });
    const pid = Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1]);
    redis.disconnect();
    return { child, pid };
  };

  const first = await start();
  first.child.kill('SIGTERM');
  t.strictSame(await once(first.child, 'exit', { signal: AbortSignal.timeout(20_000) }), [0, null]);
  t.notOk(runs(first.pid), 'ended with SIGTERM');

  const second = await start();
  second.child.kill('SIGKILL');
  t.ok(await endsWithin(second.pid, 20_000), 'ends when the one who started it is killed');
});

t.test('an unknown store is refused by name', async (t) => {
  const child = spawn(process.execPath, [main, '--stores', 'mongo'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said] = (await once(child.stderr, 'data', { signal: AbortSignal.timeout(20_000) })) as [
    Buffer,
  ];
  t.equal(
    said.toString(),
    'unknown store "mongo"; known: postgres, elasticsearch, influxdb, redis\n',
  );
});
