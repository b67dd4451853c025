import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import t from 'tap';
import { DeadLetters } from '../../src/pipeline/dead-letters.ts';
import { FlowBatch } from '../../src/pipeline/flow-batch.ts';
import { Flow } from '../../src/pipeline/flow.ts';
import { Ledger } from '../../src/pipeline/ledger.ts';
import { PeerTable } from '../../src/pipeline/peers.ts';
import type { PipelinePlan } from '../../src/pipeline/plan.ts';
import { topologyOf } from '../../src/pipeline/topology.ts';
import type { RowReject, RowRetry, Verdict } from '../../src/sinks/sink.ts';
import { FlowTest, linesOf, until } from './harness.ts';

const reject: RowReject = { kind: 'reject', code: 'SLUICE_INTERNAL', reason: 'not this one' };
const again: RowRetry = { kind: 'retry', code: 'SLUICE_INTERNAL', reason: 'busy', afterMs: 1 };
const down: Verdict = { kind: 'retry', code: 'SLUICE_INTERNAL', reason: 'nobody there' };
const never = new AbortController().signal;

function records(count: number, prefix = 'record'): string[] {
  return Array.from({ length: count }, (_, k) => `${prefix} ${k}`);
}

async function running(
  test: { teardown(close: () => Promise<void>): void },
  options?: ConstructorParameters<typeof FlowTest>[0],
): Promise<FlowTest> {
  const flow = new FlowTest(options);
  test.teardown(() => flow.close());
  await flow.start();
  return flow;
}

t.test('batches of a lane arrive in order, whatever the number of workers', async (test) => {
  for (const workers of [1, 3]) {
    const flow = await running(test, { workers });
    const [writer] = flow.writers;
    const stream = flow.open();
    for (let k = 0; k < 60; k++) {
      await flow.batch(stream, records(20, `batch ${k} line`));
    }
    await flow.intake.settled();
    test.equal(writer?.lines.length, 1200);
    test.equal(new Set(writer?.lines).size, 1200);
    for (let lane = 0; lane < 8; lane++) {
      const batches = writer?.taken.filter((w) => w.lane === lane).map((w) => w.batch) ?? [];
      test.same(
        batches,
        [...batches].sort((a, b) => a - b),
      );
      test.ok(batches.every((batch) => batch % 8 === lane));
    }
    test.ok((writer?.mostInFlight ?? 0) <= 4);
    const positions = flow.slots[0]?.positions ?? [];
    test.same([...positions].sort(), [8052, 8053, 8054, 8055, 8056, 8057, 8058, 8059]);
    test.same(flow.differences, [0]);
  }
});

t.test('a run gathers consecutive payloads up to request_bytes', async (test) => {
  const flow = await running(test, {
    outputs: [{ limits: { maxInFlight: 1, requestBytes: 2500 }, options: { rows: 10 } }],
  });
  const [writer] = flow.writers;
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  if (writer !== undefined) {
    writer.decide = async () => {
      await gate;
      return { kind: 'delivered' };
    };
  }
  const stream = flow.open();
  for (let k = 0; k < 5; k++) await flow.batch(stream, records(80, 'x'.repeat(90)));
  await until(() => flow.slots[0]?.inFlight === 1);
  await until(() => flow.pool.heldPages === flow.pages);
  open();
  await flow.intake.settled();
  const runs = writer?.runs ?? [];
  for (const run of runs) {
    test.equal(new Set(run.map(({ lane }) => lane)).size, 1);
    const bytes = run.reduce((sum, payload) => sum + payload.bytes.length, 0);
    test.ok(run.length === 1 || bytes <= 2500);
    const keys = run.map(({ batch, part }) => batch * 1000 + part);
    test.same(
      keys,
      [...keys].sort((a, b) => a - b),
    );
  }
  test.ok(runs.some((run) => run.length > 1));
  test.equal(writer?.lines.length, 400);
});

t.test('refused rows become dead letters, busy ones are sent again alone', async (test) => {
  const flow = await running(test);
  const [writer] = flow.writers;
  if (writer !== undefined) {
    writer.decide = (payload, attempt) => {
      const rows = new Map<number, RowReject | RowRetry>();
      linesOf(payload).forEach((line, k) => {
        if (line.endsWith('7')) rows.set(k, reject);
        else if (line.endsWith('3') && attempt < 3) rows.set(k, again);
      });
      return rows.size === 0 ? { kind: 'delivered' } : { kind: 'rows', rows };
    };
  }
  const stream = flow.open();
  await flow.batch(stream, records(50));
  flow.intake.flush();
  await flow.intake.settled();
  test.same(
    writer?.runs.map((run) => run.map(({ rows }) => rows)),
    [[50], [5], [5]],
  );
  const lines = writer?.lines ?? [];
  test.same(
    [...lines].sort(),
    records(50)
      .filter((line) => !line.endsWith('7'))
      .sort(),
  );
  test.equal(flow.letters.length, 5);
  test.match(flow.letters[0], {
    code: 'SLUICE_INTERNAL',
    message: 'not this one',
    stage: 'sink',
    pipeline: 'main',
    output: 'out0',
    sink: 'store0',
    source: 'in',
    ordinal: 7,
    attempts: 1,
    revision: 'r1',
    encoding: 'utf8',
    raw: 'record 7',
  });
  const tally = flow.ledger.slot(0);
  test.match(tally, { received: 50, delivered: 45, deadLettered: 5, queued: 0 });
  test.equal(tally.retries, 2);
});

t.test('bytes that are no UTF-8 stand in a dead letter as base64', async (test) => {
  const flow = await running(test);
  const [writer] = flow.writers;
  if (writer !== undefined) {
    writer.decide = () => ({ kind: 'rows', rows: new Map([[0, reject]]) });
  }
  const stream = flow.open();
  const raw = Buffer.from([0xff, 0x00, 0xfe, 0x41]);
  stream.append(raw, { address: '192.0.2.1', port: 514 }, 0);
  await flow.intake.settled();
  test.match(flow.letters, [
    { encoding: 'base64', raw: raw.toString('base64'), peer: '192.0.2.1:514' },
  ]);
});

t.test('rows that the worker cannot carry, filters and routes are in the books', async (test) => {
  const flow = await running(test, { outputs: [{}, { options: { aggregate: true } }] });
  const stream = flow.open();
  await flow.batch(stream, ['a', 'filter b', 'fail c', 'only 0 d', 'only 1 e', 'f']);
  await flow.intake.settled();
  test.same(flow.writers[0]?.lines, ['a', 'only 0 d', 'f']);
  test.same(flow.writers[1]?.lines, ['out1 3']);
  const wanted = {
    received: 6,
    delivered: 3,
    filtered: 1,
    notRouted: 1,
    deadLettered: 1,
    queued: 0,
  };
  test.match(flow.ledger.slots, [wanted, wanted]);
  test.match(flow.letters, [{ stage: 'parse copy', raw: 'fail c', pipeline: 'main' }]);
});

t.test('an unreachable store holds everything until it answers', async (test) => {
  const flow = await running(test);
  const [writer] = flow.writers;
  const [slot] = flow.slots;
  if (writer === undefined || slot === undefined) return;
  await until(() => slot.connected);
  writer.decide = (_, attempt) => (attempt < 3 ? down : { kind: 'delivered' });
  const stream = flow.open();
  await flow.batch(stream, records(10));
  await until(() => slot.trouble !== undefined);
  test.match(slot.trouble, { code: 'SLUICE_INTERNAL', reason: 'nobody there' });
  await flow.intake.settled();
  test.equal(slot.trouble, undefined);
  test.ok(writer.connects > 1, 'the store is reached anew before the next attempt');
  test.same(writer.lines, records(10));
  test.same(flow.differences, [0]);
});

t.test('a store that is absent at the start is waited for, and said so', async (test) => {
  const flow = new FlowTest();
  test.teardown(() => flow.close());
  const [writer] = flow.writers;
  const [slot] = flow.slots;
  if (writer === undefined || slot === undefined) return;
  writer.onConnect = (attempt) => {
    if (attempt < 2) throw new Error('connection refused');
  };
  await flow.start();
  await until(() => slot.trouble !== undefined);
  test.match(slot.trouble, { reason: 'connection refused' });
  test.equal(slot.connected, false);
  const stream = flow.open();
  await flow.batch(stream, records(3));
  await flow.intake.settled();
  test.same(writer.lines, records(3));
  test.equal(slot.trouble, undefined);
});

t.test('a duplicate is an alarm only where nothing was sent before', async (test) => {
  const flow = await running(test);
  const [writer] = flow.writers;
  if (writer !== undefined) {
    writer.decide = (_, attempt) => (attempt === 2 ? down : { kind: 'delivered', duplicates: 2 });
  }
  const stream = flow.open();
  await flow.batch(stream, records(5));
  await flow.intake.settled();
  test.equal(flow.ledger.slot(0).unexpectedDuplicates, 2);
  await flow.batch(stream, records(5));
  await flow.intake.settled();
  test.equal(writer?.runs.length, 3);
  test.equal(flow.ledger.slot(0).unexpectedDuplicates, 2);
});

t.test('a worker that dies is replaced: nothing is lost, nothing is sent twice', async (test) => {
  const flow = await running(test, { outputs: [{ options: { rows: 7 } }, {}] });
  const marker = join(flow.folder, 'died');
  const stream = flow.open();
  for (let k = 0; k < 6; k++) await flow.batch(stream, records(30, `before ${k}`));
  await flow.batch(stream, [...records(10, 'same batch'), `die-once ${marker}`]);
  for (let k = 0; k < 6; k++) await flow.batch(stream, records(30, `after ${k}`));
  await flow.intake.settled();
  test.ok(existsSync(marker));
  test.equal(flow.pool.restarts, 1);
  for (const writer of flow.writers) {
    test.equal(writer.lines.length, 371);
    test.equal(new Set(writer.lines).size, 371);
  }
  test.same(flow.differences, [0, 0]);
  test.notOk(existsSync(join(flow.folder, 'dead-letters')));
});

t.test(
  'a batch that ends its worker twice goes to the dead letters, the others go on',
  async (test) => {
    // The thread dies in the middle of the batch's payloads: some rows were handed out before, once.
    const flow = await running(test, { outputs: [{ options: { rows: 4 } }] });
    const stream = flow.open();
    await flow.batch(stream, records(20, 'good'));
    await flow.batch(stream, [...records(8, 'early'), 'die now', ...records(3, 'late')]);
    await flow.batch(stream, records(20, 'well'));
    await flow.intake.settled();
    test.equal(flow.pool.restarts, 2);
    const [writer] = flow.writers;
    const lines = writer?.lines ?? [];
    test.equal(new Set(lines).size, lines.length, 'nothing twice');
    test.same(
      lines.filter((line) => line.startsWith('early')),
      records(8, 'early'),
    );
    test.notOk(lines.some((line) => line.startsWith('late')));
    test.equal(lines.length, 48);
    test.equal(flow.letters.length, 12);
    test.match(flow.letters[8], { code: 'SLUICE_WORKER_CRASHED', stage: 'worker', raw: 'die now' });
    test.match(flow.ledger.slot(0), { received: 52, delivered: 48, deadLettered: 4, queued: 0 });
  },
);

t.test('a sink that takes nothing stops the intake; all arrives when it opens', async (test) => {
  const flow = await running(test, { outputs: [{ limits: { maxInFlight: 2 } }, {}] });
  const [held] = flow.writers;
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  if (held !== undefined) {
    held.decide = async () => {
      await gate;
      return { kind: 'delivered' };
    };
  }
  const stream = flow.open();
  const count = 40_000;
  const line = 'x'.repeat(990);
  const pushed = flow.push(stream, records(count, line), never);
  const { buffers } = flow.intake;
  await until(() => buffers.waiting > 0 && flow.pool.crowded && flow.pool.heldPages === flow.pages);
  const used = flow.budget.used;
  test.ok(used <= flow.budget.limit - flow.budget.reserved);
  const blocked = flow.ledger.slot(0).received;
  const { arrayBuffers } = process.memoryUsage();
  await new Promise((resolve) => setTimeout(resolve, 300));
  test.equal(flow.ledger.slot(0).received, blocked, 'nothing more came in');
  test.equal(flow.budget.used, used);
  test.ok(process.memoryUsage().arrayBuffers - arrayBuffers < 100_000);
  const saturated = (): number => flow.slots[0]?.saturated.total(performance.now()) ?? 0;
  const before = saturated();
  test.ok(before > 0, 'the slot is seen to hold up the others');
  await until(() => saturated() > before);
  test.ok((flow.slots[1]?.saturated.total(performance.now()) ?? 0) < before);
  open();
  await pushed;
  stream.close();
  await flow.intake.settled();
  for (const writer of flow.writers) {
    test.equal(writer.lines.length, count);
    test.equal(new Set(writer.lines).size, count);
  }
  test.equal(flow.budget.usedBy('intake'), 0);
});

t.test('full dead letters hold the slot until files are moved away', async (test) => {
  const flow = await running(test, { deadLetterLimit: 600 });
  const [writer] = flow.writers;
  if (writer !== undefined) {
    writer.decide = ({ rows }) => ({
      kind: 'rows',
      rows: new Map(Array.from({ length: rows }, (_, k) => [k, reject])),
    });
  }
  const stream = flow.open();
  await flow.batch(stream, ['one']);
  await flow.intake.settled();
  await flow.batch(stream, ['two']);
  await until(() => flow.deadLetters.trouble !== undefined);
  test.match(flow.deadLetters.trouble, { code: 'SLUICE_DEAD_LETTERS_FULL' });
  test.match(flow.ledger.slot(0), { deadLettered: 1, queued: 1 });
  const { rmSync, mkdirSync } = await import('node:fs');
  const folder = join(flow.folder, 'dead-letters');
  const [first] = flow.letters;
  test.equal(first?.['raw'], 'one');
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  await flow.intake.settled();
  test.equal(flow.deadLetters.trouble, undefined);
  test.match(flow.ledger.slot(0), { deadLettered: 2, queued: 0 });
  test.same(
    flow.letters.map(({ raw }) => raw),
    ['two'],
    'in a file of its own, not in the one that is gone',
  );
});

t.test(
  'levels: received at once, delivered when every output has it, positions in order',
  async (test) => {
    const flow = await running(test, { outputs: [{}, {}] });
    const [, slow] = flow.writers;
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    if (slow !== undefined) {
      slow.decide = async () => {
        await gate;
        return { kind: 'delivered' };
      };
    }
    const stream = flow.open({ base: 100 });
    const positions: number[] = [];
    stream.onSettled((position) => positions.push(position));
    await flow.batch(stream, records(5));
    stream.append(Buffer.from('six'), undefined, 0);
    await stream.reached('received', never);
    const delivered = stream.reached('delivered', never).then(() => positions.at(-1));
    await until(() => flow.writers[0]?.lines.length === 6);
    test.same(positions, []);
    await test.rejects(stream.reached('delivered', AbortSignal.timeout(20)), {
      name: 'TimeoutError',
    });
    open();
    test.equal(await delivered, 106);
    test.equal(positions.at(-1), 106);
    test.same(
      positions,
      [...positions].sort((a, b) => a - b),
    );
  },
);

t.test('the books balance over any mixture of outcomes', async (test) => {
  const outcome = fc.constantFrom(
    'take',
    'reject',
    'again',
    'down',
    'filter',
    'fail',
    'only 0',
    'only 1',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(outcome, { maxLength: 12 }), { maxLength: 12 }),
      async (plan) => {
        const flow = new FlowTest({
          outputs: [{ options: { rows: 3 } }, { options: { aggregate: true } }],
        });
        try {
          await flow.start();
          const [writer] = flow.writers;
          const failedOnce = new Set<string>();
          const firstTime = (line: string): boolean => {
            if (failedOnce.has(line)) return false;
            failedOnce.add(line);
            return true;
          };
          if (writer !== undefined) {
            writer.decide = (payload) => {
              const rows = new Map<number, RowReject | RowRetry>();
              for (const [k, line] of linesOf(payload).entries()) {
                if (line.startsWith('down') && firstTime(line)) return down;
                if (line.startsWith('reject')) rows.set(k, reject);
                if (line.startsWith('again') && firstTime(line)) rows.set(k, again);
              }
              return { kind: 'rows', rows };
            };
          }
          const stream = flow.open();
          let unique = 0;
          for (const batch of plan) {
            const lines = batch.map((what) => `${what} ${unique++}`);
            if (lines.length > 0) await flow.batch(stream, lines);
            for (const difference of flow.differences) if (difference !== 0) return false;
          }
          await flow.intake.settled();
          const all = plan.flat();
          const of = (...kinds: string[]): number =>
            all.filter((what) => kinds.includes(what)).length;
          const tally = flow.ledger.slot(0);
          test.equal(tally.delivered, of('take', 'again', 'down', 'only 0'));
          test.equal(tally.deadLettered, of('reject', 'fail'));
          test.equal(tally.filtered, of('filter'));
          test.equal(tally.notRouted, of('only 1'));
          test.equal(tally.queued, 0);
          test.equal(new Set(writer?.lines).size, writer?.lines.length);
          test.equal(flow.ledger.slot(1).delivered, all.length - of('filter', 'fail', 'only 0'));
          return flow.differences.every((difference) => difference === 0);
        } finally {
          await flow.close();
        }
      },
    ),
    { numRuns: 12, endOnFailure: true },
  );
});

t.test(
  'a row that one output could not carry is booked there, in whatever pipeline',
  async (test) => {
    const output = { type: 'test', routes: [], options: {} };
    const plan = (name: string, ...outputs: string[]): PipelinePlan => ({
      name,
      from: ['in'],
      steps: [],
      outputs: outputs.map((own) => ({ ...output, name: own, sink: own })),
    });
    const topology = topologyOf(['in'], [plan('first', 'a', 'b'), plan('second', 'c', 'd')]);
    const ledger = new Ledger(topology);
    const folder = test.testdir({});
    const deadLetters = new DeadLetters({ folder, log: pino({ level: 'silent' }) });
    test.teardown(() => deadLetters.close());
    const dispatched = (): void => {};
    const flow = new Flow({ topology, ledger, slots: [], deadLetters, dispatched, signal: never });
    const origin = {
      source: 'in',
      stream: 's',
      key: Buffer.alloc(16),
      base: 0,
      positions: 'ordinal',
    } as const;
    const settled = new Promise<void>((resolve) => {
      const batch = new FlowBatch(
        {
          header: { sequence: 1, origin, receivedAt: 0, revision: 'r', records: 1, peers: [] },
          bytes: Buffer.from('huge'),
          index: Uint32Array.of(0, 4, 0, 0),
          source: 0,
          number: 0,
          end: 1,
          peerTable: new PeerTable(),
          peerTableNumber: 0,
          buffer: undefined,
        },
        () => resolve(),
      );
      const row = {
        ordinal: 0,
        code: 'SLUICE_EVENT_TOO_LARGE',
        stage: 'encode',
        message: '',
      } as const;
      flow.failed(batch, [{ ...row, pipeline: 1, output: 1 }]);
      batch.release();
    });
    await settled;
    test.same(
      ledger.slots.map(({ deadLettered }) => deadLettered),
      [0, 0, 0, 1],
    );
    const [file = ''] = readdirSync(folder);
    test.match(JSON.parse(readFileSync(join(folder, file), 'utf8')), {
      pipeline: 'second',
      output: 'd',
      raw: 'huge',
    });
  },
);
