import type { Payload, RowReject, RowRetry, Verdict } from './sink.ts';

type RowVerdict = RowReject | RowRetry;
type Retry = Extract<Verdict, { kind: 'retry' }>;

/** A run's pieces numbered through, from 0, over all its payloads. */
export class Run {
  readonly payloads: readonly Payload[];
  readonly pieces: number;
  /** First piece of each payload. */
  readonly #firsts: readonly number[];

  constructor(payloads: readonly Payload[]) {
    this.payloads = payloads;
    const firsts: number[] = [];
    let pieces = 0;
    for (const { rows } of payloads) {
      firsts.push(pieces);
      pieces += rows;
    }
    this.#firsts = firsts;
    this.pieces = pieces;
  }

  first(payload: number): number {
    return this.#firsts[payload] ?? this.pieces;
  }

  /** Bytes of the pieces [from, to): views, at most one for each payload. */
  buffers(from: number, to: number): Buffer[] {
    const views: Buffer[] = [];
    for (const [index, { bytes, rows, trace }] of this.payloads.entries()) {
      const first = this.first(index);
      if (first >= to) break;
      if (first + rows <= from) continue;
      const start = pieceEnd(trace, Math.max(from - first, 0) - 1);
      views.push(bytes.subarray(start, pieceEnd(trace, Math.min(to - first, rows) - 1)));
    }
    return views;
  }
}

/** Offset behind a piece's last byte; of piece -1, the offset of the first. */
function pieceEnd(trace: Uint32Array, piece: number): number {
  return piece < 0 ? 0 : (trace[2 * piece + 1] ?? 0);
}

/** Gathers what became of a run's pieces; those that nothing is said about are delivered. */
export class RunVerdicts {
  readonly #run: Run;
  readonly #rows = new Map<number, RowVerdict>();
  readonly #duplicates = new Set<number>();

  constructor(run: Run) {
    this.#run = run;
  }

  set(piece: number, verdict: RowVerdict): void {
    this.#rows.set(piece, verdict);
  }

  duplicate(piece: number): void {
    this.#duplicates.add(piece);
  }

  /** The same verdict for each of the pieces [from, to). */
  setRange(from: number, to: number, verdict: RowVerdict): void {
    for (let piece = from; piece < to; piece++) this.#rows.set(piece, verdict);
  }

  /** One verdict for each payload. A payload of which nothing is settled is retried as a whole. */
  finish(): Verdict[] {
    return this.#run.payloads.map(({ rows }, index) => this.#verdict(this.#run.first(index), rows));
  }

  #verdict(first: number, count: number): Verdict {
    if (this.#rows.size === 0 && this.#duplicates.size === 0) return { kind: 'delivered' };
    const rows = new Map<number, RowVerdict>();
    let duplicates = 0;
    let retries = 0;
    for (let row = 0; row < count; row++) {
      const verdict = this.#rows.get(first + row);
      if (verdict !== undefined) rows.set(row, verdict);
      if (verdict?.kind === 'retry') retries++;
      if (this.#duplicates.has(first + row)) duplicates++;
    }
    const some = duplicates > 0 ? { duplicates } : {};
    if (rows.size === 0) return { kind: 'delivered', ...some };
    const sample = rows.get(0);
    if (retries === count && sample?.kind === 'retry') return wholeRetry(rows.values(), sample);
    return { kind: 'rows', rows, ...some };
  }
}

/** Codes of failures that last until the operator acts. */
const misconfigured: ReadonlySet<string> = new Set([
  'SLUICE_SINK_ACCESS',
  'SLUICE_SINK_TARGET',
  'SLUICE_SINK_PRODUCT',
  'SLUICE_SINK_SETTINGS',
]);

/** @returns the retry of a whole payload, marked as misconfigured when its code says so */
export function retryOf({ code, reason, afterMs }: Omit<RowRetry, 'kind'>): Retry {
  return {
    kind: 'retry',
    code,
    reason,
    ...(afterMs === undefined ? {} : { afterMs }),
    ...(misconfigured.has(code) ? { misconfigured: true } : {}),
  };
}

function wholeRetry(rows: Iterable<RowVerdict>, sample: RowRetry): Retry {
  let afterMs = sample.afterMs;
  for (const row of rows) {
    if (row.kind === 'retry' && row.afterMs !== undefined)
      afterMs = Math.max(afterMs ?? 0, row.afterMs);
  }
  const { code, reason } = sample;
  return retryOf({ code, reason, ...(afterMs === undefined ? {} : { afterMs }) });
}
