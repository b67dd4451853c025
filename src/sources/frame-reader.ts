import { PARTIAL, TRUNCATED } from '../event/row.ts';
import type { Peer } from '../pipeline/batch.ts';
import {
  type FramingMode,
  octetCountLength,
  type PartialFrame,
  partialFrame,
  trimEnd,
} from './partial-frame.ts';
import type { FrameOptions, RecordFlags, Stream } from './source.ts';
import { Tail } from './tail.ts';

const LF = 0x0a;
const NO_PARTIAL: PartialFrame = { kind: 'unknown', start: 0, end: 0 };

export interface FrameReaderOptions {
  readonly mode: FramingMode;
  /** Bytes. */
  readonly maxRecord: number;
  readonly peer?: Peer | undefined;
  /** The bytes begin within a line: what comes up to its LF is skipped. */
  readonly withinRecord?: boolean;
  /** A record was truncated, at maxRecord or by `cut`. */
  truncated(): void;
  /** The bytes ended within a record: it is passed on flagged PARTIAL. */
  incomplete(): void;
}

/**
 * `more`: all was taken, go on; `full`: wait for room, then `resume()` (or `end()` again);
 * `bad`: a malformed octet count, nothing behind it can be read.
 */
export type ReadState = 'more' | 'full' | 'bad';

/**
 * Turns the bytes of one sender (connection, file, request) into records of a stream. Whole chunks go to the stream,
 * which finds the records; what stays here is the tail, the unfinished record at the end of a chunk.
 *
 *   reading ──── record longer than maxRecord ───▶ its first maxRecord bytes appended, TRUNCATED ───▶ skipping
 *      ▲                                                                                                 │
 *      └──────────────────────── the frame's end: LF, or the announced length ◀──────────────────────────┘
 */
export class FrameReader {
  readonly #stream: Stream;
  readonly #options: FrameReaderOptions;
  readonly #frame: FrameOptions;
  readonly #lastFrame: FrameOptions;
  readonly #tail = new Tail();
  #partial = NO_PARTIAL;
  #blocked = false;
  /** Length of the record at the tail's beginning when it is too long; Infinity: up to LF; 0: it is not. */
  #tooLong = 0;
  /** Bytes left of a truncated record; Infinity: up to LF. */
  #skip = 0;
  #offset = 0;
  #records = 0;

  constructor(stream: Stream, options: FrameReaderOptions) {
    this.#stream = stream;
    this.#options = options;
    const { mode, maxRecord, peer } = options;
    this.#frame = { mode, maxRecord, peer, final: false };
    this.#lastFrame = { ...this.#frame, final: true };
    if (options.withinRecord === true) this.#skip = Infinity;
  }

  /** Records appended so far. */
  get records(): number {
    return this.#records;
  }

  /** Bytes of the sender's stream up to the tail. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes of memory, beyond the small buffer that every reader may keep. */
  get held(): number {
    return this.#tail.capacity;
  }

  /** Bytes of memory that `cut` would free. */
  get cuttable(): number {
    return this.#blocked || this.#partial.kind === 'unknown' ? 0 : this.#tail.capacity;
  }

  /**
   * @param chunk may be overwritten after the call
   * @param headroom bytes in front of the chunk, in the same buffer, that may be overwritten: a tail that fits is copied
   *   there, so that the chunk is not copied behind the tail
   */
  push(chunk: Uint8Array, headroom = 0): ReadState {
    if (this.#blocked) {
      this.#tail.append(chunk);
      return 'full';
    }
    const skipped = this.#skipIn(chunk);
    const fresh = chunk.subarray(skipped);
    if (this.#tail.length === 0) return this.#read(fresh, this.#frame);
    if (this.#endIsFurther(fresh)) {
      this.#tail.append(fresh);
      return 'more';
    }
    return this.#read(this.#join(fresh, headroom + skipped), this.#frame);
  }

  /** Goes on after `full`. */
  resume(): ReadState {
    this.#blocked = false;
    return this.#read(this.#tail.bytes, this.#frame);
  }

  /**
   * No more bytes will come.
   * @param broken the sender did not end by itself: a line without its LF is not whole
   */
  end(broken: boolean): ReadState {
    this.#blocked = false;
    const state = this.#read(this.#tail.bytes, broken ? this.#frame : this.#lastFrame);
    if (state !== 'more' || this.#tail.length === 0) return state;
    const record = trimEnd(this.#tail.bytes.subarray(this.#partial.start));
    if (!this.#append(record, this.#tooLong > 0 ? PARTIAL | TRUNCATED : PARTIAL)) return 'full';
    this.#options.incomplete();
    this.#offset += this.#tail.length;
    this.#tooLong = 0;
    this.#tail.clear();
    return 'more';
  }

  /** Forgets the tail, for who can read it again from `offset`. */
  forget(): void {
    if (!this.#blocked && this.#tooLong === 0) this.#tail.clear();
  }

  /** Ends the record of the tail where it is, truncated, because memory is needed. @returns false: not now */
  cut(): boolean {
    if (this.cuttable === 0) return false;
    const { kind, start, end } = this.#partial;
    const bytes = this.#tail.bytes;
    if (this.#tooLong === 0) this.#tooLong = kind === 'lf' ? Infinity : end - start;
    const done = this.#truncate(bytes.subarray(start));
    if (done) {
      this.#offset += bytes.length;
      this.#tail.clear();
    }
    return done;
  }

  #read(bytes: Uint8Array, frame: FrameOptions): ReadState {
    const { maxRecord } = frame;
    let at = 0;
    while (at < bytes.length) {
      if (this.#tooLong > 0) {
        if (bytes.length - at < maxRecord) break;
        if (!this.#truncate(bytes.subarray(at, at + maxRecord))) return this.#block(bytes, at);
        const next = at + maxRecord;
        this.#offset += maxRecord;
        at = next + this.#skipIn(bytes.subarray(next));
        continue;
      }
      const { consumed, records, state, declared } = this.#stream.frames(bytes.subarray(at), frame);
      at += consumed;
      this.#offset += consumed;
      this.#records += records;
      if (state === 'more') break;
      if (state === 'full') return this.#block(bytes, at);
      if (state === 'bad') {
        this.#tail.clear();
        return 'bad';
      }
      const count = octetCountLength(declared);
      at += count;
      this.#offset += count;
      this.#tooLong = declared === 0 ? Infinity : declared;
    }
    this.#keep(bytes, at);
    return 'more';
  }

  #block(bytes: Uint8Array, at: number): 'full' {
    this.#keep(bytes, at);
    this.#blocked = true;
    return 'full';
  }

  #keep(bytes: Uint8Array, at: number): void {
    if (at === bytes.length) {
      this.#tail.clear();
      return;
    }
    this.#tail.replace(bytes.subarray(at));
    const { mode, maxRecord } = this.#frame;
    this.#partial =
      this.#tooLong === 0
        ? partialFrame(this.#tail.bytes, mode, maxRecord)
        : { kind: this.#tooLong === Infinity ? 'lf' : 'octet', start: 0, end: this.#tooLong };
  }

  /** Whether the record of the tail goes on behind these bytes: then the stream need not look at them yet. */
  #endIsFurther(bytes: Uint8Array): boolean {
    const length = this.#tail.length + bytes.length;
    const { maxRecord } = this.#frame;
    if (this.#tooLong > 0) return length < maxRecord;
    switch (this.#partial.kind) {
      case 'lf':
        return length <= maxRecord && !bytes.includes(LF);
      case 'octet':
        return length < this.#partial.end;
      case 'unknown':
        return false;
    }
  }

  #join(chunk: Uint8Array, headroom: number): Uint8Array {
    const tail = this.#tail.bytes;
    if (tail.length > headroom) {
      this.#tail.append(chunk);
      return this.#tail.bytes;
    }
    const joined = Buffer.from(
      chunk.buffer as ArrayBuffer,
      chunk.byteOffset - tail.length,
      tail.length + chunk.length,
    );
    joined.set(tail);
    return joined;
  }

  #truncate(record: Uint8Array): boolean {
    if (!this.#append(record, TRUNCATED)) return false;
    this.#options.truncated();
    this.#skip = this.#tooLong - record.length;
    this.#tooLong = 0;
    return true;
  }

  #append(record: Uint8Array, flags: RecordFlags): boolean {
    if (record.length === 0) return true;
    if (!this.#stream.append(record, this.#frame.peer, flags)) return false;
    this.#records += 1;
    return true;
  }

  /** @returns bytes at the beginning that belong to a truncated record */
  #skipIn(bytes: Uint8Array): number {
    if (this.#skip === 0) return 0;
    let count = Math.min(this.#skip, bytes.length);
    const line = this.#skip === Infinity ? bytes.indexOf(LF) : -1;
    if (line >= 0) count = line + 1;
    this.#skip = line >= 0 ? 0 : this.#skip - count;
    this.#stream.skip(count);
    this.#offset += count;
    return count;
  }
}
