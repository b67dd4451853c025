import fc from 'fast-check';
import t from 'tap';
import { PARTIAL, TRUNCATED } from '../../src/event/row.ts';
import { FrameReader } from '../../src/sources/frame-reader.ts';
import { CollectStream } from './collect-stream.ts';

const MAX = 64;

function setUp(mode: 'auto' | 'lf' | 'octet' = 'auto', maxRecord = MAX, room = Infinity) {
  const stream = new CollectStream(
    { label: '', identity: '', positions: mode === 'lf' ? 'offset' : 'ordinal', base: 0 },
    room,
  );
  const seen = { truncated: 0, incomplete: 0 };
  const reader = new FrameReader(stream, {
    mode,
    maxRecord,
    truncated: () => (seen.truncated += 1),
    incomplete: () => (seen.incomplete += 1),
  });
  return { stream, reader, seen };
}

interface Frame {
  readonly octet: boolean;
  readonly end: string;
  readonly record: Buffer;
}

const frame: fc.Arbitrary<Frame> = fc.record({
  octet: fc.boolean(),
  end: fc.constantFrom('\n', '\r\n', '\0\n', '\n \n'),
  record: fc
    .oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: MAX, maxLength: 300 }))
    .map((bytes) => Buffer.concat([Buffer.from('<'), bytes, Buffer.from('x')])),
});

function wire({ octet, end, record }: Frame): Buffer {
  if (octet) return Buffer.concat([Buffer.from(`${record.length} `), record]);
  return Buffer.concat([withoutLf(record), Buffer.from(end)]);
}

function withoutLf(record: Buffer): Buffer {
  return Buffer.from(record.map((byte) => (byte === 0x0a ? 0x20 : byte)));
}

/** Cuts bytes into pieces of the given sizes, in turn. */
function* pieces(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield Buffer.from(bytes.subarray(at, at + size));
    at += size;
  }
}

t.test('mixed framing gives the same records however the bytes are cut', async (t) => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 100 }),
      (frames, sizes, room, headroom) => {
        const { stream, reader, seen } = setUp('auto', MAX, room);
        for (const piece of pieces(Buffer.concat(frames.map(wire)), sizes)) {
          const area = Buffer.alloc(headroom + piece.length, 0x21);
          area.set(piece, headroom);
          let state = reader.push(area.subarray(headroom), headroom);
          area.fill(0x21); // the chunk's buffer is used again at once
          while (state === 'full') {
            stream.setRoom(room);
            state = reader.resume();
          }
          if (state === 'bad') return false;
        }
        while (reader.end(false) === 'full') stream.setRoom(room);
        const whole = frames.map(({ octet, record }) => (octet ? record : withoutLf(record)));
        const tooLong = whole.filter(({ length }) => length > MAX).length;
        const expected = whole.map((record) => record.toString('latin1').slice(0, MAX));
        const flags = whole.map(({ length }) => (length > MAX ? TRUNCATED : 0));
        t.same(stream.texts, expected);
        t.same(
          stream.records.map((record) => record.flags),
          flags,
        );
        t.equal(seen.truncated, tooLong);
        t.equal(seen.incomplete, 0);
        t.equal(reader.records, expected.length);
        return true;
      },
    ),
    { numRuns: 300 },
  );
});

t.test('positions of lines are their bytes in the file, behind truncated ones too', async (t) => {
  const { stream, reader } = setUp('lf', 10);
  const text = 'one\ntwo\r\n\n0123456789abcdef\nthree\n';
  for (const piece of pieces(Buffer.from(text), [5])) reader.push(piece);
  reader.end(false);
  t.same(
    stream.records.map(({ bytes, position }) => [bytes.toString(), position]),
    [
      ['one', 0],
      ['two', 4],
      ['0123456789', 10],
      ['three', 27],
    ],
  );
  t.equal(stream.position, text.length);
  t.equal(reader.offset, text.length);
});

t.test('a long record that arrives in small pieces is not searched again for each', async (t) => {
  const { stream, reader, seen } = setUp('auto', 2 ** 20);
  const line = Buffer.alloc(600_000, 0x61);
  for (const piece of pieces(line, [100])) reader.push(piece);
  reader.push(Buffer.from('\n600000 '));
  for (const piece of pieces(line, [100])) reader.push(piece);
  t.same(
    stream.records.map(({ bytes }) => bytes.length),
    [600_000, 600_000],
  );
  t.ok(stream.calls < 20, `${stream.calls} calls`);
  t.equal(seen.truncated, 0);
});

t.test('memory is the tail, and it is given back', async (t) => {
  const { stream, reader } = setUp('auto', 2 ** 20);
  reader.push(Buffer.from('<13>short'));
  t.equal(reader.held, 0, 'half a line of usual length is free');
  reader.push(Buffer.alloc(100_000, 0x61));
  t.ok(reader.held >= 100_000 && reader.held < 300_000, `${reader.held} bytes`);
  reader.push(Buffer.from('\n<13>next'));
  t.equal(reader.held, 0);
  t.equal(stream.records[0]?.bytes.length, 100_009);
});

t.test('the end', async (t) => {
  const cases: [string, 'auto' | 'lf' | 'octet', boolean, string[], number[]][] = [
    ['<1>a\n<2>b', 'auto', false, ['<1>a', '<2>b'], [0, 0]],
    ['<1>a\n<2>b', 'auto', true, ['<1>a', '<2>b'], [0, PARTIAL]],
    ['a\nb\r', 'lf', false, ['a', 'b'], [0, 0]],
    ['4 <1>a9 <2>b', 'auto', false, ['<1>a', '<2>b'], [0, PARTIAL]],
    ['4 <1>a9 <2>b', 'octet', false, ['<1>a', '<2>b'], [0, PARTIAL]],
    ['4 <1>a100 <2>b', 'octet', false, ['<1>a', '<2>b'], [0, PARTIAL | TRUNCATED]],
    ['4 <1>a\n\r\0 ', 'auto', false, ['<1>a'], [0]],
    ['', 'auto', false, [], []],
  ];
  for (const [bytes, mode, broken, records, flags] of cases) {
    const { stream, reader, seen } = setUp(mode);
    reader.push(Buffer.from(bytes));
    t.equal(reader.end(broken), 'more', bytes);
    t.same(stream.texts, records, bytes);
    t.same(
      stream.records.map((record) => record.flags),
      flags,
      bytes,
    );
    t.equal(seen.incomplete, flags.at(-1) === 0 || flags.length === 0 ? 0 : 1, bytes);
  }
});

t.test('a malformed octet count is bad, with its offset', async (t) => {
  const { stream, reader } = setUp('octet');
  t.equal(reader.push(Buffer.from('3 abc7x <1>')), 'bad');
  t.same(stream.texts, ['abc']);
  t.equal(reader.offset, 5);
});

t.test('cut ends the unfinished record, and only it', async (t) => {
  for (const [first, rest] of [
    ['<1>aaaa', 'bbbb\n<2>c\n'],
    ['11 <1>aaaa', 'bbbb<2>c\n'],
    ['100 <1>aaaa', `${'b'.repeat(93)}<2>c\n`],
  ] as const) {
    const { stream, reader, seen } = setUp('auto');
    reader.push(Buffer.from(first));
    reader.push(Buffer.from('')); // nothing new
    t.equal(reader.cut(), first.length > 1024, 'a short tail holds no memory worth cutting');
    const long = setUp('auto', 10_000);
    const filler = 'a'.repeat(5000);
    const text = first.replace('aaaa', filler).replace(/^(\d+)/, (n) => String(Number(n) + 4996));
    long.reader.push(Buffer.from(text));
    t.equal(long.reader.cut(), true);
    long.reader.push(Buffer.from(rest));
    t.same(long.stream.texts, [`<1>${filler}`, '<2>c'], first);
    t.same(long.stream.records[0]?.flags, TRUNCATED);
    t.equal(long.seen.truncated, 1);
    t.equal(long.reader.held, 0);
    t.same([stream.texts, seen.truncated], [[], 0]);
  }
});
