import fc from 'fast-check';
import t from 'tap';
import {
  FRAME_BAD,
  FRAME_DONE,
  FRAME_INDEX_FULL,
  FRAME_TOO_LONG,
  FRAMING_AUTO,
  FRAMING_LF,
  FRAMING_OCTET,
  FRAMINGS,
} from '../../src/event/framing.ts';
import type { TestCore } from './cores.ts';
import { bothCores } from './cores.ts';

const MAX = 64;

interface Framed {
  records: string[];
  rest: string;
  empty: number;
  reason: number;
  declared: number;
}

/** One call of the routine over all the bytes. */
function frame(test: TestCore, text: string | Uint8Array, mode: number, capacity = 100): Framed {
  const { u8, u32, bytes } = test.core.memory;
  const raw = Buffer.from(text as string);
  const at = test.input;
  u8.fill(0x0a, at, at + raw.length + 128);
  u8.set(raw, at);
  const index = test.regions.largeInput.index.start;
  const count = test.core.frames(at, at + raw.length, at, mode, index, capacity, MAX);
  const records = Array.from({ length: count }, (_, k) => {
    const entry = (index >>> 2) + 4 * k;
    if (u32[entry + 2] !== 0 || u32[entry + 3] !== 0)
      throw new Error('peer and flags are not zero');
    const start = at + (u32[entry] as number);
    return bytes.toString('latin1', start, start + (u32[entry + 1] as number));
  });
  const [next = 0, empty = 0, reason = 0, declared = 0] = test.core.result;
  const rest = bytes.toString('latin1', next, at + raw.length);
  return { records, rest, empty, reason, declared };
}

/** Frames bytes that arrive in pieces, as an intake does. */
function framePieces(test: TestCore, pieces: readonly Uint8Array[], mode: number): string[] {
  const records: string[] = [];
  let pending = Buffer.alloc(0);
  for (const piece of pieces) {
    pending = Buffer.concat([pending, piece]);
    const framed = frame(test, pending, mode);
    records.push(...framed.records);
    pending = Buffer.from(framed.rest, 'latin1');
    if (framed.reason !== FRAME_DONE) return [...records, `stopped ${framed.reason}`];
  }
  return records;
}

const [reference, wasm] = bothCores([{ path: 'message', type: 'text' }]);

for (const test of [reference, wasm]) {
  t.test(`core: ${test.core.name}`, (t) => {
    const auto = (text: string, capacity?: number) => frame(test, text, FRAMING_AUTO, capacity);

    t.test('the framing is decided for each frame', (t) => {
      t.match(auto('<1>a\n6 <2>b\nc<3>d\r\n\u00005 <4>ef'), {
        records: ['<1>a', '<2>b\nc', '<3>d', '<4>ef'],
        rest: '',
        reason: FRAME_DONE,
      });
      t.match(auto('<1>a\n <2>b\n'), { records: ['<1>a', '<2>b'] }, 'SP after LF, as Cisco');
      t.match(auto('3 abc\n3 def\n'), { records: ['abc', 'def'], empty: 0 }, 'counted, and LF too');
      t.match(auto('4 abc\n4 def\r'), { records: ['abc', 'def'] }, 'the count covers the LF');
      t.end();
    });

    t.test('digits that are no count begin a line', (t) => {
      for (const line of ['2026-01-02 up', '0123 x', '123456789 x', '20260102 12:00 up', '7']) {
        t.same(auto(`${line}\n`).records, [line]);
      }
      t.match(auto('20260102 <13>x'), { reason: FRAME_TOO_LONG, declared: 20260102 });
      t.match(auto('20260102 '), { records: [], rest: '20260102 ', reason: FRAME_DONE });
      t.end();
    });

    t.test('partial records wait', (t) => {
      for (const part of ['12', '5 <1>', '<13>half', '5', '']) {
        t.match(auto(`<1>a\n${part}`), { records: ['<1>a'], rest: part, reason: FRAME_DONE });
      }
      t.end();
    });

    t.test('empty records are skipped and counted', (t) => {
      t.match(auto('\n\n<1>a\n\r\n'), { records: ['<1>a'], empty: 3 });
      t.match(auto('2 \r\n3 abc'), { records: ['abc'], empty: 1 });
      t.match(frame(test, '\n\0\n a \n', FRAMING_LF), { records: [' a '], empty: 2 });
      t.end();
    });

    t.test('lines keep their leading white space, and trailing CR and NUL go', (t) => {
      const framed = frame(test, '\tat x.y\n  5 z\r\n\0a\0\r\n', FRAMING_LF);
      t.same(framed.records, ['\tat x.y', '  5 z', '\0a']);
      t.end();
    });

    t.test('a record that is too long stops the scan where it starts', (t) => {
      const line = 'x'.repeat(MAX + 1);
      t.match(auto(`<1>a\n${line}\n`), { records: ['<1>a'], reason: FRAME_TOO_LONG, declared: 0 });
      t.match(auto(line), { rest: line, reason: FRAME_TOO_LONG }, 'also without its end');
      t.match(auto(line.slice(1)), { reason: FRAME_DONE });
      t.match(auto(`${line.slice(1)}\n`), { records: [line.slice(1)] });
      const counted = auto(`<1>a\n${MAX + 1} <${line}`);
      t.match(counted, { reason: FRAME_TOO_LONG, declared: MAX + 1, rest: `<${line}` });
      t.match(auto(`${MAX} ${line.slice(1)}`), { records: [line.slice(1)] });
      t.end();
    });

    t.test('octet counting alone takes nothing else', (t) => {
      const octet = (text: string) => frame(test, text, FRAMING_OCTET);
      t.match(octet('3 abc 4 defg'), { records: ['abc', 'defg'], reason: FRAME_DONE });
      for (const bad of ['<13>x\n', '012 x', '12x', '123456789', '+3 abc']) {
        t.match(octet(`3 abc${bad}`), { records: ['abc'], rest: bad, reason: FRAME_BAD });
      }
      t.match(octet('99999999 x'), { reason: FRAME_TOO_LONG, declared: 99_999_999 });
      t.end();
    });

    t.test('a full index stops the scan in front of a record', (t) => {
      const framed = auto('a\nb\nc\n', 2);
      t.match(framed, { records: ['a', 'b'], rest: 'c\n', reason: FRAME_INDEX_FULL });
      t.match(auto('a\nb\n\n', 2), { reason: FRAME_DONE });
      t.match(auto('half', 0), { reason: FRAME_DONE });
      t.end();
    });

    t.test('split at any point, the stream has the same records', (t) => {
      const record = fc.oneof(
        fc.string({ maxLength: 20 }).map((text) => `<13>${text.replaceAll('\n', ' ')}\n`),
        fc
          .string({ unit: 'binary-ascii', maxLength: 20 })
          .map((text) => `${text.length + 4} <13>${text}`),
        fc.constantFrom('\n', '\r\n', ' ', '\0', '12', '0', '99999999 ', '7 ', '2026-01-01 x\n'),
      );
      fc.assert(
        fc.property(
          fc.array(record, { maxLength: 12 }),
          fc.array(fc.nat(200), { maxLength: 6 }),
          fc.constantFrom(FRAMING_AUTO, FRAMING_LF, FRAMING_OCTET),
          (records, cuts, mode) => {
            const bytes = Buffer.from(records.join(''), 'utf8');
            const points = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length];
            points.sort((a, b) => a - b);
            const pieces = points.slice(1).map((end, k) => bytes.subarray(points[k], end));
            const whole = framePieces(test, [bytes], mode);
            const split = framePieces(test, pieces, mode);
            return JSON.stringify(whole) === JSON.stringify(split);
          },
        ),
        { numRuns: 300 },
      );
      t.end();
    });
    t.end();
  });
}

t.test('both cores leave the same bytes', (t) => {
  const soup = fc.array(
    fc.oneof(
      fc.constantFrom('\n', '\r\n', ' ', '\0', '<', '<13>', '3 abc', '64 ', '65 <', '0', '9'),
      fc.string({ maxLength: 90 }),
    ),
    { maxLength: 20 },
  );
  const modes = fc.constantFrom(...Object.values(FRAMINGS));
  fc.assert(
    fc.property(soup, modes, fc.nat(8), (parts, mode, capacity) => {
      const text = parts.join('');
      const a = frame(reference, text, mode, capacity);
      const b = frame(wasm, text, mode, capacity);
      return JSON.stringify(a) === JSON.stringify(b);
    }),
    { numRuns: 1000 },
  );
  t.end();
});
