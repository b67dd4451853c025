import fc from 'fast-check';
import t from 'tap';
import { viewMemory } from '../../src/event/memory.ts';
import { Backoff } from '../../src/pipeline/backoff.ts';
import type { FlowBatch } from '../../src/pipeline/flow-batch.ts';
import { Shipment } from '../../src/pipeline/shipment.ts';
import type { RowReject, RowRetry } from '../../src/sinks/sink.ts';
import { PagePayload } from '../../src/workers/payload.ts';
import { NO_ORDINAL, PAYLOAD } from '../../src/workers/protocol.ts';
import { linesOf } from './harness.ts';

const reject: RowReject = { kind: 'reject', code: 'SLUICE_INTERNAL', reason: 'no' };
const retry: RowRetry = { kind: 'retry', code: 'SLUICE_INTERNAL', reason: 'later', afterMs: 7 };

/** A payload in a worker's page, as the worker tells it. */
function payload(lines: readonly string[], options: { events?: number; skip?: number } = {}) {
  const memory = viewMemory(new SharedArrayBuffer(64 * 1024));
  const released: number[] = [];
  const start = 320;
  const trace = 32_768;
  let used = 0;
  lines.forEach((line, k) => {
    used += memory.bytes.write(`${line}\n`, start + used);
    memory.u32[trace / 4 + 2 * k] = options.events === undefined ? 100 + k : NO_ORDINAL;
    memory.u32[trace / 4 + 2 * k + 1] = used;
  });
  const header = { sequence: 13, receivedAt: 5 };
  const batch = { header, lane: 5, hold: () => {}, release: () => released.push(-1) };
  const events = options.events ?? lines.length;
  const words = [0, PAYLOAD, 1, 0, 3, start, used, trace, lines.length, events];
  const owner = { releasePage: (page: number) => released.push(page) };
  const { skip = 0 } = options;
  const made = new PagePayload(owner, memory, batch as unknown as FlowBatch, words, 1, 0, skip);
  return { payload: made, released };
}

t.test('a payload whose first rows were handed out before begins behind them', async (test) => {
  const lines = ['one', 'two two', 'three', 'four'];
  for (let skip = 0; skip < 4; skip++) {
    const { payload: cut } = payload(lines, { skip });
    test.same(linesOf(cut), lines.slice(skip));
    test.equal(cut.events, 4 - skip);
    test.equal(cut.trace[0], 100 + skip);
    test.equal(
      cut.bytes.toString(),
      lines
        .slice(skip)
        .map((line) => `${line}\n`)
        .join(''),
    );
  }
  const { payload: whole, released } = payload(lines);
  whole.release();
  test.same(released, [3, -1]);
});

t.test(
  'whatever the verdicts, each row is delivered, refused or sent again exactly once',
  async () => {
    const fates = fc.array(fc.constantFrom('take', 'reject', 'retry'), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(fc.array(fates, { minLength: 1, maxLength: 5 }), (rounds) => {
        const lines = Array.from({ length: 20 }, (_, k) => `line ${k} ${'x'.repeat(k)}`);
        const shipment = new Shipment(payload(lines).payload);
        const seen: string[] = [];
        let counted = 0;
        for (const round of rounds) {
          const sent = linesOf(shipment.payload);
          const rows = new Map<number, RowReject | RowRetry>();
          for (const k of [...sent.keys()].reverse()) {
            const fate = round[k % round.length];
            if (fate === 'reject') rows.set(k, reject);
            if (fate === 'retry') rows.set(k, retry);
          }
          const outcome = shipment.apply({ kind: 'rows', rows });
          seen.push(...sent.filter((_, k) => rows.get(k)?.kind !== 'retry'));
          counted += outcome.delivered + shipment.lost(outcome.rejected.length, outcome.left);
          for (const { ordinal, piece } of outcome.rejected) {
            if (piece.toString() !== `${lines[ordinal - 100]}\n`) return false;
          }
          if (!outcome.left) break;
          if (outcome.afterMs !== 7 || shipment.payload.rows === 0) return false;
          const again = linesOf(shipment.payload);
          if (
            again.some(
              (line, k) => k > 0 && lines.indexOf(line) <= lines.indexOf(again[k - 1] ?? ''),
            )
          ) {
            return false;
          }
        }
        return new Set(seen).size === seen.length && counted === seen.length;
      }),
    );
  },
);

t.test('the records of an aggregate are settled once, with its last piece', async (test) => {
  const lines = ['a 3', 'b 4', 'c 5'];
  const mixed = new Shipment(payload(lines, { events: 12 }).payload);
  const first = mixed.apply({
    kind: 'rows',
    rows: new Map<number, RowReject | RowRetry>([
      [0, retry],
      [1, reject],
    ]),
  });
  test.match(first, { delivered: 0, left: true });
  test.equal(mixed.lost(first.rejected.length, first.left), 0);
  test.equal(first.rejected[0]?.ordinal, NO_ORDINAL);
  test.same(linesOf(mixed.payload), ['a 3']);
  const last = mixed.apply({ kind: 'rows', rows: new Map([[0, reject]]) });
  test.equal(last.delivered, 12, 'c was accepted');
  test.equal(mixed.lost(last.rejected.length, last.left), 0);

  const refused = new Shipment(payload(lines, { events: 12 }).payload);
  const all = refused.apply({
    kind: 'rows',
    rows: new Map([
      [0, reject],
      [1, reject],
      [2, reject],
    ]),
  });
  test.equal(all.delivered, 0);
  test.equal(refused.lost(all.rejected.length, all.left), 12);
});

t.test('pauses double from 250 ms to 30 s, shortened at random by up to half', async (test) => {
  const backoff = new Backoff();
  for (let k = 0; k < 12; k++) {
    const full = Math.min(30_000, 250 * 2 ** k);
    const pause = backoff.next();
    test.ok(pause >= full / 2 - 1 && pause <= full, `${pause} of ${full}`);
  }
  test.equal(backoff.next(60_000), 60_000);
  backoff.reset();
  test.ok(backoff.next() <= 250);
});
