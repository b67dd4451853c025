/**
 * Where a batch's records come from. One batch has one stream: a listener, a file's generation, a partition.
 * `key` and the positions make the events' ids, so they never depend on where one batch ended and the next began.
 */
export interface Origin {
  /** Name of the source in the configuration. */
  readonly source: string;
  /** What it is, for people: `tcp 0.0.0.0:5514`, `file /var/log/a.log`. */
  readonly stream: string;
  /** 128-bit key of (incarnation, source, stream identity), 16 bytes. */
  readonly key: Uint8Array;
  /** Position of the first record (`ordinal`) or of the first byte (`offset`). */
  readonly base: number;
  readonly positions: 'ordinal' | 'offset';
}

/** Who sent a record, where the transport tells. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** What is always journaled of a batch, and all that a replay needs to give the same bytes again. */
export interface BatchHeader {
  readonly sequence: number;
  readonly origin: Origin;
  /** Arrival, epoch ms. The workers' only "now". */
  readonly receivedAt: number;
  /** Hash of the compiled configuration. */
  readonly revision: string;
  readonly records: number;
  /** Peers that the index entries number from 1; entry 0 = none. */
  readonly peers: readonly Peer[];
}

/** Whole records, back to back (separators may stand between them), and their index. */
export interface Batch {
  readonly header: BatchHeader;
  /** Raw bytes. Valid until settled. */
  readonly bytes: Buffer;
  /** Index entries: offset, length, peer number, row flags; four words for each record. */
  readonly index: Uint32Array;
}
