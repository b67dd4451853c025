import { pino } from 'pino';
import t from 'tap';
import { newSourceTally } from '../../src/pipeline/source-tally.ts';
import type { Slot } from '../../src/pipeline/slot.ts';
import { Stopwatch } from '../../src/pipeline/stopwatch.ts';
import { AdminServer, json, type Route } from '../../src/telemetry/admin.ts';
import { Health, type Problem } from '../../src/telemetry/health.ts';
import { PrettyStream, prettyLine } from '../../src/telemetry/pretty-stream.ts';
import { SourceMeter } from '../../src/telemetry/source-meter.ts';
import { Stages } from '../../src/telemetry/stages.ts';

t.test(
  'log lines for people: time, level, message, the rest; no control characters',
  async (test) => {
    const lines: string[] = [];
    const out = { write: (line: string) => lines.push(line) };
    const options = { base: { node: 'n1' }, timestamp: pino.stdTimeFunctions.isoTime };
    const log = pino(options, new PrettyStream(out));
    log.warn({ slot: 'main.out', tries: 3, text: 'a\u001b[31mb\nc' }, 'the store is away');
    test.equal(lines.length, 1);
    test.match(
      lines[0] ?? '',
      /^\d\d:\d\d:\d\d\.\d{3} warn {2}the store is away slot=main\.out tries=3 text=a \[31mb c\n$/,
    );
    test.equal(prettyLine('no json', false), 'no json');
  },
);

t.test('the stage that sets the pace is the last one that others wait for', async (test) => {
  const tally = newSourceTally('edge');
  const worker = { parse: 0, steps: 0, encode: 0, waited: 0, batches: 0 };
  const slots = ['main.fast', 'main.slow'].map((name) => ({ name, saturated: new Stopwatch() }));
  const stages = new Stages(
    { sources: [tally], slots: slots as unknown as Slot[], workers: () => [worker] },
    0,
  );
  stages.sample(1000);
  test.equal(stages.limiting, 'none');
  worker.parse += 500e6;
  worker.encode += 400e6;
  tally.blockedSince = 1500;
  stages.sample(2000);
  test.equal(stages.limiting, 'workers');
  test.equal(stages.utilization.workers, 0.9);
  test.equal(stages.utilization.sources.get('edge'), 0.5);
  slots[0]?.saturated.set(true, 2000);
  slots[0]?.saturated.set(false, 2100);
  slots[1]?.saturated.set(true, 2200);
  stages.sample(3000);
  test.equal(stages.limiting, 'sink main.slow');
  test.equal(stages.utilization.slots.get('main.slow'), 0.8);
  test.equal(stages.utilization.slots.get('main.fast'), 0.1);
  stages.sample(4000);
  test.equal(stages.utilization.slots.get('main.slow'), 1);
});

t.test('a source says the same error a few times a second and counts each', async (test) => {
  const lines: string[] = [];
  const log = pino({ timestamp: false, base: null }, { write: (line: string) => lines.push(line) });
  const meter = new SourceMeter(log);
  for (let k = 0; k < 500; k++) {
    meter.error('SLUICE_INTERNAL', 'bad frame', { address: '192.0.2.9', port: k });
  }
  test.equal(meter.errors.get('SLUICE_INTERNAL'), 500);
  test.ok(lines.length >= 3 && lines.length <= 8, `${lines.length} lines`);
  test.match(JSON.parse(lines[0] ?? ''), {
    code: 'SLUICE_INTERNAL',
    peer: '192.0.2.9:0',
    msg: 'bad frame',
  });
});

t.test('health: starting, ready, degraded with reasons, draining', async (test) => {
  const problems: Problem[] = [];
  const health = new Health(() => problems);
  test.equal(health.state, 'starting');
  test.notOk(health.ready);
  health.started();
  test.equal(health.state, 'ready');
  problems.push({ component: 'sink a.b', code: 'SLUICE_INTERNAL', reason: 'away' });
  test.equal(health.state, 'degraded');
  test.notOk(health.ready);
  problems.pop();
  test.ok(health.ready);
  health.draining();
  test.equal(health.state, 'draining');
  health.started();
  test.equal(health.state, 'draining');
});

t.test(
  'the admin port: answers, refuses what it does not know, survives a page that fails',
  async (test) => {
    const routes = new Map<string, Route>([
      ['/page', () => json(200, { fine: true })],
      [
        '/broken',
        () => {
          throw new Error('secret detail');
        },
      ],
    ]);
    const admin = new AdminServer(routes);
    test.teardown(() => admin.close());
    const base = `http://${await admin.listen({ host: '127.0.0.1', port: 0 })}`;
    const page = await fetch(`${base}/page?x=1`);
    test.equal(page.headers.get('cache-control'), 'no-store');
    test.same(await page.json(), { fine: true });
    const head = await fetch(`${base}/page`, { method: 'HEAD' });
    test.same([head.status, await head.text()], [200, '']);
    const broken = await fetch(`${base}/broken`);
    test.equal(broken.status, 500);
    test.notMatch(await broken.text(), /secret/);
    test.match(await (await fetch(`${base}/else`)).json(), { pages: ['/page', '/broken'] });
    const second = new AdminServer(routes);
    const port = Number(new URL(base).port);
    await test.rejects(second.listen({ host: '127.0.0.1', port }), {
      code: 'SLUICE_LISTEN_IN_USE',
    });
    await second.close();
  },
);
