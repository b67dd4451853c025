import fc from 'fast-check';
import t from 'tap';
import { createCore } from '../../src/event/create-core.ts';
import { viewMemory } from '../../src/event/memory.ts';
import { PARTIAL, TRUNCATED } from '../../src/event/row.ts';
import { Budget, shareOut } from '../../src/pipeline/budget.ts';
import type { FlowBatch } from '../../src/pipeline/flow-batch.ts';
import { Intake } from '../../src/pipeline/intake.ts';
import { FrameReader } from '../../src/sources/frame-reader.ts';
import type { StreamOptions } from '../../src/sources/source.ts';
import { takeAll, takeEnd } from '../../src/sources/take-all.ts';

const MIB = 2 ** 20;
const BUDGET = 16 * MIB;
const MAX = 600_000;

interface Taken {
  readonly bytes: Buffer;
  readonly flags: number;
  readonly position: number;
}

/** The daemon's own intake, whose batches settle a moment after they were closed: room is scarce all the time. */
function scarce(positions: StreamOptions['positions']) {
  const taken: Taken[] = [];
  const intake = new Intake({
    core: createCore('ts', viewMemory(new SharedArrayBuffer(BUDGET))),
    budget: new Budget(BUDGET, shareOut(BUDGET, 1, 2)),
    sources: [{ name: 'a', linger: 1 }],
    incarnation: new Uint8Array(16),
    revision: '',
    firstSequence: 0,
    crowded: () => false,
    submit: (batch) => {
      taken.push(...recordsOf(batch));
      setImmediate(() => {
        batch.release();
      });
    },
  });
  const stream = intake.open(0, { label: '', identity: '', positions, base: 0 });
  return { taken, stream };
}

function recordsOf(batch: FlowBatch): Taken[] {
  const { base, positions } = batch.header.origin;
  return Array.from({ length: batch.header.records }, (_, record) => {
    const [offset = 0, , , flags = 0] = batch.index.subarray(record * 4, record * 4 + 4);
    const position = base + (positions === 'offset' ? offset : record);
    return { bytes: Buffer.from(batch.record(record)), flags, position };
  });
}

const lengths = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 500 }) },
  { weight: 2, arbitrary: fc.integer({ min: 200_000, max: 400_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: MAX - 1, max: 900_000 }) },
);
const options = { mode: 'auto', maxRecord: MAX, truncated: () => 0, incomplete: () => 0 } as const;

t.test(
  'the intake gets every record of any length, whatever the framing and the chunks',
  async (t) => {
    const frames = fc.array(fc.record({ length: lengths, octet: fc.boolean() }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(frames, fc.integer({ min: 20_000, max: 300_000 }), async (frames, chunk) => {
        const { taken, stream } = scarce('ordinal');
        const records = frames.map(({ length }, k) => `<${k}>`.padEnd(length + 4, 'abcdefg'));
        const wire = records.map((record, k) =>
          frames[k]?.octet === true ? `${record.length} ${record}` : `${record}\r\n`,
        );
        const bytes = Buffer.from(wire.join(''));
        const reader = new FrameReader(stream, options);
        for (let at = 0; at < bytes.length; at += chunk) {
          const piece = bytes.subarray(at, at + chunk);
          t.ok(await takeAll(reader, stream, piece, 0, AbortSignal.timeout(10_000)));
        }
        await takeEnd(reader, stream, false, AbortSignal.timeout(10_000));
        stream.close();
        t.equal(taken.length, records.length);
        for (const [k, { bytes, flags, position }] of taken.entries()) {
          const record = records[k] ?? '';
          t.equal(bytes.toString('latin1') === record.slice(0, MAX), true);
          // A line of just the maximum may be taken for longer, by its CR.
          if (record.length !== MAX) t.equal(flags, record.length > MAX ? TRUNCATED : 0);
          t.equal(position, k);
        }
      }),
      { numRuns: 15 },
    );
  },
);

t.test('positions of a file’s lines, and the end of it', async (t) => {
  const { taken, stream } = scarce('offset');
  const settled: number[] = [];
  stream.onSettled((position) => settled.push(position));
  const long = 'x'.repeat(MAX + 50_000);
  const text = `one\n\r\n${long}\n${'y'.repeat(300_000)}\nlast`;
  const reader = new FrameReader(stream, { ...options, mode: 'lf' });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 100_000) {
    const piece = bytes.subarray(at, at + 100_000);
    await takeAll(reader, stream, piece, 0, AbortSignal.timeout(10_000));
  }
  await takeEnd(reader, stream, false, AbortSignal.timeout(10_000));
  stream.close();
  await stream.reached('delivered', AbortSignal.timeout(10_000));
  t.same(
    taken.map(({ bytes, flags, position }) => [bytes.length, flags, position]),
    [
      [3, 0, 0],
      [MAX, TRUNCATED, 6],
      [300_000, 0, text.indexOf('y')],
      [4, 0, text.indexOf('last')],
    ],
  );
  t.equal(settled.at(-1), text.length);
});

t.test('an incomplete frame at the end', async (t) => {
  const { taken, stream } = scarce('ordinal');
  const reader = new FrameReader(stream, options);
  reader.push(Buffer.from('5 <1>ab20 <2>incomplete'));
  await takeEnd(reader, stream, false, AbortSignal.timeout(10_000));
  stream.close();
  t.same(
    taken.map(({ bytes, flags }) => [bytes.toString(), flags]),
    [
      ['<1>ab', 0],
      ['<2>incomplete', PARTIAL],
    ],
  );
});
