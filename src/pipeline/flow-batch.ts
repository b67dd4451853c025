import type { Batch, BatchHeader } from './batch.ts';
import type { IntakeBuffer } from './buffers.ts';
import type { PeerTable } from './peers.ts';

export interface HandedOut {
  readonly rows: number;
  readonly parts: number;
  readonly events: number;
}

/** Lanes of a slot: batches of a lane stay in order, lanes are independent of each other. */
export const LANES = 8;

/** Told once, when everything that came of the batch is settled. */
export type OnSettled = (batch: FlowBatch) => void;

/**
 * A closed batch on its way through workers and slots. It is settled when nothing holds it any more: the worker until it
 * is done, each payload until the store has it, each dead letter until it is on disk.
 */
export class FlowBatch implements Batch {
  readonly header: BatchHeader;
  readonly bytes: Buffer;
  readonly index: Uint32Array;
  /** Number of the source in the configuration. */
  readonly source: number;
  /** Counts the batches of its stream. */
  readonly number: number;
  /** Position behind the last record. */
  readonly end: number;
  readonly peerTable: PeerTable;
  readonly peerTableNumber: number;
  /** Undefined for an oversize record, which has memory of its own. */
  readonly buffer: IntakeBuffer | undefined;
  settled = false;
  /** How often a worker died of it. */
  crashes = 0;
  /** What dead workers had already handed out, by output: a re-run leaves it out. */
  handedOut: readonly HandedOut[] | undefined;
  readonly #onSettled: OnSettled;
  #holds = 1;

  constructor(
    fields: Pick<
      FlowBatch,
      | 'header'
      | 'bytes'
      | 'index'
      | 'source'
      | 'number'
      | 'end'
      | 'peerTable'
      | 'peerTableNumber'
      | 'buffer'
    >,
    onSettled: OnSettled,
  ) {
    this.header = fields.header;
    this.bytes = fields.bytes;
    this.index = fields.index;
    this.source = fields.source;
    this.number = fields.number;
    this.end = fields.end;
    this.peerTable = fields.peerTable;
    this.peerTableNumber = fields.peerTableNumber;
    this.buffer = fields.buffer;
    this.#onSettled = onSettled;
  }

  get lane(): number {
    return this.header.sequence % LANES;
  }

  get large(): boolean {
    return this.buffer === undefined;
  }

  hold(): void {
    this.#holds++;
  }

  release(): void {
    if (--this.#holds > 0) return;
    this.settled = true;
    this.#onSettled(this);
  }

  /** Raw bytes of a record. @param ordinal below `header.records` */
  record(ordinal: number): Buffer {
    const offset = this.index[ordinal * 4] ?? 0;
    return this.bytes.subarray(offset, offset + (this.index[ordinal * 4 + 1] ?? 0));
  }

  peer(ordinal: number): { readonly address: string; readonly port: number } | undefined {
    return this.peerTable.entries[(this.index[ordinal * 4 + 2] ?? 0) - 1];
  }
}
