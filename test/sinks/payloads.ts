import type { WriterContext } from '../../src/sinks/context.ts';
import type { Payload, Verdict } from '../../src/sinks/sink.ts';

/** A payload out of pieces, in shared memory as the workers' pages are, away from its start. */
export function payload(pieces: readonly string[], place: Partial<Payload> = {}): Payload {
  const chunks = pieces.map((piece) => Buffer.from(piece));
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const page = Buffer.from(new SharedArrayBuffer(length + 64));
  const trace = new Uint32Array(2 * pieces.length);
  let end = 0;
  for (const [index, chunk] of chunks.entries()) {
    page.set(chunk, 64 + end);
    end += chunk.length;
    trace[2 * index] = index;
    trace[2 * index + 1] = end;
  }
  return {
    batch: 0,
    part: 0,
    lane: 0,
    receivedAt: Date.UTC(2026, 0, 1),
    ...place,
    bytes: page.subarray(64, 64 + length),
    rows: pieces.length,
    trace,
  };
}

/** Payloads of one lane out of consecutive groups of pieces. */
export const runOf = (...groups: readonly (readonly string[])[]): Payload[] =>
  groups.map((pieces, index) => payload(pieces, { batch: 8 * index }));

/** Gives a test up rather than hang. */
export const soon = (ms = 60_000): AbortSignal => AbortSignal.timeout(ms);

export const context: WriterContext = {
  node: 'n1',
  pipeline: 'main',
  output: 'out',
  incarnation: '6f1c0a52e3b94d7fa1f0c2d3e4b5a697',
  log: { info: () => undefined, warn: () => undefined },
};

export const delivered: Verdict = { kind: 'delivered' };

/** Code and reason of a payload's only refused or postponed piece. @throws when there is none or more */
export function onlyRow(verdict: Verdict | undefined) {
  if (verdict?.kind !== 'rows')
    throw new Error(`not a verdict on rows: ${JSON.stringify(verdict)}`);
  const [entry] = verdict.rows;
  if (entry === undefined || verdict.rows.size !== 1) throw new Error(`${verdict.rows.size} rows`);
  return { row: entry[0], ...entry[1] };
}

/** Runs the attempt again until it is not a retry any more, as a slot would. @throws after some attempts */
export async function untilSettled(
  attempt: () => Promise<readonly Verdict[]>,
  attempts = 100,
): Promise<readonly Verdict[]> {
  for (let turn = 1; ; turn++) {
    const verdicts = await attempt();
    if (verdicts.every(({ kind }) => kind !== 'retry')) return verdicts;
    if (turn === attempts) throw new Error(JSON.stringify(verdicts));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
