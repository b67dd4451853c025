import t, { type Test } from 'tap';
import { freePort } from '../../stack/ports.ts';
import { AWKWARD, textOf } from '../event/awkward.ts';
import { sharedStack } from '../stack.ts';
import { testFolder, writeConfig } from './support/folder.ts';
import { octetCounted, sendTcp } from './support/senders.ts';
import { Sluice } from './support/sluice.ts';
import { ElasticStore, InfluxStore, PostgresStore, RedisStore } from './support/stores.ts';

/** The texts that break encoders, through the whole daemon into each real store and back. */

t.setTimeout(240_000);

const WITHIN_MS = 60_000;
const MIB = 2 ** 20;
const stack = await sharedStack(t);
const folder = await testFolder(t);
const elasticsearch = ElasticStore.create(t, stack.url('elasticsearch'));
const postgres = await PostgresStore.create(t, stack.url('postgres'));
const influxdb = await InfluxStore.create(t, stack.url('influxdb'));
const redis = await RedisStore.create(t, stack.url('redis'));
const { prefix } = elasticsearch;
await postgres.query('CREATE TABLE awkward (n bigint, via text, message text, detail jsonb)');
// A keyword of more than 32,766 bytes would be refused.
await elasticsearch.call('PUT', `/${prefix}-all`, {
  mappings: { dynamic: false, properties: { process: { properties: { pid: { type: 'long' } } } } },
});

const [syslogPort, httpPort] = [await freePort(), await freePort()];
const stores = (detail: string) => `
      elasticsearch: { index: "${prefix}-all" }
      postgres:
        table: awkward
        columns: { n: process.pid, via: process.name, message: message, detail: { field: ${detail}, type: jsonb } }
      influxdb: { measurement: awkward, tags: [{ via: process.name }, { n: process.pid }], fields: { message: message } }
      redis: { counters: ["names:{message}"] }`;
const config = await writeConfig(
  folder,
  `admin: { listen: 127.0.0.1:${await freePort()} }
sources:
  edge: { type: syslog, tcp: "127.0.0.1:${syslogPort}" }
  web: { type: http, listen: "127.0.0.1:${httpPort}", ack: delivered }
pipelines:
  bytes:
    from: edge
    steps: [{ parse: syslog }]
    to:${stores('log.syslog.structured_data')}
  json:
    from: web
    steps: [{ parse: json }]
    to:${stores('detail')}
sinks:
  elasticsearch: { nodes: ["${elasticsearch.url}"] }
  postgres: { url: "${postgres.url}" }
  influxdb: { url: "${influxdb.url}", database: ${influxdb.database} }
  redis: { url: "${redis.url}" }
`,
);
const sluice = await Sluice.start(t, config, { cwd: folder });
await sluice.untilReady();

/** The transport takes line ends and NULs off the end of a record: brackets keep them. */
const bracketed = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from('['), bytes, Buffer.from(']')]);

t.test('as bytes in syslog records', async (t) => {
  const records = AWKWARD.map(({ bytes }, n) => {
    const value = escaped(bytes);
    return Buffer.concat([
      Buffer.from(`<14>1 2026-01-02T03:04:05Z host syslog ${n} - [a@1 value="`),
      value,
      Buffer.from('"] '),
      bracketed(bytes),
    ]);
  });
  await sendTcp(syslogPort, records.map(octetCounted), WITHIN_MS);
  await sluice.untilSettled(AWKWARD.length, WITHIN_MS);
  const texts = AWKWARD.map(({ bytes }) => textOf({ bytes: bracketed(bytes) }));
  const values = AWKWARD.map(textOf);
  await comeBack(
    t,
    'syslog',
    texts,
    values.map((value) => ({ 'a@1': { value } })),
    'log.syslog.structured_data',
  );
});

t.test('as escapes in JSON', async (t) => {
  const texts = AWKWARD.map((one) => `[${textOf(one)}]`);
  // In the order that jsonb keeps: shorter keys first.
  const details = AWKWARD.map((one) => ({ list: [textOf(one)], value: textOf(one) }));
  const body = texts.map((message, n) => {
    const event = { process: { name: 'json', pid: n }, message, detail: details[n] };
    // Every other event with all that JSON can escape, escaped.
    const text = JSON.stringify(event);
    return `${n % 2 === 0 ? text : text.replace(/[^\x20-\x7e]/g, unicodeEscape)}\n`;
  });
  const answer = await fetch(`http://127.0.0.1:${httpPort}/`, {
    method: 'POST',
    body: body.join(''),
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  t.equal(answer.status, 200, await answer.text());
  await comeBack(t, 'json', texts, details, 'detail');
});

t.test('names: only those that the rule allows become keys', async (t) => {
  const wanted = new Map<string, number>();
  for (const one of AWKWARD) {
    const text = `[${textOf(one)}]`;
    const allowed = /^[\x21-\x7a|~]{1,128}$/.test(text);
    const key = `names:${allowed ? text : 'unknown'}`;
    wanted.set(key, (wanted.get(key) ?? 0) + 2);
  }
  t.same(sorted(await redis.counters('names:*')), sorted(wanted));
});

t.test('a record of 10 MB is cut at max_event, tagged and counted', async (t) => {
  const head = '<14>1 2026-01-02T03:04:05Z host large 1000 - - ';
  const before = (await sluice.status()).sources[0]?.received ?? 0;
  const large = octetCounted(`${head}${'0123456789'.repeat(MIB)}`);
  const next = octetCounted('<14>1 2026-01-02T03:04:05Z host large 1001 - - next');
  await sendTcp(syslogPort, [large, next], WITHIN_MS);
  await sluice.untilSettled(2 * AWKWARD.length + 2, WITHIN_MS);
  t.equal((await sluice.status()).sources[0]?.received, before + 2);
  await elasticsearch.refresh();
  const [cut, whole] = await Promise.all(
    [1000, 1001].map(async (n) => {
      const [hit] = await elasticsearch.search({ term: { 'process.pid': n } });
      return hit?._source;
    }),
  );
  t.equal(cut?.['message'], '0123456789'.repeat(MIB).slice(0, MIB - head.length));
  t.same(cut?.['tags'], ['truncated', 'name_rejected']);
  t.equal(whole?.['message'], 'next', 'the record behind it');
  const labels = '{component_id="edge",component_kind="source"}';
  t.equal((await sluice.metrics()).get(`sluice_truncated_events_total${labels}`), 1);
  t.same(await sluice.stop(), { code: 0, signal: null });
});

async function comeBack(
  t: Test,
  via: string,
  texts: readonly string[],
  details: readonly unknown[],
  detailPath: string,
): Promise<void> {
  await elasticsearch.refresh();
  const hits = await elasticsearch.search({ match_all: {} });
  const documents = hits
    .map(({ _source }) => _source as unknown as Document)
    .filter(({ process }) => process.name === via)
    .sort((a, b) => a.process.pid - b.process.pid);
  const detailOf = (document: Document): unknown =>
    via === 'json' ? document.detail : document.log?.syslog.structured_data;
  check(
    t,
    'Elasticsearch',
    texts,
    documents.map(({ message }) => message),
  );
  check(t, `Elasticsearch, ${detailPath}`, details, documents.map(detailOf));

  const rows = await postgres.query<{ message: string; detail: unknown }>(
    'SELECT message, detail FROM awkward WHERE via = $1 ORDER BY n',
    [via],
  );
  check(
    t,
    'PostgreSQL',
    texts.map(withoutNul),
    rows.map(({ message }) => message),
  );
  const jsonb = details.map((detail) => JSON.parse(JSON.stringify(detail, nulReplaced)) as unknown);
  check(
    t,
    'PostgreSQL, jsonb',
    jsonb,
    rows.map(({ detail }) => detail),
  );

  const { series = [] } = await influxdb.query(
    `SELECT message FROM awkward WHERE via = '${via}' GROUP BY n`,
  );
  const points = series
    .map(({ tags, values }) => ({ n: Number(tags?.['n']), message: values[0]?.[1] }))
    .sort((a, b) => a.n - b.n);
  const oneLine = texts.map((text) => withoutNul(text).replace(/[\r\n]/g, ' '));
  check(
    t,
    'InfluxDB',
    oneLine,
    points.map(({ message }) => message),
  );
}

interface Document {
  readonly message: string;
  readonly process: { readonly name: string; readonly pid: number };
  readonly detail?: unknown;
  readonly log?: { readonly syslog: { readonly structured_data: unknown } };
}

/** Names those that did not come back, instead of printing them all. */
function check(t: Test, store: string, wanted: readonly unknown[], got: readonly unknown[]): void {
  t.equal(got.length, wanted.length, `${store} has all`);
  const wrong = AWKWARD.flatMap(({ name }, n) => {
    const [a, b] = [JSON.stringify(wanted[n]), JSON.stringify(got[n])];
    return a === b ? [] : [{ name, wanted: a?.slice(0, 300), got: b?.slice(0, 300) }];
  });
  t.same(wrong, [], `${store}: all come back`);
}

const withoutNul = (text: string): string => text.replaceAll('\0', '\ufffd');
const nulReplaced = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? withoutNul(value) : value;
const unicodeEscape = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
const sorted = (counts: ReadonlyMap<string, number>) =>
  [...counts].sort(([a], [b]) => (a < b ? -1 : 1));

/** A PARAM-VALUE: quote, backslash and closing bracket behind a backslash (RFC 5424 section 6.3.3). */
function escaped(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (const byte of bytes) {
    if (byte === 0x22 || byte === 0x5c || byte === 0x5d) out.push(0x5c);
    out.push(byte);
  }
  return Uint8Array.from(out);
}
