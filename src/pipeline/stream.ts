import type { EventCore } from '../event/core.ts';
import { FRAME_DONE, FRAME_INDEX_FULL, FRAME_TOO_LONG, FRAMINGS } from '../event/framing.ts';
import { INPUT_BYTES } from '../event/regions.ts';
import { TRUNCATED } from '../event/row.ts';
import type {
  AckLevel,
  FrameOptions,
  FrameResult,
  RecordFlags,
  Stream,
  StreamOptions,
} from '../sources/source.ts';
import type { Peer } from './batch.ts';
import type { IntakeBuffers, Waiter } from './buffers.ts';
import type { LargeRoom } from './large-room.ts';
import { frameOne } from './large-frame.ts';
import { type Framed, OpenBatch } from './open-batch.ts';
import { PeerTable } from './peers.ts';
import { Settlement } from './settlement.ts';
import type { SourceTally } from './source-tally.ts';
import { Waiters } from './waiters.ts';

/** What a stream needs of the intake. */
export interface StreamHost {
  readonly core: EventCore;
  readonly buffers: IntakeBuffers;
  readonly large: LargeRoom;
  /** Numbers the batch and sends it on its way. */
  dispatch(stream: IntakeStream, open: OpenBatch, end: number): void;
  dispatchLarge(stream: IntakeStream, record: LargeRecord, end: number): void;
  /** Takes back a grant that the stream has not used. */
  cancelLarge(stream: IntakeStream): void;
  closed(stream: IntakeStream): void;
}

/** A record that is longer than a batch; it has a batch and memory of its own. */
export interface LargeRecord {
  readonly bytes: Buffer;
  readonly base: number;
  readonly flags: number;
  readonly peer: number;
  readonly peers: PeerTable;
  readonly receivedAt: number;
}

/** Who the stream is: number and name of its source, key of its ids, and the waits of its records. */
export interface StreamIdentity {
  readonly source: number;
  readonly tally: SourceTally;
  readonly key: Uint8Array;
  /** Which of a worker's tables of peers it uses. */
  readonly peerTableNumber: number;
  /** Longest time that a record waits for others, ms. */
  readonly linger: number;
}

/** The intake's side of a source's stream. One batch never mixes two streams. */
export class IntakeStream implements Stream, Waiter {
  readonly options: StreamOptions;
  readonly identity: StreamIdentity;
  readonly settlement = new Settlement();
  readonly reserved: boolean;
  /** Batches closed so far. */
  batches = 0;
  readonly #host: StreamHost;
  readonly #framed: Framed = {
    consumed: 0,
    records: 0,
    empty: 0,
    state: 0,
    declared: 0,
    cut: false,
  };
  readonly #waiters = new Waiters();
  #open: OpenBatch | undefined;
  #peers = new PeerTable();
  /** Position of the next record or byte. */
  #position: number;
  #timer: NodeJS.Timeout | undefined;
  #queued = false;
  /** Bytes of the oversize record that found no room; 0 = it is a buffer that is wanted. */
  #wantsLarge = 0;
  #closed = false;

  constructor(host: StreamHost, options: StreamOptions, identity: StreamIdentity) {
    this.#host = host;
    this.options = options;
    this.identity = identity;
    this.reserved = options.reserved === true;
    this.#position = options.base;
  }

  frames(bytes: Uint8Array, options: FrameOptions): FrameResult {
    const framed = this.#framed;
    const mode = FRAMINGS[options.mode];
    let consumed = 0;
    let records = 0;
    for (;;) {
      if (consumed === bytes.length) return this.#result(consumed, records, 'more');
      const open = this.#openBatch(options.peer);
      if (open === undefined) return this.#result(consumed, records, 'full');
      const peer = open.peers.numberOf(options.peer);
      const fresh = open.used === 0;
      open.frame(bytes, consumed, mode, options.maxRecord, peer, framed);
      consumed += framed.consumed;
      records += framed.records;
      this.#moved(framed.records, framed.consumed, framed.empty);
      if (framed.state === FRAME_DONE && !framed.cut) break;
      if (framed.state === FRAME_INDEX_FULL || (framed.cut && !(fresh && framed.consumed === 0))) {
        this.flush();
      } else if (framed.cut) {
        // Not even a whole batch holds the record.
        const large = this.#frameLarge(bytes.subarray(consumed), mode, options);
        consumed += large.consumed;
        records += large.records;
        if (large.state !== 'more' || large.consumed === 0) {
          return { ...large, consumed, records };
        }
      } else {
        const state = framed.state === FRAME_TOO_LONG ? 'too-long' : 'bad';
        return this.#result(consumed, records, state, framed.declared);
      }
    }
    if (this.#open?.full === true) this.flush();
    if (options.final && consumed < bytes.length) {
      const last = this.#lastFrame(bytes.subarray(consumed), mode, options);
      return { ...last, consumed: consumed + last.consumed, records: records + last.records };
    }
    this.#wakeNext();
    return this.#result(consumed, records, 'more');
  }

  append(record: Uint8Array, peer: Peer | undefined, flags: RecordFlags): boolean {
    return this.#append(record, record.length, peer, flags);
  }

  skip(bytes: number): void {
    if (this.options.positions !== 'offset') return;
    this.flush();
    this.#position += bytes;
  }

  flush(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    if (open.records === 0 && (open.used === 0 || this.options.positions === 'ordinal')) {
      this.#host.buffers.give(open.buffer);
    } else {
      this.#host.dispatch(this, open, this.#position);
    }
    if (this.#waiters.size > 0) this.#queue();
  }

  async room(signal: AbortSignal): Promise<void> {
    if (this.#open !== undefined && this.#wantsLarge === 0) return;
    const { tally } = this.identity;
    if (tally.blockedSince === 0) tally.blockedSince = performance.now();
    const woken = this.#waiters.wait(signal);
    this.#queue();
    try {
      await woken;
    } finally {
      if (this.#waiters.size === 0 && tally.blockedSince !== 0) {
        tally.blockedMs += performance.now() - tally.blockedSince;
        tally.blockedSince = 0;
      }
    }
  }

  /**
   * `received`: in memory, which it is once it was appended. (A durable level belongs between the closing of a batch
   * and this answer: the batch is numbered by then, see Intake.)
   */
  async reached(level: AckLevel, signal: AbortSignal): Promise<void> {
    if (level === 'received') return;
    const pending = this.#open !== undefined && this.#open.records > 0;
    await this.settlement.reached(pending ? this.batches : this.batches - 1, signal);
  }

  onSettled(listener: (position: number) => void): void {
    this.settlement.onMoved(listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.flush();
    clearTimeout(this.#timer);
    this.#host.cancelLarge(this);
    this.#waiters.wakeAll();
    if (this.#queued) this.#host.buffers.leave(this);
    this.#queued = false;
    this.#host.closed(this);
  }

  /** Its turn in the queue for room. */
  tryGrant(): boolean {
    if (this.#wantsLarge > 0) {
      if (!this.#host.large.grant(this, this.#wantsLarge)) return false;
      this.#wantsLarge = 0;
      this.#timer ??= setTimeout(() => this.#lingered(), this.identity.linger);
    } else if (this.#open === undefined) {
      const buffer = this.#host.buffers.takeInTurn(this.reserved);
      if (buffer === undefined) return false;
      this.#begin(buffer);
    }
    this.#queued = false;
    this.#waiters.wakeOne();
    return true;
  }

  #openBatch(peer: Peer | undefined): OpenBatch | undefined {
    if (this.#open !== undefined) {
      if (this.#open.peers.numberOf(peer) >= 0) return this.#open;
      this.flush();
    }
    if (this.#peers.numberOf(peer) < 0) this.#peers = new PeerTable();
    const buffer = this.#host.buffers.take(this.reserved);
    return buffer === undefined ? undefined : this.#begin(buffer);
  }

  #begin(buffer: OpenBatch['buffer']): OpenBatch {
    const { core } = this.#host;
    const contiguous = this.options.positions === 'offset';
    const now = Date.now();
    this.#open = new OpenBatch(core, buffer, this.#peers, this.#position, now, contiguous);
    // Not cleared when a batch fills up first: at full rate that would be thousands of timers a second.
    this.#timer ??= setTimeout(() => this.#lingered(), this.identity.linger);
    return this.#open;
  }

  #lingered(): void {
    this.#timer = undefined;
    const open = this.#open;
    this.#host.cancelLarge(this);
    if (open === undefined) return;
    const age = Date.now() - open.receivedAt;
    if (age >= this.identity.linger || age < 0) this.flush();
    else this.#timer = setTimeout(() => this.#lingered(), this.identity.linger - age);
  }

  #append(record: Uint8Array, size: number, peer: Peer | undefined, flags: number): boolean {
    if (size > INPUT_BYTES) return this.#appendLarge(record, size, peer, flags);
    for (let attempt = 0; attempt < 2; attempt++) {
      const open = this.#openBatch(peer);
      if (open === undefined) return false;
      if (open.append(record, size, open.peers.numberOf(peer), flags)) {
        this.#moved(1, size, 0);
        if ((flags & TRUNCATED) !== 0) this.identity.tally.truncated++;
        if (open.full) this.flush();
        this.#wakeNext();
        return true;
      }
      this.flush();
    }
    return false;
  }

  #appendLarge(record: Uint8Array, size: number, peer: Peer | undefined, flags: number): boolean {
    if (!this.#host.large.take(this, record.length)) {
      this.#wantsLarge = record.length;
      return false;
    }
    this.flush();
    if (this.#peers.numberOf(peer) < 0) this.#peers = new PeerTable();
    const large: LargeRecord = {
      bytes: Buffer.from(record),
      base: this.#position,
      flags,
      peer: this.#peers.numberOf(peer),
      peers: this.#peers,
      receivedAt: Date.now(),
    };
    this.#moved(1, size, 0);
    if ((flags & TRUNCATED) !== 0) this.identity.tally.truncated++;
    this.#host.dispatchLarge(this, large, this.#position);
    // The grant woke one sender, and it leaves no open batch for the others.
    if (this.#waiters.size > 0) this.#queue();
    return true;
  }

  #frameLarge(bytes: Uint8Array, mode: number, options: FrameOptions): FrameResult {
    const { record, consumed, empty, state, declared } = frameOne(bytes, mode, options.maxRecord);
    if (record === undefined) {
      if (state === FRAME_DONE) {
        if (options.final) return this.#lastFrame(bytes, mode, options);
        return this.#result(0, 0, 'more');
      }
      return this.#result(0, 0, state === FRAME_TOO_LONG ? 'too-long' : 'bad', declared);
    }
    if (!this.#append(record, consumed, options.peer, 0)) return this.#result(0, 0, 'full');
    this.identity.tally.empty += empty;
    return this.#result(consumed, 1, 'more');
  }

  /** The last line of a stream needs no LF. */
  #lastFrame(rest: Uint8Array, mode: number, options: FrameOptions): FrameResult {
    const line = Buffer.concat([rest, Buffer.from('\n')]);
    const { record, consumed, state, declared } = frameOne(line, mode, options.maxRecord);
    if (state === FRAME_TOO_LONG) return this.#result(0, 0, 'too-long', declared);
    if (record === undefined || consumed < rest.length) return this.#result(0, 0, 'more');
    const added = this.#append(record, rest.length, options.peer, 0);
    return added ? this.#result(rest.length, 1, 'more') : this.#result(0, 0, 'full');
  }

  #moved(records: number, bytes: number, empty: number): void {
    const { tally } = this.identity;
    this.#position += this.options.positions === 'offset' ? bytes : records;
    tally.records += records;
    tally.bytes += bytes;
    tally.empty += empty;
  }

  /** Senders of one stream take turns: who got room wakes the next while there is some left. */
  #wakeNext(): void {
    if (this.#waiters.size > 0 && this.#open !== undefined) this.#waiters.wakeOne();
  }

  #queue(): void {
    if (this.#queued) return;
    this.#queued = true;
    this.#host.buffers.wait(this);
  }

  #result(
    consumed: number,
    records: number,
    state: FrameResult['state'],
    declared = 0,
  ): FrameResult {
    return { consumed, records, state, declared };
  }
}
