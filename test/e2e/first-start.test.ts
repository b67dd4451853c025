import { execFile } from 'node:child_process';
import { readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { onPath } from '../../stack/command.ts';
import { freePort } from '../../stack/ports.ts';
import { projectFile } from '../../stack/project.ts';
import { logger, psql, redisCli, type Tool } from '../../stack/tools.ts';
import { sharedStack } from '../stack.ts';
import { testFolder, writeConfig } from './support/folder.ts';
import { Sluice } from './support/sluice.ts';
import { ElasticStore, InfluxStore, ownName, PostgresStore, RedisStore } from './support/stores.ts';
import { when } from './support/until.ts';

/** What a newcomer does: `npm start` without any server, a line by logger and by curl, then the files into real stores. */

const COMMAND_WITHIN_MS = 60_000;
const FILES_WITHIN_MS = 60_000;
const STORES = ['elasticsearch', 'influxdb', 'postgres', 'redis'] as const;

t.setTimeout(240_000);

const run = promisify(execFile);
const folder = await testFolder(t);
const hello = ownName();
await symlink(projectFile('samples'), join(folder, 'samples'));
const [syslogPort, httpPort, adminPort] = [await freePort(), await freePort(), await freePort()];
const shipped = await readFile(projectFile('config', 'default.yaml'), 'utf8');
const config = await writeConfig(
  folder,
  `${shipped
    .replaceAll('0.0.0.0:5514', `127.0.0.1:${syslogPort}`)
    .replaceAll('0.0.0.0:8514', `127.0.0.1:${httpPort}`)}
admin: { listen: 127.0.0.1:${adminPort} }
`,
);
const sluice = await Sluice.start(t, config, { cwd: folder });

let lines = 0;

t.test('samples are read, own lines arrive, files become complete', async (t) => {
  await sluice.untilReady();
  const samples = await sampleLines();
  const { command } = await logger();
  const to = ['-n', '127.0.0.1', '-P', String(syslogPort), '--rfc5424'];
  await run(command, [...to, '-T', `${hello} from logger by TCP`], { timeout: COMMAND_WITHIN_MS });
  await run(command, [...to, '-d', `${hello} from logger by UDP`], { timeout: COMMAND_WITHIN_MS });
  const answer = await run(
    'curl',
    [
      ...['-sS', '--fail-with-body', '-d', JSON.stringify({ message: `${hello} from curl` })],
      `http://127.0.0.1:${httpPort}/`,
    ],
    { timeout: COMMAND_WITHIN_MS },
  );
  t.match(JSON.parse(answer.stdout), { accepted: 1 });
  lines = samples + 3;
  const status = await sluice.untilSettled(lines, FILES_WITHIN_MS);
  for (const slot of status.slots) t.equal(slot.deadLettered, 0, slot.name);
  for (const store of STORES) {
    const files = await sluice.until(`${store}'s files are complete`, FILES_WITHIN_MS, async () => {
      const names = await readdir(join(folder, 'data', 'out', store));
      const data = names.filter((name) => !name.includes('.load.'));
      return when(data.length > 0 && !data.some((name) => name.endsWith('.part'))) && names;
    });
    t.ok(
      files.some((name) => name.includes('.load.')),
      `${store}: how to load them stands beside the files`,
    );
  }
  t.same(await sluice.stop(), { code: 0, signal: null });
});

t.test('the files load into the real stores, and nothing is missing', async (t) => {
  const stack = await sharedStack(t);
  const postgres = await PostgresStore.create(t, stack.url('postgres'));
  const influxdb = await InfluxStore.create(t, stack.url('influxdb'));
  const redis = await RedisStore.create(t, stack.url('redis'));
  const elasticsearch = new ElasticStore(stack.url('elasticsearch'), 'logs-*');

  const loaded = {
    elasticsearch: await load('elasticsearch', { ELASTICSEARCH_URL: elasticsearch.url }),
    influxdb: await load('influxdb', {
      INFLUX_URL: influxdb.url,
      INFLUX_DATABASE: influxdb.database,
    }),
    postgres: await load('postgres', { POSTGRES_URL: postgres.url }),
    redis: await load('redis', { REDIS_URL: redis.url }),
  };
  const answers = loaded.elasticsearch
    .split(/(?<=\})\s*(?=\{)/)
    .map((text) => JSON.parse(text) as { errors: boolean });
  t.ok(answers.length > 0, loaded.elasticsearch.slice(0, 2000));
  t.same(new Set(answers.map(({ errors }) => errors)), new Set([false]), '_bulk says errors:false');
  t.notMatch(loaded.influxdb, /error/);
  for (const said of loaded.redis.matchAll(/errors: (\d+)/g)) t.equal(said[1], '0', said[0]);
  t.match(loaded.redis, /errors: 0, replies: [1-9]/);

  const ids = await documentIds();
  t.equal(new Set(ids).size, lines, 'every document has an id of its own');
  await elasticsearch.refresh();
  t.equal(await elasticsearch.count({ ids: { values: ids } }), lines, 'documents');
  t.equal(await postgres.count('public.events'), lines, 'rows');
  t.equal(await influxdb.sum('event_counts'), lines, 'sum of the points');
  t.equal(await redis.sum('counters:*'), lines, 'sum of the counters');

  const rows = await postgres.query<{ dataset: string; n: string }>(
    'SELECT dataset, count(*) AS n FROM public.events GROUP BY dataset',
  );
  const byDataset = Object.fromEntries(rows.map(({ dataset, n }) => [dataset, Number(n)]));
  const samples = await linesOf('app.ndjson');
  t.equal(byDataset['app'], samples + 1, "curl's line is one of the application's");
  t.ok(byDataset['system.auth'] && byDataset['nginx.access'] && byDataset['syslog']);
  t.same(Object.fromEntries(await influxdb.sums('event_counts', 'dataset')), byDataset);
  for (const [dataset, n] of Object.entries(byDataset))
    t.equal(await redis.sum(`counters:${dataset}:*`), n, `counters of ${dataset}`);

  const own = await elasticsearch.search({ match_phrase: { message: hello } });
  const messages = [
    `${hello} from curl`,
    `${hello} from logger by TCP`,
    `${hello} from logger by UDP`,
  ];
  t.same(own.map(({ _source }) => _source['message']).sort(), messages, 'own lines as documents');
  const ownRows = await postgres.query<{ message: string }>(
    'SELECT message FROM public.events WHERE message LIKE $1 ORDER BY message',
    [`${hello}%`],
  );
  t.same(
    ownRows.map(({ message }) => message),
    messages,
    'own lines as rows',
  );
});

/** Runs what stands beside a store's files, as a person would: in the folder, with the store's address. */
async function load(
  store: (typeof STORES)[number],
  address: Readonly<Record<string, string>>,
): Promise<string> {
  const cwd = join(folder, 'data', 'out', store);
  const scripts = (await readdir(cwd)).filter((name) => name.includes('.load.'));
  const client = await clients[store]();
  let said = '';
  for (const script of scripts.sort()) {
    const [command, args] = script.endsWith('.sql')
      ? [client.command, [address['POSTGRES_URL'] ?? '', '-f', script]]
      : ['sh', [script]];
    const { stdout, stderr } = await run(command, args, {
      cwd,
      timeout: COMMAND_WITHIN_MS,
      env: {
        ...address,
        ...client.env,
        PATH: `${dirname(client.command)}:${process.env['PATH'] ?? ''}`,
      },
    });
    said += stdout + stderr;
  }
  return said;
}

async function curl(): Promise<Tool> {
  const command = await onPath('curl');
  if (command === undefined) throw new Error('curl is not on PATH: install it');
  return { command, env: {} };
}

const clients = { elasticsearch: curl, influxdb: curl, postgres: psql, redis: redisCli };

async function documentIds(): Promise<string[]> {
  const cwd = join(folder, 'data', 'out', 'elasticsearch');
  const ids: string[] = [];
  for (const name of await readdir(cwd)) {
    if (!name.endsWith('.bulk')) continue;
    const text = await readFile(join(cwd, name), 'utf8');
    for (const line of text.split('\n')) {
      if (!line.startsWith('{"create":')) continue;
      ids.push((JSON.parse(line) as { create: { _id: string } }).create._id);
    }
  }
  return ids;
}

async function linesOf(sample: string): Promise<number> {
  const text = await readFile(projectFile('samples', sample), 'utf8');
  return text.split('\n').filter((line) => line !== '').length;
}

async function sampleLines(): Promise<number> {
  const named = [...shipped.matchAll(/samples\/([\w.-]+)/g)].map(([, name]) => name ?? '');
  const counts = await Promise.all(named.map(linesOf));
  return counts.reduce((sum, count) => sum + count, 0);
}
