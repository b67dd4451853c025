import t from 'tap';
import { createCore } from '../../src/event/create-core.ts';
import { viewMemory } from '../../src/event/memory.ts';
import { INPUT_BYTES, INPUT_RECORDS } from '../../src/event/regions.ts';
import { TRUNCATED } from '../../src/event/row.ts';
import { BATCH_BYTES, Budget, shareOut } from '../../src/pipeline/budget.ts';
import type { FlowBatch } from '../../src/pipeline/flow-batch.ts';
import { Intake } from '../../src/pipeline/intake.ts';
import { LargeRoom } from '../../src/pipeline/large-room.ts';
import { streamKey } from '../../src/pipeline/stream-key.ts';
import type { FrameOptions, Stream, StreamOptions } from '../../src/sources/source.ts';
import { PEER_TABLE_SIZE } from '../../src/workers/protocol.ts';
import { until } from './harness.ts';

const MIB = 2 ** 20;
const never = new AbortController().signal;
const lines: FrameOptions = { mode: 'auto', maxRecord: MIB, peer: undefined, final: false };

/** An intake whose batches stay until the test releases them. */
function intake(
  test: { teardown(close: () => void): void },
  budgetBytes = 16 * MIB,
  linger = 60_000,
) {
  const share = shareOut(budgetBytes, 1, 2);
  const budget = new Budget(budgetBytes, share);
  const batches: FlowBatch[] = [];
  const made = new Intake({
    core: createCore('ts', viewMemory(new SharedArrayBuffer(budgetBytes))),
    budget,
    sources: [
      { name: 'a', linger },
      { name: 'b', linger },
    ],
    incarnation: new Uint8Array(16),
    revision: 'r',
    firstSequence: 0,
    crowded: () => false,
    submit: (batch) => batches.push(batch),
  });
  const open = (options: Partial<StreamOptions> = {}, source = 0): Stream => {
    const identity = { label: 'test', identity: 't', positions: 'ordinal', base: 0 } as const;
    const stream = made.open(source, { ...identity, ...options });
    test.teardown(() => stream.close());
    return stream;
  };
  return { intake: made, budget, batches, open };
}

function recordsOf(batch: FlowBatch | undefined): string[] {
  if (batch === undefined) return [];
  return Array.from({ length: batch.header.records }, (_, k) => batch.record(k).toString());
}

t.test('bytes of a stream become records, whatever the chunks', async (test) => {
  const wanted = Array.from({ length: 3000 }, (_, k) => `record ${k} ${'x'.repeat(k % 400)}`);
  const bytes = Buffer.from(
    wanted.map((line, k) => (k % 3 === 0 ? `${line.length} ${line}` : `${line}\n`)).join(''),
  );
  for (const chunk of [bytes.length, 65_536, 4099]) {
    const { intake: made, batches, open } = intake(test);
    const stream = open();
    let tail = Buffer.alloc(0);
    for (let at = 0; at < bytes.length; at += chunk) {
      const piece = Buffer.concat([tail, bytes.subarray(at, at + chunk)]);
      const { consumed, state } = stream.frames(piece, lines);
      test.equal(state, 'more');
      tail = piece.subarray(consumed);
    }
    test.equal(tail.length, 0);
    stream.close();
    test.same(batches.flatMap(recordsOf), wanted);
    test.ok(batches.every(({ bytes: { length } }) => length <= INPUT_BYTES));
    test.same(
      batches.map(({ header }) => header.sequence),
      batches.map((_, k) => k),
    );
    test.equal(made.tallies[0]?.records, wanted.length);
    test.equal(made.tallies[0]?.bytes, bytes.length);
  }
});

t.test('many short records fill a batch by their number', async (test) => {
  const { batches, open } = intake(test);
  const stream = open();
  const { consumed, records } = stream.frames(Buffer.from('a\n'.repeat(INPUT_RECORDS + 5)), lines);
  test.same([consumed, records], [2 * (INPUT_RECORDS + 5), INPUT_RECORDS + 5]);
  test.equal(batches[0]?.header.records, INPUT_RECORDS);
  stream.flush();
  test.equal(batches[1]?.header.records, 5);
});

t.test('positions: ordinals and offsets go on from batch to batch', async (test) => {
  for (const positions of ['ordinal', 'offset'] as const) {
    const { batches, open } = intake(test);
    const stream = open({ positions, base: 1000 });
    const settled: number[] = [];
    stream.onSettled((position) => settled.push(position));
    for (const text of ['one\ntwo\n', '\n\n', 'three\n']) {
      stream.frames(Buffer.from(text), lines);
      stream.flush();
    }
    const bases = batches.map(({ header }) => header.origin.base);
    test.same(bases, positions === 'offset' ? [1000, 1010] : [1000, 1002]);
    batches[1]?.release();
    test.same(settled, []);
    batches[0]?.release();
    const end = positions === 'offset' ? 1016 : 1003;
    test.equal(settled.at(-1), end);
  }
});

t.test('a truncated record and what is skipped behind it keep the offsets right', async (test) => {
  const { intake: made, batches, open } = intake(test);
  const stream = open({ positions: 'offset' });
  const short = { ...lines, mode: 'lf', maxRecord: 10 } as const;
  const text = Buffer.from(`good\n${'y'.repeat(25)}\nafter\n`);
  const first = stream.frames(text, short);
  test.match(first, { consumed: 5, records: 1, state: 'too-long', declared: 0 });
  stream.append(text.subarray(5, 15), undefined, TRUNCATED);
  stream.skip(16);
  const rest = stream.frames(text.subarray(31), short);
  test.match(rest, { consumed: 6, records: 1, state: 'more' });
  stream.flush();
  test.same(batches.map(recordsOf), [['good', 'yyyyyyyyyy'], ['after']]);
  test.same(
    batches.map(({ header }) => header.origin.base),
    [0, 31],
  );
  test.equal(batches[0]?.index[7], TRUNCATED);
  test.equal(made.tallies[0]?.truncated, 1);
});

t.test('octet counts: too long with its frame, malformed said so', async (test) => {
  const { open } = intake(test);
  const stream = open();
  const octet = { ...lines, mode: 'octet', maxRecord: 100 } as const;
  const long = stream.frames(Buffer.from('3 abc200 xxxx'), octet);
  test.match(long, { consumed: 5, records: 1, state: 'too-long', declared: 200 });
  test.match(stream.frames(Buffer.from('x3 abc'), octet), { consumed: 0, state: 'bad' });
});

t.test('the last line of a stream needs no LF', async (test) => {
  const { batches, open } = intake(test);
  const stream = open();
  const result = stream.frames(Buffer.from('one\ntwo\r'), { ...lines, final: true });
  test.match(result, { consumed: 8, records: 2, state: 'more' });
  stream.close();
  test.same(recordsOf(batches[0]), ['one', 'two']);
});

t.test(
  'an oversize record travels alone, one at a time, and gives its memory back',
  async (test) => {
    const { intake: made, budget, batches, open } = intake(test, 64 * MIB);
    const stream = open();
    const big = 'b'.repeat(3 * MIB);
    const wide = { ...lines, maxRecord: 10 * MIB };
    const text = Buffer.from(`small\n${big}\nnext\n${big}\n`);
    const first = stream.frames(text, wide);
    test.equal(first.state, 'full', 'the second one waits for the first');
    test.equal(first.records, 3);
    test.same(
      batches.map((batch) => recordsOf(batch).map((record) => record.length)),
      [[5], [big.length], [4]],
    );
    test.equal(batches[1]?.large, true);
    test.ok(budget.usedBy('large') >= 3 * big.length);
    let woken = false;
    const room = stream.room(never).then(() => {
      woken = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    test.notOk(woken);
    batches[1]?.release();
    await room;
    const second = stream.frames(text.subarray(first.consumed), wide);
    test.match(second, { state: 'more', records: 1 });
    stream.close();
    test.same(
      batches.slice(3).map((batch) => batch.bytes.length),
      [big.length],
    );
    for (const batch of batches) if (!batch.settled) batch.release();
    test.equal(budget.usedBy('large'), 0);
    test.equal(budget.usedBy('intake'), 0);
    test.equal(made.outstanding, 0);
  },
);

t.test(
  'room that was granted for one oversize record is not enough for a longer one',
  async (test) => {
    const { budget } = intake(test, 64 * MIB);
    const room = new LargeRoom(budget);
    const stream = {};
    test.ok(room.grant(stream, MIB));
    test.ok(room.take(stream, 3 * MIB));
    test.equal(budget.usedBy('large'), 4 * 3 * MIB);
    room.give();
    test.ok(room.grant(stream, 3 * MIB));
    test.ok(room.take(stream, MIB));
    test.equal(budget.usedBy('large'), 4 * 3 * MIB);
    room.give();
    test.equal(budget.usedBy('large'), 0);
  },
);

t.test('senders of one stream with oversize records get their turn, all of them', async (test) => {
  const { batches, open } = intake(test, 64 * MIB);
  const stream = open();
  const big = Buffer.alloc(2 * MIB, 'b');
  test.ok(stream.append(big, undefined, 0));
  const served: string[] = [];
  const send = async (name: string): Promise<void> => {
    while (!stream.append(big, undefined, 0)) await stream.room(AbortSignal.timeout(5000));
    served.push(name);
  };
  const sent = Promise.all([send('one'), send('two'), send('three')]);
  for (let k = 0; k < 3; k++) {
    batches[k]?.release();
    await until(() => batches.length > k + 1);
  }
  await sent;
  test.same(served.sort(), ['one', 'three', 'two']);
  batches[3]?.release();
});

t.test(
  'at the limit streams wait in turn; senders that cannot be slowed have a reserve',
  async (test) => {
    const { intake: made, budget, batches, open } = intake(test);
    const record = Buffer.alloc(INPUT_BYTES, 'r');
    const [a, b] = [open(), open({}, 1)];
    const udp = open({ reserved: true });
    while (a.append(record, undefined, 0)) void 0;
    test.ok(budget.used + BATCH_BYTES > budget.limit - budget.reserved);
    test.equal(b.append(record, undefined, 0), false);
    test.equal(udp.append(record, undefined, 0), true);
    test.equal(udp.append(record, undefined, 0), true);
    test.equal(udp.append(record, undefined, 0), false, 'the reserve has an end, too');
    const order: string[] = [];
    const waits = [
      a.room(never).then(() => order.push('a')),
      b.room(never).then(() => order.push('b')),
      a.room(never).then(() => order.push('a again')),
    ];
    // The reserve fills up first.
    while (order.length === 0) {
      batches.shift()?.release();
      await new Promise((resolve) => setImmediate(resolve));
    }
    test.same(order, ['a']);
    test.equal(b.append(record, undefined, 0), false, 'nobody overtakes');
    test.equal(a.append(record, undefined, 0), true);
    batches.shift()?.release();
    await new Promise((resolve) => setImmediate(resolve));
    test.same(order, ['a', 'b']);
    test.equal(b.append(record, undefined, 0), true);
    batches.shift()?.release();
    await Promise.all(waits);
    test.same(order, ['a', 'b', 'a again']);
    test.ok((made.tallies[1]?.blockedMs ?? 0) > 0);
    for (const stream of [a, b, udp]) stream.close();
    for (const batch of batches) batch.release();
    test.equal(budget.usedBy('intake'), 0, 'what was granted and not used is given back');
  },
);

t.test('who stops waiting leaves the queue', async (test) => {
  const { batches, open } = intake(test);
  const record = Buffer.alloc(INPUT_BYTES, 'r');
  const [a, b] = [open(), open({}, 1)];
  while (a.append(record, undefined, 0)) void 0;
  const gone = new AbortController();
  const first = a.room(gone.signal);
  const second = b.room(never);
  gone.abort(new Error('closed'));
  await test.rejects(first, { message: 'closed' });
  a.close();
  batches.shift()?.release();
  await second;
  test.equal(b.append(record, undefined, 0), true);
});

t.test('a batch leaves after its linger time', async (test) => {
  const { batches, open } = intake(test, 16 * MIB, 10);
  const stream = open();
  stream.append(Buffer.from('alone'), undefined, 0);
  test.equal(batches.length, 0);
  await until(() => batches.length === 1);
  test.same(recordsOf(batches[0]), ['alone']);
  stream.close();
});

t.test('peers are numbered for each batch; a full table ends it', async (test) => {
  const { batches, open } = intake(test);
  const stream = open();
  for (let port = 1; port <= PEER_TABLE_SIZE + 2; port++) {
    stream.append(Buffer.from(`from ${port}`), { address: '192.0.2.7', port }, 0);
  }
  stream.frames(Buffer.from('again\n'), { ...lines, peer: { address: '192.0.2.7', port: 300 } });
  stream.append(Buffer.from('nobody'), undefined, 0);
  stream.close();
  test.same(
    batches.map(({ header }) => header.records),
    [PEER_TABLE_SIZE, 4],
  );
  for (const batch of batches) {
    for (let k = 0; k < batch.header.records; k++) {
      const text = batch.record(k).toString();
      const port = text === 'again' ? 300 : Number(text.slice(5));
      const wanted = text === 'nobody' ? undefined : { address: '192.0.2.7', port };
      test.same(batch.peer(k), wanted);
    }
  }
});

t.test(
  'stream keys differ by incarnation, source and stream, and by nothing else',
  async (test) => {
    const one = new Uint8Array(16);
    const two = new Uint8Array(16).fill(1);
    const keys = [
      streamKey(one, 'ab', 'c'),
      streamKey(one, 'a', 'bc'),
      streamKey(one, 'ab', 'd'),
      streamKey(two, 'ab', 'c'),
    ].map((key) => Buffer.from(key).toString('hex'));
    test.equal(new Set(keys).size, 4);
    test.ok(keys.every((key) => key.length === 32));
    test.equal(keys[0], Buffer.from(streamKey(one, 'ab', 'c')).toString('hex'));
  },
);

t.test('the budget is shared out for any number of workers', async (test) => {
  for (const [limit, workers, cores] of [
    [16 * MIB, undefined, 2],
    [64 * MIB, undefined, 64],
    [64 * MIB, 4, 2],
    [256 * MIB, 16, 16],
  ] as const) {
    const share = shareOut(limit, workers, cores);
    const budget = new Budget(limit, share);
    test.ok(share.workers >= 1 && share.inputs >= 2 && share.pages >= 4);
    test.ok(budget.usedBy('workers') <= limit * 0.6);
    test.ok(budget.shared >= 4 * BATCH_BYTES);
  }
  test.throws(() => shareOut(16 * MIB, 32, 2), { code: 'SLUICE_MEMORY_BUDGET' });
});
