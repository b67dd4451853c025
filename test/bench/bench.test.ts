import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { assertAgreement } from '../../bench/core/agree.ts';
import { jsonInput, syslogInput } from '../../bench/core/input.ts';
import {
  jsonToNdjson,
  syslogToCopy,
  syslogToLines,
  syslogToNdjson,
} from '../../bench/core/objects.ts';
import { FIELDS, fieldHash } from '../../bench/load/digest.ts';
import { loadEvent } from '../../bench/load/event.ts';
import { type Load, prepareLoad } from '../../bench/load/load.ts';
import { Random } from '../../bench/load/random.ts';
import { readUsage } from '../../bench/processes/usage.ts';
import { selfTimes } from '../../bench/profile/cpuprofile.ts';
import { stageOf, sumBy } from '../../bench/profile/stages.ts';
import { ratios, spread } from '../../bench/report/statistics.ts';
import type { Totals } from '../../bench/tools/sink.ts';
import { findProblems } from '../../bench/verify.ts';

const LINE =
  /^<(\d+)>1 (\S+Z) (web-\d+\.example\.net) (sshd|nginx|app) (\d+) (ID\d+) \[origin ip="([\d.]+)" software="(\w+)"\]\[meta sequenceId="(\d+)"\] (.+)$/;

/** Reads a line back by a way of its own. */
function readLine(line: string): { sequence: number; fields: Record<string, string> } {
  const match = LINE.exec(line);
  if (!match) throw new Error(`not a line of the load: ${line}`);
  const [, priority, time, host, app, pid, msgid, ip, software, sequence, message] = match;
  return {
    sequence: Number(sequence),
    fields: {
      '@timestamp': String(Date.parse(time ?? '')),
      'host.name': host ?? '',
      'process.name': app ?? '',
      'process.pid': pid ?? '',
      'log.syslog.msgid': msgid ?? '',
      'log.syslog.severity.code': String(Number(priority) % 8),
      'log.syslog.facility.code': String(Math.floor(Number(priority) / 8)),
      'log.syslog.structured_data.origin.ip': ip ?? '',
      'log.syslog.structured_data.origin.software': software ?? '',
      message: message ?? '',
    },
  };
}

t.test('an event says what its line says', async (t) => {
  const random = new Random(1);
  const events = Array.from({ length: 500 }, (_, sequence) =>
    loadEvent(random, sequence, Date.UTC(2026, 1, 3) + sequence),
  );
  t.strictSame(
    events.map(({ line }) => readLine(line)),
    events.map(({ fields }, sequence) => ({ sequence, fields })),
  );
  const seen = new Set(events.map(({ fields }) => fields['process.name']));
  t.strictSame([...seen].sort(), ['app', 'nginx', 'sshd']);
});

t.test('the load', async (t) => {
  const cache = await mkdtemp(join(tmpdir(), 'sluice-bench-test-'));
  t.teardown(() => rm(cache, { recursive: true }));
  const now = new Date('2026-02-03T15:00:00Z');
  const load = await prepareLoad(cache, 3000, now);
  const text = await readFile(load.file, 'utf8');
  const lines = text.trimEnd().split('\n');

  t.equal(lines.length, 3000);
  t.equal(text.length, load.bytes);
  t.equal(load.day, '2026-02-03');
  const average = load.bytes / 3000;
  t.ok(average > 255 && average < 280, `some 266 bytes a line, not ${average}`);
  t.equal(new Set(lines.map((line) => readLine(line).fields['host.name'])).size, 50);

  const sums = Object.fromEntries(FIELDS.map((field) => [field, 0])) as Load['sums'];
  for (const line of lines.toReversed()) {
    const { sequence, fields } = readLine(line);
    for (const field of FIELDS) sums[field] += fieldHash(sequence, fields[field] ?? '');
  }
  t.strictSame(sums, load.sums, 'sums do not depend on the order');

  t.strictSame(await prepareLoad(cache, 3000, now), load, 'the second time from the cache');
  await rm(load.file.replace(/log$/, 'json'));
  await prepareLoad(cache, 3000, now);
  t.equal(await readFile(load.file, 'utf8'), text, 'the same bytes whenever it is made');
  await prepareLoad(cache, 1000, new Date('2026-02-04T00:00:01Z'));
  t.notOk(
    (await readdir(cache)).some((name) => name.includes('02-03')),
    'old days go',
  );
});

t.test('a value that changed places changes the sum', async (t) => {
  const right = fieldHash(1, 'alice') + fieldHash(2, 'bob');
  t.not(fieldHash(2, 'alice') + fieldHash(1, 'bob'), right);
  t.not(fieldHash(1, 'alicf') + fieldHash(2, 'bob'), right);
});

t.test('what is wrong at the sink is found', async (t) => {
  const sums = Object.fromEntries(FIELDS.map((field, i) => [field, i + 5])) as Load['sums'];
  const load: Load = { file: '', events: 10, bytes: 100, day: '2026-02-03', sums };
  const good: Totals = {
    documents: 10,
    distinct: 10,
    duplicates: 0,
    unnumbered: 0,
    malformed: 0,
    requests: 1,
    bodyBytes: 100,
    lastDocumentNs: '1',
    ids: 10,
    repeatedIds: 0,
    fields: sums,
    indices: { 'logs-2026.02.03': 10 },
  };
  const contender = { writesIds: true, indexOf: () => 'logs-2026.02.03' };
  const check = (wrong: Partial<Totals>, verification: 'numbers' | 'fields' = 'fields') =>
    findProblems(contender, load, { ...good, ...wrong }, verification);

  t.strictSame(check({}), []);
  t.strictSame(check({ documents: 11, duplicates: 1 }, 'numbers'), [
    'documents: 11 instead of 10',
    'numbers seen twice: 1 instead of 0',
  ]);
  t.strictSame(check({ distinct: 9 }), ['different numbers: 9 instead of 10']);
  t.strictSame(check({ malformed: 1 }), ['malformed lines: 1 instead of 0']);
  t.strictSame(check({ unnumbered: 1 }), ['documents without a number: 1 instead of 0']);
  t.strictSame(check({ fields: { ...sums, message: 1 } }), [
    `checksum of message: 1 instead of ${sums.message}`,
  ]);
  t.strictSame(check({ indices: { other: 10 } }), [
    'documents for index logs-2026.02.03: 0 instead of 10',
  ]);
  t.strictSame(check({ ids: 0 }), ['ids: 0 instead of 10']);
  t.strictSame(check({ repeatedIds: 2 }), ['ids seen twice: 2 instead of 0']);
  t.strictSame(check({ fields: { ...sums, message: 1 }, ids: 0 }, 'numbers'), []);
});

t.test('statistics', async (t) => {
  t.strictSame(spread([3, 1, 2]), { median: 2, low: 1, high: 3 });
  t.strictSame(spread([4, 1, 2, 3]), { median: 2.5, low: 1, high: 4 });
  t.strictSame(ratios([6, 8], [2, 4]), { median: 2.5, low: 2, high: 3 }, 'round by round');
});

t.test('usage of this very process', async (t) => {
  const usage = readUsage(process.pid);
  const { user, system } = process.cpuUsage();
  t.ok(Math.abs(usage.cpuSeconds - (user + system) / 1e6) < 0.2);
  t.ok(usage.systemSeconds < usage.cpuSeconds);
  t.ok(usage.anonymousBytes > 10e6 && usage.anonymousBytes <= usage.peakBytes);
});

t.test('stages of a profile', async (t) => {
  const at = (id: number, functionName: string, url: string, children: number[] = []) => ({
    id,
    callFrame: { functionName, url },
    children,
  });
  const times = selfTimes({
    nodes: [
      at(1, '(root)', '', [2, 5, 6, 7, 8]),
      at(2, 'onData', 'file:///x/dist/sources/syslog/tcp.js', [3, 4]),
      at(3, 'set', ''),
      at(4, 'encode', 'wasm://wasm/0123'),
      at(5, '(idle)', ''),
      at(6, '(garbage collector)', ''),
      at(7, 'writeGeneric', 'node:internal/stream_base_commons'),
      at(8, 'parse', 'file:///x/dist/parsers/syslog/parse.js', [9]),
      at(9, 'js-to-wasm', '', [10]),
      at(10, 'wasm-function[7]', 'wasm://wasm/0123'),
    ],
    samples: [2, 3, 4, 4, 5, 6, 7, 10],
    timeDeltas: [10, 20, 30, 40, 500, 50, 60, 80],
  });
  t.strictSame(sumBy(times, stageOf), [
    { name: 'idle', microseconds: 500 },
    { name: 'event core (wasm) for parsers', microseconds: 80 },
    { name: 'event core (wasm) for sources/syslog', microseconds: 70 },
    { name: 'sockets and streams', microseconds: 60 },
    { name: 'garbage collection', microseconds: 50 },
    { name: 'sources/syslog', microseconds: 30 },
  ]);
  const stage = (url: string) => stageOf({ functionName: 'f', url, script: url });
  t.equal(stage('file:///x/dist/event/row.js'), 'event');
  t.equal(stage('file:///x/node_modules/@a/b/c.js'), 'library @a/b');
  t.equal(stage('node:_http_client'), 'HTTP client');
});

t.test('two encodings of the same events', async (t) => {
  const [syslog] = syslogInput(300).batches;
  const [json] = jsonInput(60).batches;
  if (!syslog || !json) throw new Error('no batch');
  const agree = (type: string, core: Buffer, objects: Buffer) => () =>
    assertAgreement('job', type, core, objects);
  const change = (bytes: Buffer, from: string | RegExp, to: string) =>
    Buffer.from(bytes.toString().replace(from, to));

  for (const [encode, batch] of [
    [syslogToNdjson, syslog],
    [jsonToNdjson, json],
  ] as const) {
    const bytes = encode(batch);
    t.doesNotThrow(agree('elasticsearch', encode(batch), bytes), 'ids may differ');
    t.doesNotThrow(agree('elasticsearch', change(bytes, '{"@', '{"more":1,"@'), bytes));
    t.throws(agree('elasticsearch', bytes, change(bytes, '{"@', '{"more":1,"@')), /\.more/);
    t.throws(agree('elasticsearch', change(bytes, 'logs-2026', 'logs-2027'), bytes), /action/);
    t.throws(agree('elasticsearch', change(bytes, /T00:00:00\.0/, 'T00:00:00.1'), bytes), /@time/);
    t.throws(agree('elasticsearch', change(bytes, /"name":"/, '"name":"x'), bytes), /\.name/);
  }
  const copy = syslogToCopy(syslog);
  t.doesNotThrow(agree('postgres', syslogToCopy(syslog), copy), 'ids may differ');
  t.throws(agree('postgres', change(copy, 'web-', 'wob-'), copy), /columns/);
  t.throws(agree('postgres', change(copy, /^.*\n/, ''), copy), /299 lines instead of 300/);
  const lines = syslogToLines(syslog);
  t.doesNotThrow(agree('influxdb', lines, lines));
  t.throws(agree('influxdb', change(lines, 'i,pid', ',pid'), lines), /differ in line/);
  t.match(lines.toString(), /^syslog,app=\w+,host=web-\d+\.example\.net severity=6i,pid=\d+i,/);
});
