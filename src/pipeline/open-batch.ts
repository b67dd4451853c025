import type { EventCore } from '../event/core.ts';
import { FRAME_DONE, FRAME_TOO_LONG } from '../event/framing.ts';
import { INDEX_ENTRY_BYTES, INPUT_BYTES, INPUT_RECORDS } from '../event/regions.ts';
import type { IntakeBuffer } from './buffers.ts';
import type { PeerTable } from './peers.ts';

/** What `frame` answers in; one object for all calls. */
export interface Framed {
  /** Bytes of the chunk that are in the batch now. */
  consumed: number;
  records: number;
  empty: number;
  /** FRAME_* of event/framing.ts. */
  state: number;
  declared: number;
  /** The chunk did not fit whole: the rest needs another batch. */
  cut: boolean;
}

/** The batch that a stream is filling: records back to back in an intake buffer, their index behind them. */
export class OpenBatch {
  readonly buffer: IntakeBuffer;
  readonly peers: PeerTable;
  /** Position in the stream of the first record or byte. */
  readonly base: number;
  /** Arrival of the first bytes, epoch ms. */
  readonly receivedAt: number;
  readonly #core: EventCore;
  /** Positions are bytes of the stream: no gaps. */
  readonly #contiguous: boolean;
  used = 0;
  records = 0;

  constructor(
    core: EventCore,
    buffer: IntakeBuffer,
    peers: PeerTable,
    base: number,
    receivedAt: number,
    contiguous: boolean,
  ) {
    this.#core = core;
    this.#contiguous = contiguous;
    this.buffer = buffer;
    this.peers = peers;
    this.base = base;
    this.receivedAt = receivedAt;
  }

  get full(): boolean {
    return this.records === INPUT_RECORDS || this.used === INPUT_BYTES;
  }

  /**
   * Copies bytes to the end of the batch and finds the records in them, in place.
   * A partial record at the end does not count as used: the next bytes overwrite it.
   */
  frame(
    bytes: Uint8Array,
    from: number,
    mode: number,
    maxRecord: number,
    peer: number,
    framed: Framed,
  ): void {
    const { memory, result } = this.#core;
    const inMemory = bytes.buffer === memory.buffer;
    if (!inMemory && !this.#contiguous) this.#align(bytes.byteOffset + from);
    const at = this.buffer.start + this.used;
    const take = Math.min(bytes.length - from, INPUT_BYTES - this.used);
    if (inMemory) this.#core.move(at, bytes.byteOffset + from, take);
    else memory.u8.set(take === bytes.length ? bytes : bytes.subarray(from, from + take), at);
    const index = this.buffer.index + this.records * INDEX_ENTRY_BYTES;
    const capacity = INPUT_RECORDS - this.records;
    framed.records = this.#core.frames(
      at,
      at + take,
      this.buffer.start,
      mode,
      index,
      capacity,
      maxRecord,
    );
    framed.consumed = (result[0] as number) - at;
    framed.empty = result[1] as number;
    framed.state = result[2] as number;
    framed.declared = result[3] as number;
    if (framed.state === FRAME_TOO_LONG) framed.consumed -= countLength(framed.declared);
    framed.cut = framed.state === FRAME_DONE && from + take < bytes.length;
    if (peer !== 0) this.#namePeer(index, framed.records, peer);
    this.used += framed.consumed;
    this.records += framed.records;
  }

  /**
   * V8 copies into shared memory word by word only when source and target are aligned alike: 9 GB/s, against 2 GB/s
   * byte by byte. The gap belongs to no record; an empty batch has none, or a record of its size would fit nowhere.
   */
  #align(source: number): void {
    if (this.used === 0) return;
    const gap = (source - this.buffer.start - this.used) & 7;
    if (this.used + gap < INPUT_BYTES) this.used += gap;
  }

  #namePeer(index: number, count: number, peer: number): void {
    const { u32 } = this.#core.memory;
    const end = (index + count * INDEX_ENTRY_BYTES) >>> 2;
    for (let word = (index >>> 2) + 2; word < end; word += 4) u32[word] = peer;
  }

  /**
   * Appends one record. @returns false when it does not fit any more
   * @param size bytes that count as used: the record and what follows it in the stream
   */
  append(record: Uint8Array, size: number, peer: number, flags: number): boolean {
    if (this.used + size > INPUT_BYTES || this.records === INPUT_RECORDS) return false;
    const { u8, u32 } = this.#core.memory;
    u8.set(record, this.buffer.start + this.used);
    const entry = (this.buffer.index + this.records * INDEX_ENTRY_BYTES) >>> 2;
    u32[entry] = this.used;
    u32[entry + 1] = record.length;
    u32[entry + 2] = peer;
    u32[entry + 3] = flags;
    this.used += size;
    this.records++;
    return true;
  }
}

/** Bytes of `MSG-LEN SP`: the core points behind it, a source wants the frame as a whole. */
export function countLength(declared: number): number {
  return declared === 0 ? 0 : String(declared).length + 1;
}
