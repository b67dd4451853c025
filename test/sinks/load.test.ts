import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import t from 'tap';
import { counterKey } from '../../src/sinks/redis/key.ts';
import { sinkSpecs } from '../../src/sinks/specs.ts';
import { createWriter } from '../../src/sinks/writers.ts';
import { run } from '../../stack/command.ts';
import { psql, redisCli } from '../../stack/tools.ts';
import { sharedStack } from '../stack.ts';
import { context, payload, soon } from './payloads.ts';

const events = 500;
const each = (line: (n: number) => string) => Array.from({ length: events }, (_, n) => line(n));

/** Writes batches of a store's output to files. */
async function writeFiles(
  folder: string,
  type: string,
  output: object,
  batches: readonly string[][],
): Promise<void> {
  const spec = sinkSpecs.find(({ name }) => name === type);
  const options = spec?.options.parse(
    type === 'elasticsearch' ? { nodes: [] } : { url: '' },
  ) as object;
  const writer = await createWriter(
    type,
    { ...options, files: folder },
    spec?.output?.parse(output),
    context,
  );
  await writer.connect(soon());
  for (const [batch, pieces] of batches.entries())
    await writer.write([payload(pieces, { batch, lane: batch })], soon());
  await writer.close(soon());
}

t.test('the files load into the real stores by the notes beside them', async (t) => {
  const stack = await sharedStack(t);
  const [toSql, toRedis] = await Promise.all([psql(), redisCli()]);
  const mark = `load${process.pid}`;
  const environment = {
    ...stack.environment(),
    ...toRedis.env,
    PATH: `${dirname(toRedis.command)}:${process.env['PATH'] ?? ''}`,
    INFLUX_DATABASE: mark,
  };
  const load = async (folder: string): Promise<string> => {
    const note = (await readdir(folder)).find((name) => name.includes('.load.')) ?? '';
    if (note.endsWith('.sh'))
      return run('sh', [note], { timeout: 30_000, cwd: folder, env: environment });
    const args = [stack.url('postgres'), '-X', '-q', '-f', note];
    return run(toSql.command, args, { timeout: 30_000, cwd: folder, env: toSql.env });
  };

  await t.test('elasticsearch', async (t) => {
    const folder = t.testdir({});
    const lines = each(
      (n) => `{"create":{"_index":"${mark}","_id":"${n}"}}\n{"n":${n},"message":"é ${n}"}\n`,
    );
    await writeFiles(folder, 'elasticsearch', { index: mark }, [
      lines.slice(0, 200),
      lines.slice(200),
    ]);
    t.notMatch(await load(folder), /"errors":true/);
    const url = stack.url('elasticsearch');
    await fetch(`${url}/${mark}/_refresh`, { method: 'POST' });
    t.match(await (await fetch(`${url}/${mark}/_count`)).json(), { count: events });
    await fetch(`${url}/${mark}`, { method: 'DELETE' });
  });

  await t.test('postgres, which may be loaded twice', async (t) => {
    const folder = t.testdir({});
    const output = {
      table: `${mark}.events`,
      columns: { id: 'event.id', at: '@timestamp', message: 'message', tags: 'tags' },
    };
    const lines = each(
      (n) =>
        `${String(n).padStart(32, '0')}\t2026-01-01T00:00:00.000Z\ta\\tb\\n${n}\t{"x","y z"}\n`,
    );
    await writeFiles(folder, 'postgres', output, [lines.slice(0, 200), lines.slice(200)]);
    await load(folder);
    await load(folder);
    const client = new pg.Client({ connectionString: stack.url('postgres') });
    await client.connect();
    t.teardown(() => client.end());
    const { rows } = await client.query(
      `SELECT count(*)::int AS n, max(message) AS last, max(tags) AS tags FROM ${mark}.events`,
    );
    t.same(rows, [{ n: events, last: 'a\tb\n99', tags: ['x', 'y z'] }]);
    await client.query(`DROP SCHEMA ${mark} CASCADE`);
  });

  await t.test('influxdb, where later sums replace earlier ones', async (t) => {
    const folder = t.testdir({});
    const lines = each((n) => `counts,k=${n % 3}\t1\t10\t1767225600\n`);
    await writeFiles(folder, 'influxdb', { measurement: 'counts' }, [
      lines.slice(0, 200),
      lines.slice(200),
    ]);
    const query = async (statement: string) => {
      const body = new URLSearchParams({ q: statement, db: mark });
      const answer = await fetch(`${stack.url('influxdb')}/query`, { method: 'POST', body });
      return (await answer.json()) as { results: { series?: { values: number[][] }[] }[] };
    };
    await query(`CREATE DATABASE ${mark}`);
    await load(folder);
    const sums = await query('SELECT sum(count), sum(bytes), count(count) FROM counts');
    t.same(sums.results[0]?.series?.[0]?.values[0]?.slice(1), [events, events * 10, 3]);
    await query(`DROP DATABASE ${mark}`);
  });

  await t.test('redis', async (t) => {
    const folder = t.testdir({});
    const lines = each((n) => `${mark}:${n % 7}\t2\t10\t0\n`);
    await writeFiles(folder, 'redis', { counters: ['c'] }, [lines.slice(0, 200), lines.slice(200)]);
    t.match(await load(folder), /errors: 0, replies: 1000/);
    const client = new Redis(stack.url('redis'));
    t.teardown(() => client.disconnect());
    const keys = [0, 1, 2, 3, 4, 5, 6].map((n) => counterKey(`${mark}:${n}`));
    const values = (await client.mget(keys)).map(Number);
    t.equal(
      values.reduce((sum, value) => sum + value, 0),
      2 * events,
    );
    t.ok((await client.ttl(keys[0] ?? '')) > 3500);
    await client.del(keys);
  });
});
