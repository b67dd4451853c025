import type { Payload, RowReject, RowRetry, Verdict } from '../sinks/sink.ts';
import type { PagePayload } from '../workers/payload.ts';

export interface Rejected {
  readonly ordinal: number;
  readonly verdict: RowReject;
  /** What was sent for it. */
  readonly piece: Buffer;
}

/** What one verdict settled. */
export interface Outcome {
  readonly delivered: number;
  readonly rejected: readonly Rejected[];
  /** Longest pause that a row's retry asked for, ms. */
  readonly afterMs: number;
  readonly retry: RowRetry | undefined;
  /** Still to be sent. */
  readonly left: boolean;
}

const nothing = { rejected: [], afterMs: 0, retry: undefined, left: false };

/** A payload on its way to a store: what is left of it to be sent. */
export class Shipment {
  readonly origin: PagePayload;
  /** What the next attempt sends. */
  payload: Payload;
  /** Of an aggregate: some piece was accepted. */
  #accepted = false;

  constructor(origin: PagePayload) {
    this.origin = origin;
    this.payload = origin;
  }

  /** Takes in the verdict over `payload`; `retry` of the whole payload leaves it as it is. */
  apply(verdict: Verdict): Outcome {
    switch (verdict.kind) {
      case 'delivered':
        return { ...nothing, delivered: this.#settle(this.payload.rows, 0) };
      case 'retry':
        return { ...nothing, delivered: 0, left: true };
      case 'rows':
        return this.#applyRows(verdict.rows);
    }
  }

  #applyRows(rows: ReadonlyMap<number, RowReject | RowRetry>): Outcome {
    const rejected: Rejected[] = [];
    const again: number[] = [];
    let afterMs = 0;
    let retry: RowRetry | undefined;
    for (const [row, verdict] of rows) {
      if (verdict.kind === 'reject') {
        const ordinal = this.payload.trace[row * 2] as number;
        rejected.push({ ordinal, verdict, piece: pieceOf(this.payload, row) });
      } else {
        again.push(row);
        afterMs = Math.max(afterMs, verdict.afterMs ?? 0);
        retry ??= verdict;
      }
    }
    const accepted = this.payload.rows - rejected.length - again.length;
    if (again.length > 0)
      this.payload = somePieces(
        this.payload,
        again.sort((a, b) => a - b),
      );
    const delivered = this.#settle(accepted, again.length);
    return { delivered, rejected, afterMs, retry, left: again.length > 0 };
  }

  /**
   * Records that are delivered with these pieces. The pieces of an aggregate stand for many records that cannot be told
   * apart: they count as delivered with the last piece, if any piece was accepted.
   */
  #settle(pieces: number, left: number): number {
    if (!this.aggregate) return pieces;
    if (pieces > 0) this.#accepted = true;
    return left === 0 && this.#accepted ? this.origin.events : 0;
  }

  get aggregate(): boolean {
    return this.origin.events !== this.origin.rows;
  }

  /** Records that go to the dead letters with these rejected pieces. */
  lost(rejected: number, left: boolean): number {
    if (!this.aggregate) return rejected;
    return left || this.#accepted ? 0 : this.origin.events;
  }
}

function pieceStart(payload: Payload, row: number): number {
  return row === 0 ? 0 : (payload.trace[row * 2 - 1] as number);
}

function pieceOf(payload: Payload, row: number): Buffer {
  return payload.bytes.subarray(pieceStart(payload, row), payload.trace[row * 2 + 1]);
}

/** The same payload with only these rows, in memory of its own. */
function somePieces(payload: Payload, rows: readonly number[]): Payload {
  const bytes = Buffer.concat(rows.map((row) => pieceOf(payload, row)));
  const trace = new Uint32Array(rows.length * 2);
  let end = 0;
  rows.forEach((row, k) => {
    end += (payload.trace[row * 2 + 1] as number) - pieceStart(payload, row);
    trace[k * 2] = payload.trace[row * 2] as number;
    trace[k * 2 + 1] = end;
  });
  const { batch, part, receivedAt, lane } = payload;
  return { batch, part, receivedAt, lane, bytes, rows: rows.length, trace };
}
