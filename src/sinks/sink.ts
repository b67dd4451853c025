import type { ErrorCode } from '../errors/codes.ts';

/** Bytes in the store's own bulk format, ready to ship, and which record each piece came from. */
export interface Payload {
  /** Batch number; consecutive within a lane. */
  readonly batch: number;
  /** Which of the batch's payloads for this output it is, from 0: one batch may fill several pages. */
  readonly part: number;
  /** Lies in the worker's memory; valid until the payload is settled. */
  readonly bytes: Buffer;
  /** Pieces (rows) in the bytes. */
  readonly rows: number;
  /** For piece k: [2k] the record's ordinal in the batch, [2k+1] the offset behind its last byte. */
  readonly trace: Uint32Array;
  /** Arrival time of the batch, epoch ms. */
  readonly receivedAt: number;
  readonly lane: number;
}

export interface RowReject {
  readonly kind: 'reject';
  readonly code: ErrorCode;
  /** The store's own words. */
  readonly reason: string;
}
export interface RowRetry {
  readonly kind: 'retry';
  readonly code: ErrorCode;
  readonly reason: string;
  /** The store asked for this pause, ms. */
  readonly afterMs?: number;
}

/** What became of one payload of a run. */
export type Verdict =
  | { readonly kind: 'delivered'; readonly duplicates?: number }
  /** Pieces that the map does not name are delivered. */
  | {
      readonly kind: 'rows';
      readonly rows: ReadonlyMap<number, RowReject | RowRetry>;
      readonly duplicates?: number;
    }
  /** Nothing of it is settled; the same bytes again later. `misconfigured`: nobody but the operator can mend it, say so loudly. */
  | {
      readonly kind: 'retry';
      readonly code: ErrorCode;
      readonly reason: string;
      readonly afterMs?: number;
      readonly misconfigured?: boolean;
    };

/**
 * The I/O half of a sink; the pure half (encode) runs in the workers. Knows no formats.
 * The slot calls `write` with a run of consecutive payloads of one lane, one run of a lane at a time; retries, back-off
 * and dead letters are the slot's business, `write` makes one attempt.
 */
export interface SinkWriter {
  /** Reaches the store and checks that it is what the configuration says. Called again after a failure. @throws SluiceError */
  connect(signal: AbortSignal): Promise<void>;
  /** One verdict for each payload, in order. Never rejects for what a store answered or a network did: that is a verdict. */
  write(run: readonly Payload[], signal: AbortSignal): Promise<readonly Verdict[]>;
  /** Lets go of everything; bounded by the signal. */
  close(signal: AbortSignal): Promise<void>;
}
