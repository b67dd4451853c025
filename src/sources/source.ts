import type { Logger } from 'pino';
import type { ErrorCode } from '../errors/codes.ts';
import type { Peer } from '../pipeline/batch.ts';

/** When a source tells its sender that a record is safe. */
export type AckLevel = 'received' | 'delivered';

/** What a stream of records is, and where its positions start. */
export interface StreamOptions {
  /** For people: `tcp 0.0.0.0:5514`, `file /var/log/a.log`. */
  readonly label: string;
  /** Identity of the stream within the incarnation: what the ids hash. A listener that cannot be read again uses a random one per start. */
  readonly identity: string;
  /** `ordinal`: records are numbered; `offset`: the position of a record is its byte in the stream. */
  readonly positions: 'ordinal' | 'offset';
  /** First position. */
  readonly base: number;
  /** Senders cannot be slowed (UDP): may use the share of the memory budget that is kept for them. */
  readonly reserved?: boolean;
}

/** Row flags that framing can set: TRUNCATED, PARTIAL of event/row.ts. */
export type RecordFlags = number;

/**
 * A stream of whole records towards the pipelines. Records are copied when they are appended; a batch leaves when it is
 * full or has lingered. Appending never blocks: it says whether there was room.
 */
export interface Stream {
  /**
   * Splits bytes of a byte stream into records and appends the whole ones.
   * @returns bytes consumed; the rest is a partial record (`more`), or had no room (`full`: wait for `room()`, then continue there)
   */
  frames(bytes: Uint8Array, options: FrameOptions): FrameResult;
  /** Appends one record. @returns false when there is no room: wait for `room()` and append it again */
  append(record: Uint8Array, peer: Peer | undefined, flags: RecordFlags): boolean;
  /**
   * Passes over bytes that belong to no record: the rest of a truncated one. The next record stands behind them,
   * so with positions `offset` the open batch ends here. Needs no room.
   */
  skip(bytes: number): void;
  /** Ends the open batch now instead of after its linger time. */
  flush(): void;
  /** Resolves when there is room again. */
  room(signal: AbortSignal): Promise<void>;
  /** Resolves when all that was appended so far has reached the level; rejects with the abort reason. */
  reached(level: AckLevel, signal: AbortSignal): Promise<void>;
  /**
   * Where the contiguous settled part ends: the position behind the last record that every required slot has.
   * Called in order, each time it moves.
   */
  onSettled(listener: (position: number) => void): void;
  /** No more records; the open batch leaves. */
  close(): void;
}

export interface FrameOptions {
  readonly mode: 'auto' | 'lf' | 'octet';
  /** Bytes; at most 10 MiB. A longer record is answered `too-long`. */
  readonly maxRecord: number;
  readonly peer: Peer | undefined;
  /** No more bytes will come: an LF frame without its LF is the last record. */
  readonly final: boolean;
}

export interface FrameResult {
  /** Bytes: whole frames and what separates them. `too-long` and `bad`: the frame at this offset, with its octet count. */
  readonly consumed: number;
  /** Records appended by this call. */
  readonly records: number;
  readonly state: 'more' | 'full' | 'too-long' | 'bad';
  /** Bytes of the record that is too long, as declared; 0 when it is not known (LF). */
  readonly declared: number;
}

export interface SourceContext {
  readonly name: string;
  readonly log: Logger;
  /** When senders that wait for an answer get it. */
  readonly ack: AckLevel;
  /** The node's data folder; a source keeps its own state in `sources/NAME` below it. */
  readonly dataDir: string;
  /** Room in the batches' own memory to read into: bytes that are appended from there need no slow copy. @returns undefined: none is left */
  readonly area?: (bytes: number) => Buffer | undefined;
  /** Opens a stream; one batch never mixes two streams. */
  open(options: StreamOptions): Stream;
  readonly metrics: SourceMetrics;
  /** Counts an error of framing or transport by its code, and logs it: at most a few lines a second for each code. */
  error(code: ErrorCode, detail: string, peer?: Peer): void;
  /** For `--once`: true when the source should end instead of following. */
  readonly once: boolean;
}

export interface SourceMetrics {
  receivedBytes(bytes: number): void;
  /** Records that did not become events: nothing in them, or a datagram that found no room. */
  discarded(reason: 'empty' | 'no_room', count: number): void;
  connections(open: number): void;
  /** @param total datagrams that the kernel threw away since the socket was opened */
  udpKernelDrops(total: number): void;
}

export interface Source {
  /** Finite sources (files read whole, stdin, generator) end by themselves. */
  readonly finite: boolean;
  /** Where it listens, once started: `tcp 127.0.0.1:5514`. */
  readonly listening: readonly string[];
  /** Resolves once it listens or reads; rejects with SluiceError (port taken, no such file). */
  start(): Promise<void>;
  /** Resolves when a finite source has read everything, or after `stop`; rejects when it cannot go on. */
  done(): Promise<void>;
  /** Stops reading; connections are told as their protocol allows. Bounded by the signal. */
  stop(signal: AbortSignal): Promise<void>;
}
