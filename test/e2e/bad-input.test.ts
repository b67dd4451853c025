import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { freePort } from '../../stack/ports.ts';
import { projectFile } from '../../stack/project.ts';
import { ownStack, sharedStack } from '../stack.ts';
import { testFolder, writeConfig } from './support/folder.ts';
import { MALFORMED } from './support/malformed.ts';
import { flat } from './support/rfc5424.ts';
import { octetCounted, sendTcp } from './support/senders.ts';
import { Sluice } from './support/sluice.ts';
import { ElasticStore, PostgresStore, RedisStore } from './support/stores.ts';
import { when } from './support/until.ts';

t.setTimeout(300_000);

const WITHIN_MS = 60_000;
const folder = await testFolder(t);

t.test('a port that is taken', async (t) => {
  const port = await freePort();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  await writeConfig(
    folder,
    `admin: { listen: 127.0.0.1:${await freePort()} }
sources:
  edge: { type: syslog, tcp: "127.0.0.1:${port}" }
pipelines:
  main: { from: edge, to: { nowhere: {} } }
sinks:
  nowhere: { type: blackhole }
`,
    'taken.yaml',
  );
  const sluice = Sluice.spawn(t, 'taken.yaml', { cwd: folder });
  t.same(await sluice.ended(), { code: 1, signal: null });
  t.equal(
    withoutLog(sluice.stderr),
    `sluice: error: taken.yaml:3:3: source edge: cannot listen on tcp 127.0.0.1:${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port} [SLUICE_LISTEN_IN_USE]
Stop that program (\`ss -lntup\` names it) or choose another port.
`,
  );
});

t.test('an environment without the stores', async (t) => {
  const config = projectFile('config', 'four-stores.yaml');
  const sluice = Sluice.spawn(t, config, {
    cwd: folder,
    env: { POSTGRES_URL: 'mysql://root:secret@db/x', REDIS_URL: 'redis://127.0.0.1:1' },
  });
  t.same(await sluice.ended(), { code: 78, signal: null });
  const { stderr } = sluice;
  t.match(
    stderr,
    'error: the environment variable ELASTICSEARCH_URL is not set; set it, or give a default: ${ELASTICSEARCH_URL:-default} [SLUICE_CONFIG_ENV]',
  );
  t.match(stderr, 'error: the environment variable INFLUX_URL is not set;');
  t.match(
    stderr,
    'error: must be an address like postgres://user:password@127.0.0.1:5432/database [SLUICE_CONFIG_INVALID]',
  );
  t.notMatch(stderr, 'secret', 'no password in a message');
  t.ok(stderr.endsWith(`${config}: 3 errors\n`), stderr);
});

t.test('a configuration that is no YAML, and one with a mistake in every part', async (t) => {
  await writeConfig(folder, 'sources:\n  in: { type: stdin\npipelines: {}\n', 'broken.yaml');
  const broken = Sluice.spawn(t, 'broken.yaml', { cwd: folder });
  t.same(await broken.ended(), { code: 78, signal: null });
  t.equal(
    broken.stderr,
    `broken.yaml:3:1: error: wrong indentation, or a bracket that is not closed [SLUICE_CONFIG_SYNTAX]
  3 | pipelines: {}
    | ^
broken.yaml: 1 error
`,
  );

  await writeConfig(
    folder,
    `node: { workerz: 2 }
sources:
  in: { type: stdin, linger: soon }
pipelines:
  main:
    from: [inn]
    steps:
      - parse: sislog
    to: { nowhere: {} }
sinks:
  nowhere: { type: blackhole, rate: fast }
`,
    'mistakes.yaml',
  );
  const mistakes = Sluice.spawn(t, 'mistakes.yaml', { cwd: folder });
  t.same(await mistakes.ended(), { code: 78, signal: null });
  t.equal(
    mistakes.stderr,
    `mistakes.yaml:1:9: error: unknown key 'workerz' [SLUICE_CONFIG_INVALID]
  1 | node: { workerz: 2 }
    |         ^^^^^^^
    = did you mean 'workers'?
    = allowed: id, data_dir, memory_budget, workers, core
mistakes.yaml:3:30: error: 'soon' is not a duration; write it like 10s, 250ms or 1h30m [SLUICE_CONFIG_INVALID]
  3 |   in: { type: stdin, linger: soon }
    |                              ^^^^
mistakes.yaml:6:12: error: unknown source 'inn' [SLUICE_CONFIG_INVALID]
  6 |     from: [inn]
    |            ^^^
    = did you mean 'in'?
    = allowed: in
mistakes.yaml:8:16: error: 'sislog' is not allowed here [SLUICE_CONFIG_INVALID]
  8 |       - parse: sislog
    |                ^^^^^^
    = did you mean 'syslog'?
    = allowed: syslog, json, system.auth, nginx.access, a map (key: value), a list
mistakes.yaml:11:37: error: expected a number, found a text ('fast') [SLUICE_CONFIG_INVALID]
  11 |   nowhere: { type: blackhole, rate: fast }
     |                                     ^^^^
mistakes.yaml: 5 errors
`,
  );
});

t.test('a store that is not there yet', async (t) => {
  const stack = await ownStack(t, ['redis']);
  const server = stack.server('redis');
  await server.kill('SIGTERM');
  const port = await freePort();
  const config = await writeConfig(
    folder,
    `node: { data_dir: late }
admin: { listen: 127.0.0.1:${await freePort()} }
sources:
  edge: { type: syslog, tcp: "127.0.0.1:${port}" }
pipelines:
  main:
    from: edge
    steps: [{ parse: syslog }]
    to: { redis: { counters: ["seen:{log.syslog.severity.name}"] } }
sinks:
  redis: { url: "${stack.url('redis')}" }
`,
  );
  const sluice = await Sluice.start(t, config, { cwd: folder });
  const { status, body } = await sluice.until('the store is missed', WITHIN_MS, async () => {
    const ready = await sluice.ready();
    return ready.body.problems.some(({ reason }) => reason.includes('ECONNREFUSED'))
      ? ready
      : undefined;
  });
  t.equal(status, 503);
  t.equal(body.status, 'degraded');
  t.match(body.problems, [
    {
      component: 'sink main.redis',
      code: 'SLUICE_SINK_UNREACHABLE',
      reason: `connect ECONNREFUSED ${new URL(stack.url('redis')).host}`,
    },
  ]);

  const lines = Array.from({ length: 1000 }, (_, n) => `<14>1 - - - - - - ${n}\n`);
  await sendTcp(port, lines, WITHIN_MS);
  await sluice.until('the records are taken', WITHIN_MS, async () =>
    when((await sluice.status()).sources[0]?.received === 1000),
  );
  t.equal((await sluice.status()).slots[0]?.delivered, 0);
  await server.restart();
  await sluice.untilReady();
  await sluice.untilSettled(1000, WITHIN_MS);
  const redis = RedisStore.of(t, stack.url('redis'));
  t.same(await redis.counters('seen:*'), new Map([['seen:informational', 1000]]));
  t.same(await sluice.stop(), { code: 0, signal: null });
});

t.test('records that are not what they should be', async (t) => {
  const stack = await sharedStack(t, ['elasticsearch', 'postgres']);
  const elasticsearch = ElasticStore.create(t, stack.url('elasticsearch'));
  const postgres = await PostgresStore.create(t, stack.url('postgres'));
  await postgres.query('CREATE TABLE picky (n bigint CHECK (n % 1000 <> 17), message text)');
  const { prefix } = elasticsearch;
  const [syslogPort, jsonPort, httpPort] = [await freePort(), await freePort(), await freePort()];
  const config = await writeConfig(
    folder,
    `node: { data_dir: bad }
admin: { listen: 127.0.0.1:${await freePort()} }
sources:
  edge: { type: syslog, tcp: "127.0.0.1:${syslogPort}", framing: octet }
  frames: { type: syslog, tcp: "127.0.0.1:${jsonPort}", framing: octet }
  web: { type: http, listen: "127.0.0.1:${httpPort}", ack: delivered }
pipelines:
  syslog:
    from: edge
    steps: [{ parse: syslog }]
    to: { elasticsearch: { index: "${prefix}-syslog" } }
  json:
    from: [frames, web]
    steps:
      - parse: json
      - route: { rows: 'has(n)', default: others }
    to:
      elasticsearch: { index: "${prefix}-json-{shop}" }
      picky: { sink: postgres, routes: [rows], table: picky, columns: { n: { field: n, type: bigint }, message: message } }
sinks:
  elasticsearch: { nodes: ["${elasticsearch.url}"] }
  postgres: { url: "${postgres.url}" }
`,
  );
  const sluice = await Sluice.start(t, config, { cwd: folder });
  await sluice.untilReady();
  let sent = 0;
  /** Documents of an index that match; so many are expected. */
  const documentsOf = async (t: Test, index: string, query: object, count: number) => {
    await elasticsearch.refresh();
    const hits = await elasticsearch.search(query);
    const documents = hits
      .filter(({ _index }) => _index.startsWith(`${prefix}-${index}`))
      .map(({ _source }) => flat(_source));
    t.equal(documents.length, count, `${count} documents in ${index}`);
    return documents;
  };
  const post = async (body: string) => {
    const answer = await fetch(`http://127.0.0.1:${httpPort}/`, { method: 'POST', body });
    const { accepted = 0 } = (await answer.json()) as { accepted?: number };
    sent += accepted;
    return { status: answer.status, accepted };
  };

  await t.test('40 malformed syslog records between good ones', async (t) => {
    t.equal(MALFORMED.length, 40);
    const good = MALFORMED.map((_, n) => `<14>1 2026-01-02T03:04:05Z host app ${n} - - good ${n}`);
    const frames = MALFORMED.flatMap(({ record }, n) => [
      octetCounted(record),
      octetCounted(good[n] ?? ''),
    ]);
    await sendTcp(syslogPort, frames, WITHIN_MS);
    await sluice.untilSettled((sent += 80), WITHIN_MS);
    const refused = await documentsOf(
      t,
      'syslog',
      { match: { 'event.kind': 'pipeline_error' } },
      40,
    );
    const codes = new Map(refused.map((one) => [one['message'], one['error.code']]));
    t.same(codes, new Map(MALFORMED.map(({ record, code }) => [record, code])));
    for (const one of refused) t.type(one['error.message'], 'string');
    const parsed = await documentsOf(t, 'syslog', { term: { 'event.kind': 'event' } }, 40);
    t.same(
      new Set(parsed.map((one) => one['message'])),
      new Set(MALFORMED.map((_, n) => `good ${n}`)),
    );
    const [pipeline] = (await sluice.status()).pipelines;
    t.equal(pipeline?.unparsed, 40);
  });

  await t.test('lines that are no JSON objects', async (t) => {
    const bad = new Map([
      ['{"shop":"x","a":1', 'SLUICE_PARSE_JSON'],
      ["{'shop':'x'}", 'SLUICE_PARSE_JSON'],
      ['{"shop":"x","a":01}', 'SLUICE_PARSE_JSON'],
      ['{"shop":"x","a":"\\x"}', 'SLUICE_PARSE_JSON'],
      ['{"shop":"x"} {"shop":"y"}', 'SLUICE_PARSE_JSON'],
      ['{"shop":"x","a":"tab\there"}', 'SLUICE_PARSE_JSON'],
      ['{"shop":NaN}', 'SLUICE_PARSE_JSON'],
      ['[{"shop":"x"}]', 'SLUICE_PARSE_JSON_OBJECT'],
      ['"shop"', 'SLUICE_PARSE_JSON_OBJECT'],
      ['plain words', 'SLUICE_PARSE_JSON_OBJECT'],
      [`{"shop":${'['.repeat(80)}${']'.repeat(80)}}`, 'SLUICE_PARSE_JSON_LIMIT'],
    ]);
    const body = [...bad.keys()].map((line, n) => `${line}\n{"shop":"good","ok":${n}}\n`).join('');
    t.same(await post(body), { status: 200, accepted: 2 * bad.size });
    const refused = await documentsOf(
      t,
      'json-unknown',
      { term: { 'event.kind': 'pipeline_error' } },
      bad.size,
    );
    t.same(new Map(refused.map((one) => [one['message'], one['error.code']])), bad);
    const good = await documentsOf(t, 'json-good', { match_all: {} }, bad.size);
    t.same(new Set(good.map((one) => one['ok'])), new Set([...bad.keys()].keys()));
  });

  await t.test('a bulk action inside an event', async (t) => {
    const victim = `${prefix}-json-victim`;
    await elasticsearch.call('PUT', `/${victim}/_doc/1?refresh=true`, { alive: true });
    // Elasticsearch itself would refuse a list of a number and an object, were it to index it.
    await elasticsearch.call('PUT', `/${prefix}-json-evil`, {
      mappings: { properties: { a: { type: 'object', enabled: false } } },
    });
    const action = `{"delete":{"_index":"${victim}","_id":"1"}}`;
    // In one record, with a line feed between the tokens: legal JSON.
    const record = `{"shop":"evil","a":[1,\n${action}\n]}`;
    await sendTcp(jsonPort, [octetCounted(record)], WITHIN_MS);
    await sluice.untilSettled((sent += 1), WITHIN_MS);
    const [document] = await documentsOf(t, 'json-evil', { match_all: {} }, 1);
    t.same(document?.['a'], [1, { delete: { _index: victim, _id: '1' } }]);
    // By HTTP a line feed ends the record: three of them.
    const before = await elasticsearch.count();
    t.same(await post(`${record}\n`), { status: 200, accepted: 3 });
    await elasticsearch.refresh();
    t.equal(await elasticsearch.count(), before + 3, 'one document for each record');
    t.match(await elasticsearch.call('GET', `/${victim}/_doc/1`), { found: true });

    // Neither may data choose any index it likes.
    const names = ['../_all', `x\n${action}\n`, 'a,b', '*', '', 'x'.repeat(300)];
    const body = names.map((shop) => `${JSON.stringify({ shop, name: 'bad' })}\n`).join('');
    t.same(await post(body), { status: 200, accepted: names.length });
    const renamed = await documentsOf(t, 'json-unknown', { term: { name: 'bad' } }, names.length);
    const tagged = renamed.filter(({ tags }) => Array.isArray(tags) && tags[0] === 'name_rejected');
    t.equal(tagged.length, names.length - 1, 'all but the empty name are tagged');
    t.match(await elasticsearch.call('GET', `/${victim}/_doc/1`), { found: true });
  });

  await t.test('a store that refuses one row in a thousand', async (t) => {
    const count = 10_000;
    const lineOf = (n: number) => JSON.stringify({ shop: 'picky', n, message: `row ${n}` });
    const body = Array.from({ length: count }, (_, n) => `${lineOf(n)}\n`).join('');
    t.same(await post(body), { status: 200, accepted: count });
    await documentsOf(t, 'json-picky', { term: { shop: 'picky' } }, count);
    const rows = await postgres.query<{ n: string }>('SELECT n FROM picky');
    const refused = Array.from({ length: count }, (_, n) => n).filter((n) => n % 1000 === 17);
    const wanted = new Set(Array.from({ length: count }, (_, n) => n));
    for (const n of refused) wanted.delete(n);
    t.equal(rows.length, count - refused.length);
    t.same(new Set(rows.map(({ n }) => Number(n))), wanted, '999 of each 1,000');
    const letters = await deadLetters(join(folder, 'bad'));
    t.same(
      letters.map(({ raw }) => raw).sort(),
      refused.map(lineOf).sort(),
      'the refused ones, as they came',
    );
    for (const letter of letters) {
      t.match(letter, {
        code: 'SLUICE_ROW_REFUSED',
        pipeline: 'json',
        output: 'picky',
        sink: 'postgres',
        source: 'web',
        message: 'new row for relation "picky" violates check constraint "picky_n_check"',
      });
    }
    const labels =
      '{component_id="json.picky",component_kind="sink",intentional="false",reason="dead_letter"}';
    const metrics = await sluice.metrics();
    t.equal(metrics.get(`sluice_component_discarded_events_total${labels}`), refused.length);
  });
  t.same(await sluice.stop(), { code: 0, signal: null });
});

interface Letter {
  readonly raw: string;
  readonly [key: string]: unknown;
}

async function deadLetters(data: string): Promise<Letter[]> {
  const cwd = join(data, 'dead-letters');
  const texts = await Promise.all(
    (await readdir(cwd)).map((name) => readFile(join(cwd, name), 'utf8')),
  );
  return texts
    .join('')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Letter);
}

/** What is for people: without the log's JSON lines. */
function withoutLog(stderr: string): string {
  return stderr.replace(/^\{.*\n/gm, '');
}
