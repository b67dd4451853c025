import { readFileSync } from 'node:fs';
import t from 'tap';
import type { EventCore } from '../../src/event/core.ts';
import { createCore } from '../../src/event/create-core.ts';
import { LiteralArea } from '../../src/event/literals.ts';
import { allocateMemory } from '../../src/event/memory.ts';
import { refiler } from '../../src/event/refile.ts';
import {
  INDEX_ENTRY_BYTES,
  PAGE_BYTES,
  planRegions,
  WORKER_MEMORY_BYTES,
} from '../../src/event/regions.ts';
import { compilePipeline } from '../../src/pipeline/compile.ts';
import type { OutputPlan, PipelinePlan, StepPlan } from '../../src/pipeline/plan.ts';
import { BatchRun, type PipelineCounts, runContext } from '../../src/workers/batch-run.ts';
import { Pages } from '../../src/workers/pages.ts';
import type { FailedRow } from '../../src/workers/protocol.ts';
import { SinglePipeline } from '../../src/workers/single.ts';

const module = new WebAssembly.Module(
  readFileSync(new URL('../../src/event/core/core.wasm', import.meta.url)),
);
const ARRIVAL = Date.UTC(2026, 2, 4, 5, 6, 7);

interface Piece {
  readonly output: number;
  readonly page: number;
  readonly ordinals: number[];
  readonly texts: string[];
  readonly events: number;
}

interface Outcome {
  readonly pieces: Piece[];
  readonly failed: FailedRow[];
  readonly counts: PipelineCounts;
  /** Times that it waited for a page. */
  readonly waits: number;
}

const NDJSON: OutputPlan = {
  name: 'a',
  sink: 'a',
  type: 'console',
  routes: [],
  options: { format: 'ndjson' },
};
const parse = (...names: string[]): StepPlan => ({
  step: 'parse',
  options: {
    parsers: names.map((name) => ({ name, options: { timezone: 'UTC', time_fields: [] } })),
  },
});

/** Runs records through a pipeline in a worker's memory of their own, with `pages` pages that are released only while it waits. */
function run(
  kind: EventCore['name'],
  plan: Partial<PipelinePlan>,
  records: readonly (string | Buffer)[],
  { pages = 4, source = 'in' } = {},
): Outcome {
  const memory = allocateMemory(WORKER_MEMORY_BYTES);
  const core = createCore(kind, memory, module);
  const regions = planRegions();
  const literals = new LiteralArea(memory, regions.literals);
  const allPages = new Pages(regions.pages.slice(0, pages), regions.largePage);
  const context = runContext(core, literals, allPages, { now: () => 0 });
  const full = { name: 'main', from: ['in'], steps: [], outputs: [NDJSON], ...plan };
  const { table, side } = regions;
  const pipeline = compilePipeline(full, { core, literals, table, side, refile: refiler });
  const { bytes, index } = regions.largeInput;
  let at = bytes.start;
  records.forEach((record, k) => {
    const raw = Buffer.from(record);
    memory.u8.set(raw, at);
    memory.u32.set(
      [at - bytes.start, raw.length, 0, 0],
      (index.start + k * INDEX_ENTRY_BYTES) >>> 2,
    );
    at += raw.length;
  });
  const key = literals.reserve(16);
  memory.u8.fill(7, key, key + 16);
  const pieces: Piece[] = [];
  const failed: FailedRow[] = [];
  const held: number[] = [];
  const input = {
    bytes: bytes.start,
    index: index.start,
    records: records.length,
    receivedAt: ARRIVAL,
    source,
    key,
    baseLow: 0,
    baseHigh: 0,
    byOffset: false,
    peers: literals.reserve(16),
  };
  const batch = new BatchRun(context, pipeline, 0, input, {
    payload: ({ output, page, room, events }) => {
      const ordinals: number[] = [];
      const texts: string[] = [];
      let from = room.start;
      for (let k = 0; k < room.rows; k++) {
        const pair = (room.trace >>> 2) + 2 * k;
        const end = room.start + (memory.u32[pair + 1] as number);
        ordinals.push(memory.u32[pair] as number);
        texts.push(memory.bytes.toString('utf8', from, end));
        from = end;
      }
      if (from !== room.start + room.used) t.fail('the trace does not cover the payload');
      pieces.push({ output, page, ordinals, texts, events });
      held.push(page);
    },
    failed: (row) => failed.push(row),
  });
  let waits = 0;
  const steps = batch.run();
  while (steps.next().done !== true) {
    t.ok(held.length > 0, 'it waits only while payloads hold its pages');
    for (const page of held.splice(0)) allPages.release(page);
    if (++waits > 1000) throw new Error('it waits for ever');
  }
  return { pieces, failed, counts: batch.counts, waits };
}

const documents = ({ pieces }: Outcome, output = 0): Record<string, unknown>[] => {
  const byOrdinal: Record<string, unknown>[] = [];
  for (const piece of pieces.filter((p) => p.output === output)) {
    piece.texts.forEach((text, k) => {
      const ordinal = piece.ordinals[k] as number;
      if (byOrdinal[ordinal] !== undefined) t.fail(`two pieces for record ${ordinal}`);
      byOrdinal[ordinal] = JSON.parse(text) as Record<string, unknown>;
    });
  }
  return byOrdinal;
};

for (const kind of ['ts', 'wasm'] as const) {
  t.test(
    `${kind}: many records over few pages: each exactly once, in payloads that wait for room`,
    async (t) => {
      const records = Array.from(
        { length: 4000 },
        (_, k) => `{"n":${k},"pad":"${'x'.repeat(k % 900)}"}`,
      );
      const outcome = run(
        kind,
        { steps: [parse('json')], outputs: [NDJSON, { ...NDJSON, name: 'b' }] },
        records,
        {
          pages: 2,
        },
      );
      t.ok(outcome.waits > 0, 'the pages ran out');
      for (const output of [0, 1]) {
        const all = documents(outcome, output);
        t.same(
          all.map((document) => document['n']),
          records.map((_, k) => k),
        );
        t.equal(new Set(all.map((d) => (d['event'] as { id: string }).id)).size, records.length);
      }
      const settled = outcome.pieces.reduce((sum, piece) => sum + piece.events, 0);
      t.equal(settled, 8000);
    },
  );

  t.test(
    `${kind}: rows of several record types leave by their own layouts, ordinals unchanged`,
    async (t) => {
      const records = Array.from({ length: 600 }, (_, k) =>
        k % 3 === 0
          ? `<38>Mar  4 05:00:00 h sshd[${k}]: Failed password for u${k} from 192.0.2.1 port 22 ssh2`
          : k % 3 === 1
            ? `<190>Mar  4 05:00:00 h nginx[${k}]: 192.0.2.${k % 200} - - [04/Mar/2026:05:00:00 +0000] "GET /${k} HTTP/1.1" 200 5 "-" "-"`
            : `<14>Mar  4 05:00:00 h app[${k}]: plain ${k}`,
      );
      const steps = [parse('syslog'), parse('system.auth', 'nginx.access')];
      const all = documents(run(kind, { steps }, records));
      all.forEach((document, k) => {
        const dataset = (document['event'] as { dataset?: string }).dataset;
        t.equal(dataset, ['system.auth', 'nginx.access', undefined][k % 3]);
        t.equal((document['process'] as { pid: number }).pid, k);
        if (k % 3 === 0) t.same(document['user'], { name: `u${k}` });
        if (k % 3 === 1) t.same(document['url'], { original: `/${k}`, path: `/${k}` });
        if (k % 3 === 2) t.notOk('user' in document || 'url' in document);
      });
    },
  );

  t.test(`${kind}: an event larger than a page travels alone in the large page`, async (t) => {
    const large = `{"n":1,"text":"${'y'.repeat(3 * PAGE_BYTES)}"}`;
    const outcome = run(kind, { steps: [parse('json')] }, ['{"n":0}', large, '{"n":2}']);
    t.same(
      documents(outcome).map((document) => document['n']),
      [0, 1, 2],
    );
    t.ok(outcome.pieces.some((piece) => piece.ordinals.length === 1 && piece.ordinals[0] === 1));
    t.same(outcome.failed, []);
  });

  t.test(`${kind}: an event that fits nowhere fails alone`, async (t) => {
    // 10 MiB of controls become 60 MiB of JSON.
    const hopeless = Buffer.concat([Buffer.from('<13>'), Buffer.alloc(9 * 2 ** 20, 1)]);
    const outcome = run(kind, {}, ['a', hopeless, 'b']);
    t.same(
      documents(outcome)
        .filter(Boolean)
        .map((document) => document['message']),
      ['a', 'b'],
    );
    t.match(outcome.failed, [
      { ordinal: 1, output: 0, code: 'SLUICE_EVENT_TOO_LARGE', stage: 'encode' },
    ]);
    t.equal(outcome.counts.outputs[0]?.failed, 1);
  });

  t.test(`${kind}: filters, routes and what a parser refuses are counted apart`, async (t) => {
    const records = [
      '<13>Mar  4 05:00:00 h a: keep',
      '<13>Mar  4 05:00:00 h b: drop',
      'no header at all',
      '<13>Mar  4 05:00:00 h c: side',
    ];
    const plan = {
      steps: [
        parse('syslog'),
        { step: 'filter', options: 'process.name != "b"' },
        { step: 'route', options: { side: 'process.name == "c"', default: 'rest' } },
      ],
      outputs: [
        { ...NDJSON, routes: ['rest'] },
        { ...NDJSON, name: 'b', routes: ['side'] },
        { ...NDJSON, name: 'all' },
      ],
    };
    const outcome = run(kind, plan, records);
    t.equal(outcome.counts.filtered, 1);
    t.equal(outcome.counts.unparsed, 1);
    t.same(
      outcome.counts.outputs.map(({ notRouted }) => notRouted),
      [1, 2, 0],
    );
    t.same(Object.keys(documents(outcome, 0)), ['0', '2']);
    t.same(Object.keys(documents(outcome, 1)), ['3']);
    t.same(Object.keys(documents(outcome, 2)), ['0', '2', '3']);
    const refused = documents(outcome, 2)[2] as Record<string, unknown>;
    t.match(refused, {
      message: 'no header at all',
      event: { kind: 'pipeline_error' },
      error: { code: 'SLUICE_PARSE_SYSLOG_HEADER' },
    });
  });

  t.test(`${kind}: aggregates settle every record with the batch's last payload`, async (t) => {
    const counter: OutputPlan = {
      name: 'redis',
      sink: 'redis',
      type: 'redis',
      routes: [],
      options: { counters: ['n:{message}'], expire: 1000 },
    };
    const records = Array.from({ length: 4096 }, (_, k) => `m${k % 2000}-${'z'.repeat(90)}`);
    const { pieces } = run(kind, { outputs: [counter] }, records);
    t.equal(
      pieces.reduce((sum, piece) => sum + piece.events, 0),
      4096,
    );
    t.equal(pieces.at(-1)?.events, 4096, 'only the last one settles');
    const sums = pieces.flatMap((piece) => piece.texts.map((text) => Number(text.split('\t')[1])));
    t.equal(
      sums.reduce((a, b) => a + b, 0),
      4096,
    );
    t.equal(sums.length, 2000);
  });

  t.test(
    `${kind}: now is the arrival; a time stamp far from it goes to the day of arrival and says so`,
    async (t) => {
      const records = [
        '<13>1 2026-03-03T23:59:59Z h a - - - late',
        '<13>1 1999-01-01T00:00:00Z h a - - - old',
        'none',
      ];
      const [late, old, none] = documents(
        run(kind, { steps: [parse('syslog')] }, records),
      ) as Record<string, never>[];
      t.equal(late?.['@timestamp'], '2026-03-03T23:59:59.000Z');
      t.equal(late?.['event']?.['reason'], undefined);
      t.equal(old?.['@timestamp'], '1999-01-01T00:00:00.000Z');
      t.equal(old?.['event']?.['reason'], 'timestamp outside the accepted window');
      t.equal(none?.['@timestamp'], '2026-03-04T05:06:07.000Z');
      t.equal(none?.['event']?.['ingested'], '2026-03-04T05:06:07.000Z');
    },
  );

  t.test(`${kind}: a source's zone goes before the parser's`, async (t) => {
    const plan = {
      steps: [parse('syslog')],
      from: ['in', 'other'],
      timezones: { in: 'Europe/Berlin' },
    };
    const line = ['<13>Mar  4 05:00:00 h a: x'];
    t.equal(documents(run(kind, plan, line))[0]?.['@timestamp'], '2026-03-04T04:00:00.000Z');
    t.equal(
      documents(run(kind, plan, line, { source: 'other' }))[0]?.['@timestamp'],
      '2026-03-04T05:00:00.000Z',
    );
  });
}

t.test('both cores give the same payloads', async (t) => {
  const records = Array.from({ length: 1500 }, (_, k) =>
    k % 2 === 0
      ? `<${k % 192}>1 2026-03-04T05:0${k % 6}:07.${k}Z host${k % 7} app ${k} ID [a@1 k="v${k}\\"q"][b x="]"] Grüße \u0001 ${k}`
      : Buffer.concat([
          Buffer.from(`<13>Mar  4 05:00:00 h sshd[1]: Invalid user `),
          Buffer.from([0xff, 0xc3, k & 255]),
        ]),
  );
  const plan = { steps: [parse('syslog'), parse('system.auth')] };
  t.same(run('ts', plan, records).pieces, run('wasm', plan, records).pieces);
});

t.test(
  'counters: names of events that go elsewhere do not use up the batch of one that counts',
  async (t) => {
    const counters: OutputPlan = {
      name: 'b',
      sink: 'b',
      type: 'redis',
      routes: ['counted'],
      options: { counters: ['seen:{user.name}'], expire: 1000 },
    };
    const pipeline = new SinglePipeline({
      name: 'main',
      from: ['in'],
      steps: [
        parse('json'),
        { step: 'route', options: { counted: 'count == true', default: 'rest' } },
      ],
      outputs: [NDJSON, counters],
    });
    const run = (records: object[]): string[] => {
      const texts: string[] = [];
      pipeline.run(
        records.map((record) => Buffer.from(JSON.stringify(record))),
        {
          receivedAt: ARRIVAL,
          key: Buffer.alloc(16, 7),
          payload: (_output, bytes) => texts.push(bytes.toString()),
        },
      );
      return texts;
    };
    for (let batch = 0; batch < 3; batch++)
      run(Array.from({ length: 4000 }, (_, k) => ({ user: { name: `user${batch}-${k}` } })));
    const [document, counted] = run([{ user: { name: 'ada' }, count: true }]);
    t.match(counted, /^seen:ada\t1\t/);
    t.notMatch(document, /name_rejected/);
  },
);

t.test('a batch gives the same bytes whatever names the worker saw before', async (t) => {
  const index: OutputPlan = {
    ...NDJSON,
    type: 'elasticsearch',
    options: { index: '{event.dataset}' },
  };
  const points: OutputPlan = {
    ...NDJSON,
    name: 'b',
    type: 'influxdb',
    options: {
      measurement: 'm',
      tags: [{ name: 'd', field: 'event.dataset' }],
      fields: { n: 'n' },
      every: 10_000,
    },
  };
  const counts: OutputPlan = {
    ...NDJSON,
    name: 'c',
    type: 'redis',
    options: { counters: ['c:{event.dataset}'], expire: 1000 },
  };
  const pipeline = new SinglePipeline({
    name: 'main',
    from: ['in'],
    steps: [parse('json')],
    outputs: [index, points, counts],
  });
  const run = (datasets: string[]): string[] => {
    const texts = ['', '', ''];
    pipeline.run(
      datasets.map((dataset, n) => Buffer.from(JSON.stringify({ n, event: { dataset } }))),
      {
        receivedAt: ARRIVAL,
        key: Buffer.alloc(16, 7),
        // Each run has other ids.
        payload: (output, bytes) => {
          texts[output] += bytes.toString().replaceAll(/[0-9a-f]{32}/g, 'ID');
        },
      },
    );
    return texts;
  };
  const invented = (word: string): string[] =>
    Array.from({ length: 2500 }, (_, k) => `${word}${k}`);
  const first = run(['nginx.access', ...invented('a')]);
  t.match(first[0], '"_index":"nginx.access"');
  t.match(first[1], 'm,d=a998 n=');
  t.match(first[1], 'm,d=unknown n=');
  t.match(first[2], 'c:a2499\t1\t');
  run(invented('b'));
  t.same(run(['nginx.access', ...invented('a')]), first);
});

t.test('only names of the outputs that an event goes to are checked', async (t) => {
  const index: OutputPlan = {
    ...NDJSON,
    name: 'b',
    type: 'elasticsearch',
    routes: ['indexed'],
    options: { index: 'logs-{user.name}' },
  };
  const steps: StepPlan[] = [
    parse('json'),
    { step: 'route', options: { indexed: 'log.level == "high"', default: 'rest' } },
  ];
  const invented = Array.from({ length: 150 }, (_, k) => `{"user":{"name":"u${k}"}}`);
  const outcome = run('wasm', { steps, outputs: [NDJSON, index] }, [
    '{"user":{"name":"not allowed"}}',
    ...invented,
    '{"user":{"name":"not allowed"},"log":{"level":"high"}}',
    '{"user":{"name":"ada"},"log":{"level":"high"}}',
  ]);
  const tags = documents(outcome, 0).map((document) => document['tags'] ?? []);
  t.same(tags, [[], ...invented.map(() => []), ['name_rejected'], []]);
  const indexed = outcome.pieces.filter(({ output }) => output === 1).flatMap(({ texts }) => texts);
  t.match(indexed[0], '"_index":"logs-unknown"');
  t.match(indexed[1], '"_index":"logs-ada"');
});
