import type { MessagePort } from 'node:worker_threads';
import type { ErrorCode } from '../errors/codes.ts';
import { INPUT_RECORDS } from '../event/regions.ts';
import type { Peer } from '../pipeline/batch.ts';
import type { PipelinePlan } from '../pipeline/plan.ts';

/**
 * What the main thread and a worker say to each other, over a MessagePort of their own.
 *
 * Bytes never travel: a batch is copied into an input slot of the worker's memory, payloads lie in its pages.
 * The messages are flat lists of numbers, several commands or notices in one list, because structured clone is paid for
 * each message and each object. What is rare (peers, failed rows) comes as an object of its own, before the list that needs it.
 *
 *   main → worker                                   worker → main
 *   ───────────────                                 ───────────────
 *   PeersMessage  a table of peers grew or changed  READY    compiled, waiting
 *   RUN           a batch lies in an input slot     PAYLOAD  bytes of one output lie in a page
 *   RELEASE       one payload of a page is settled  FailedMessage
 *   DRAIN         no more batches: end the task     DONE     the batch is finished, its input slot free
 *
 * A worker runs its batches in the order of arrival and answers them in that order: all payloads of a batch, then its DONE.
 * The same batch gives the same payload rows in the same order on any worker: a re-run after a crash relies on it.
 *
 * Numbers of things: source k is `sources[k]` of the task, pipeline k is `pipelines[k]`; outputs are counted
 * through over all pipelines in that order.
 */

/** What the long task of a worker thread starts with. */
export interface WorkerTask {
  readonly port: MessagePort;
  /** From 0; for logs. */
  readonly worker: number;
  readonly core: CoreChoice;
  /** Pages of planRegions() that it may use: the memory budget's share. The large page comes on top. */
  readonly pages: number;
  /** Names of all sources. */
  readonly sources: readonly string[];
  readonly pipelines: readonly PipelinePlan[];
}

/** The worker's block of memory, laid out by planRegions(); `module` is the compiled WebAssembly.Module. */
export type CoreChoice =
  | { readonly kind: 'ts'; readonly memory: SharedArrayBuffer }
  | { readonly kind: 'wasm'; readonly memory: SharedMemory; readonly module: object };

/** A shared WebAssembly.Memory. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer | ArrayBuffer;
}

/** Every page ends with as much room for (ordinal, end) pairs; payload bytes stop before it. */
export const TRACE_BYTES = INPUT_RECORDS * 8;
/** Ordinal of a piece that stands for many records (an aggregate). */
export const NO_ORDINAL = 0xff_ff_ff_ff;
/** Slot number of the large input; the others are 0 .. INPUT_SLOTS - 1. */
export const LARGE_SLOT = 0xff;

/** Tables of peers that a worker keeps. */
export const PEER_TABLES = 8;
/** Peers of one table; index entries number them from 1. */
export const PEER_TABLE_SIZE = 255;

/** Sets entries `from`, `from + 1`, … of a table of peers; `from` = 1 starts it anew. */
export interface PeersMessage {
  readonly peers: readonly Peer[];
  readonly table: number;
  readonly from: number;
}

export type ToWorker = readonly number[] | PeersMessage;

/**
 * RUN ticket source slot bytes records sequence receivedAt baseLow baseHigh byOffset peerTable k0 k1 k2 k3
 * (key words little endian; `receivedAt` epoch ms; index entries hold offsets from the slot's first byte)
 */
export const RUN = 1;
export const RUN_WORDS = 16;
/** RELEASE page: once for each PAYLOAD that named the page; a page may carry several. */
export const RELEASE = 2;
export const RELEASE_WORDS = 2;
/** DRAIN: finish what was sent, then resolve the task. */
export const DRAIN = 3;
export const DRAIN_WORDS = 1;

export type FromWorker = readonly number[] | FailedMessage;

/** READY */
export const READY = 1;
export const READY_WORDS = 1;
/**
 * PAYLOAD ticket output page start bytes trace rows events
 * (`start`, `trace` addresses; `rows` pieces with a trace pair each; `events` records that it settles: equal to `rows`
 * unless the output aggregates, then all of the batch's stand in the last payload)
 */
export const PAYLOAD = 2;
export const PAYLOAD_WORDS = 9;
/**
 * DONE ticket parseNs stepsNs encodeNs waitedNs, then for each pipeline that reads the source:
 *   filtered unparsed failed, then for each of its outputs: notRouted skipped coerced failed
 *
 * For each output: records = filtered + failed (pipeline) + notRouted + skipped + failed (output) + events of its payloads.
 * `unparsed` and `coerced` (cells) are only told; those rows go on. `skipped`: the format had nothing to say (a point without fields).
 */
export const DONE = 3;
export const DONE_WORDS = 6;
export const PIPELINE_WORDS = 3;
export const OUTPUT_WORDS = 4;

/** Rows that the batch could not carry: they go to the dead letters. Comes before the batch's DONE. */
export interface FailedMessage {
  readonly ticket: number;
  readonly failed: readonly FailedRow[];
}

export interface FailedRow {
  readonly pipeline: number;
  /** Within the pipeline; counted in that output's `failed`. -1: for all of them, counted in the pipeline's. */
  readonly output: number;
  readonly ordinal: number;
  readonly code: ErrorCode;
  /** `parse json`, `encode`. */
  readonly stage: string;
  readonly message: string;
}
