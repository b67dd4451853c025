import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import t, { type Test } from 'tap';
import { freePort } from '../../stack/ports.ts';
import { projectFile } from '../../stack/project.ts';
import { sharedStack } from '../stack.ts';
import { testFolder } from './support/folder.ts';
import { loginOf, numberedLine } from './support/numbered-lines.ts';
import { type Fields, flat, readSyslog } from './support/rfc5424.ts';
import { octetCounted, sendTcp } from './support/senders.ts';
import { Sluice } from './support/sluice.ts';
import { ElasticStore, InfluxStore, ownName, PostgresStore, RedisStore } from './support/stores.ts';

/** Lines over each of the three ways in. */
const COUNT = 100_000;
const SPOTS = 240;
const SETTLED_WITHIN_MS = 120_000;
const REQUESTS = 40;
const APPENDS = 20;
const NUMBER = 'log.syslog.structured_data.seq@32473.n.keyword';
const RUN = 'log.syslog.structured_data.seq@32473.run.keyword';
const VIA = 'log.syslog.structured_data.seq@32473.via.keyword';

t.setTimeout(420_000);

const stack = await sharedStack(t);
const folder = await testFolder(t);
const postgres = await PostgresStore.create(t, stack.url('postgres'));
const influxdb = await InfluxStore.create(t, stack.url('influxdb'));
const redis = await RedisStore.create(t, stack.url('redis'));
const elasticsearch = new ElasticStore(stack.url('elasticsearch'), 'logs-*');
await postgres.query(await readFile(projectFile('config', 'events.sql'), 'utf8'));
await plainIndices();

const [syslogPort, httpPort, adminPort] = [await freePort(), await freePort(), await freePort()];
const sluice = await Sluice.start(t, projectFile('config', 'four-stores.yaml'), {
  cwd: folder,
  env: {
    SLUICE_NODE: 'e2e',
    SLUICE_DATA: join(folder, 'data'),
    SLUICE_ADMIN: `127.0.0.1:${adminPort}`,
    SLUICE_SYSLOG: `127.0.0.1:${syslogPort}`,
    SLUICE_HTTP: `127.0.0.1:${httpPort}`,
    SLUICE_FILES: join(folder, '*.log'),
    ELASTICSEARCH_URL: elasticsearch.url,
    POSTGRES_URL: postgres.url,
    INFLUX_URL: influxdb.url,
    INFLUX_DATABASE: influxdb.database,
    REDIS_URL: redis.url,
  },
});
await sluice.untilReady();

const run = ownName();
const start = Date.now() - 10 * 60_000;
const line = (via: string, n: number) => numberedLine(n, { run, via, start });

t.test('over syslog TCP, lines and counted octets mixed', async (t) => {
  await sendTcp(syslogPort, chunks(), SETTLED_WITHIN_MS);
  await sluice.untilSettled(COUNT, SETTLED_WITHIN_MS);
  await eachNumberOnce(t, 'tcp');
  await sums(t, COUNT);
  await spotValues(t, 'tcp');

  function* chunks(): Iterable<Buffer> {
    for (let n = 0; n < COUNT; n += 100) {
      const part = Array.from({ length: 100 }, (_, k) => {
        const text = line('tcp', n + k);
        return (n + k) % 7 === 0 ? octetCounted(text) : Buffer.from(`${text}\n`);
      });
      yield Buffer.concat(part);
    }
  }
});

t.test('over HTTP, plain and gzip: 200 only when all stores have it', async (t) => {
  const each = COUNT / REQUESTS;
  const post = async (request: number) => {
    const numbers = Array.from({ length: each }, (_, k) => request * each + k);
    const body = Buffer.from(numbers.map((n) => `${line('http', n)}\n`).join(''));
    const zipped = request % 2 === 1;
    const answer = await fetch(`http://127.0.0.1:${httpPort}/`, {
      method: 'POST',
      headers: zipped ? { 'content-encoding': 'gzip' } : {},
      body: zipped ? await promisify(gzip)(body) : body,
      signal: AbortSignal.timeout(SETTLED_WITHIN_MS),
    });
    if (answer.status === 429) return post(request);
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${answer.status} ${text}`);
    // At once, without a wait: that is what the answer promises.
    const [first, last] = [numbers[0] ?? 0, numbers.at(-1) ?? 0];
    return rowsBetween('http', first, last);
  };
  const found: number[] = [];
  for (let request = 0; request < REQUESTS; request += 4) {
    const four = [0, 1, 2, 3].map((k) => request + k);
    found.push(...(await Promise.all(four.map(post))));
  }
  t.same(found, Array<number>(REQUESTS).fill(each), 'rows there when the answer came');
  await eachNumberOnce(t, 'http');
  await sums(t, 2 * COUNT);
  await spotValues(t, 'http');
});

t.test('from a file that grows', async (t) => {
  const file = join(folder, 'growing.log');
  const each = COUNT / APPENDS;
  for (let part = 0; part < APPENDS; part++) {
    const lines = Array.from({ length: each }, (_, k) => `${line('file', part * each + k)}\n`);
    const text = lines.join('');
    // Cut anywhere: a line that is not whole yet is not a record yet.
    const cut = Math.floor(text.length / 2);
    await appendFile(file, text.slice(0, cut));
    await appendFile(file, text.slice(cut));
  }
  await sluice.untilSettled(3 * COUNT, SETTLED_WITHIN_MS);
  await eachNumberOnce(t, 'file');
  await sums(t, 3 * COUNT);
  await spotValues(t, 'file');
});

t.test('the books, and the end', async (t) => {
  const metrics = await sluice.metrics();
  for (const output of ['elasticsearch', 'postgres', 'influxdb', 'redis']) {
    const labels = `{component_id="main.${output}",component_kind="sink"}`;
    t.equal(metrics.get(`sluice_component_sent_events_total${labels}`), 3 * COUNT, output);
    t.equal(metrics.get(`sluice_ledger_difference_events${labels}`), 0);
    t.equal(metrics.get(`sluice_unexpected_duplicate_total${labels}`), 0);
  }
  t.same(await sluice.stop(), { code: 0, signal: null });
});

/** Many documents quickly: no replica to wait for, no refresh but the test's own. */
async function plainIndices(): Promise<void> {
  const name = 'sluice_e2e_four_stores';
  await elasticsearch.call('PUT', `/_index_template/${name}`, {
    index_patterns: ['logs-syslog-*', 'logs-system.auth-*', 'logs-refused-*'],
    priority: 500,
    template: { settings: { number_of_replicas: 0, refresh_interval: '-1' } },
  });
  t.teardown(() => elasticsearch.call('DELETE', `/_index_template/${name}`));
}

function ofRun(via: string, ...more: object[]): object {
  return { bool: { filter: [{ term: { [RUN]: run } }, { term: { [VIA]: via } }, ...more] } };
}

async function rowsBetween(via: string, first: number, last: number): Promise<number> {
  const { n } = await postgres.one<{ n: string }>(
    `SELECT count(*) AS n FROM events
     WHERE detail->'seq@32473'->>'via' = $1 AND (detail->'seq@32473'->>'n')::int BETWEEN $2 AND $3`,
    [via, first, last],
  );
  return Number(n);
}

async function eachNumberOnce(t: Test, via: string): Promise<void> {
  await elasticsearch.refresh();
  t.equal(await elasticsearch.count(ofRun(via)), COUNT, 'documents');
  const documents = await elasticsearch.values(NUMBER, ofRun(via));
  t.same(missingAndDouble(documents), { missing: [], double: [] }, 'documents by number');

  const rows = await postgres.query<{ n: string }>(
    `SELECT detail->'seq@32473'->>'n' AS n FROM events WHERE detail->'seq@32473'->>'via' = $1`,
    [via],
  );
  t.equal(rows.length, COUNT, 'rows');
  t.same(missingAndDouble(rows.map(({ n }) => n)), { missing: [], double: [] }, 'rows by number');
}

/** The first few numbers that are not there exactly once. */
function missingAndDouble(numbers: readonly string[]) {
  const times = new Uint32Array(COUNT);
  for (const number of numbers) times[Number(number)] = (times[Number(number)] ?? 0) + 1;
  const having = (test: (count: number) => boolean) =>
    [...times.keys()].filter((n) => test(times[n] ?? 0)).slice(0, 10);
  return { missing: having((count) => count === 0), double: having((count) => count > 1) };
}

/** Counters and points, as a whole and by what they are kept by. Each way in has the same lines. */
async function sums(t: Test, total: number): Promise<void> {
  const logins =
    (total / COUNT) * Array.from({ length: COUNT }).filter((_, n) => isLogin(n)).length;
  const byDataset = { syslog: total - logins, 'system.auth': logins };
  const datasetOf = async (dataset: string) => redis.sum(`counters:${dataset}:*`);
  t.same(
    { syslog: await datasetOf('syslog'), 'system.auth': await datasetOf('system.auth') },
    byDataset,
    'counters by dataset',
  );
  t.equal(await redis.sum('counters:outcome:success:*'), logins, 'counters by outcome');
  t.equal(await redis.sum('counters:outcome:*'), total, 'counters');
  t.equal(await influxdb.sum('event_counts'), total, 'points');
  t.same(Object.fromEntries(await influxdb.sums('event_counts', 'dataset')), byDataset);
  const bySeverity = new Map<string, number>();
  for (let n = 0; n < COUNT; n++) {
    const name = String(readSyslog(line('', n))['log.syslog.severity.name']);
    bySeverity.set(name, (bySeverity.get(name) ?? 0) + total / COUNT);
  }
  t.same(await influxdb.sums('event_counts', 'severity'), bySeverity, 'points by severity');
}

const isLogin = (n: number): boolean => readSyslog(line('', n))['process.name'] === 'sshd';

/** Fields that sluice gives, not the sender. */
const GIVEN = ['event.id', 'event.ingested', 'log.source.address'];

async function spotValues(t: Test, via: string): Promise<void> {
  const numbers = Array.from(
    { length: SPOTS },
    (_, k) => Math.floor((k * COUNT) / SPOTS) + (k % 60),
  );
  const hits = await elasticsearch.search(ofRun(via, { terms: { [NUMBER]: numbers.map(String) } }));
  const documents = new Map(hits.map((hit) => [numberOf(flat(hit._source)), hit]));
  const rows = await postgres.query<Row>(
    `SELECT *, to_char(ts AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at FROM events
     WHERE detail->'seq@32473'->>'via' = $1 AND (detail->'seq@32473'->>'n')::int = ANY ($2)`,
    [via, numbers],
  );
  const rowOf = new Map(rows.map((row) => [Number(row.detail['seq@32473']?.n), row]));
  const wrong: unknown[] = [];
  for (const n of numbers) {
    const [hit, row] = [documents.get(n), rowOf.get(n)];
    if (hit === undefined || row === undefined) throw new Error(`no document or row ${n}`);
    const expected = expectedDocument(via, n);
    const given = flat(hit._source);
    const got = Object.fromEntries(
      Object.entries(given).filter(
        ([key]) => !GIVEN.includes(key) && (isLogin(n) ? key in expected : true),
      ),
    );
    if (!same(got, expected)) wrong.push({ n, got, expected });
    const index = `logs-${String(expected['event.dataset'])}-${dateOf(expected)}`;
    if (hit._index !== index) wrong.push({ n, index, got: hit._index });
    if (hit._id !== given['event.id']) wrong.push({ n, id: hit._id });
    const expectedColumns = columnsOf(expected, hit._id);
    const gotColumns = Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'ts'));
    if (!same(gotColumns, expectedColumns)) wrong.push({ n, gotColumns, expectedColumns });
  }
  t.same(wrong, [], `${SPOTS} documents and rows, value by value`);
}

interface Row {
  readonly [column: string]: unknown;
  readonly detail: Readonly<Record<string, { readonly n: string } | undefined>>;
}

function expectedDocument(via: string, n: number): Fields {
  const fields = readSyslog(line(via, n));
  const event = { ...fields, 'event.kind': 'event', 'event.dataset': 'syslog' };
  if (!isLogin(n)) return event;
  const { user, ip, port } = loginOf(n);
  return {
    ...event,
    'event.dataset': 'system.auth',
    'event.outcome': 'success',
    'user.name': user,
    'source.ip': ip,
    'source.port': port,
  };
}

function columnsOf(fields: Fields, id: string): Record<string, unknown> {
  const digits = id.match(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/);
  const micros = String(fields['@timestamp']).replace(
    /\.(\d+)Z/,
    (_, fraction: string) => `.${fraction.padEnd(6, '0')}Z`,
  );
  return {
    event_id: digits?.slice(1).join('-'),
    at: micros,
    dataset: fields['event.dataset'],
    severity: String(fields['log.syslog.severity.code']),
    outcome: fields['event.outcome'] ?? null,
    user_name: fields['user.name'] ?? null,
    source_ip: fields['source.ip'] ?? null,
    host: fields['host.name'],
    process: fields['process.name'],
    message: fields['message'],
    detail: fields['log.syslog.structured_data'],
  };
}

const dateOf = (fields: Fields) => String(fields['@timestamp']).slice(0, 10).replaceAll('-', '.');

function numberOf(fields: Fields): number {
  const data = fields['log.syslog.structured_data'] as { 'seq@32473': { n: string } };
  return Number(data['seq@32473'].n);
}

/** Whatever the order of the members. */
const same = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
