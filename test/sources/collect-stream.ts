import { FRAME_DONE, FRAME_INDEX_FULL, FRAME_TOO_LONG, FRAMINGS } from '../../src/event/framing.ts';
import { viewMemory } from '../../src/event/memory.ts';
import { frames } from '../../src/event/reference/frames.ts';
import type { Peer } from '../../src/pipeline/batch.ts';
import { octetCountLength } from '../../src/sources/partial-frame.ts';
import type {
  AckLevel,
  FrameOptions,
  FrameResult,
  Stream,
  StreamOptions,
} from '../../src/sources/source.ts';

const INDEX_ENTRIES = 1000;
const INDEX_WORDS = INDEX_ENTRIES * 4;
const BYTES_AT = INDEX_WORDS * 4;

/** Only in use during a call. */
const memory = viewMemory(new ArrayBuffer(BYTES_AT + 24 * 2 ** 20));

export interface Collected {
  readonly bytes: Buffer;
  readonly peer: Peer | undefined;
  readonly flags: number;
  readonly position: number;
}

/**
 * A stream that keeps its records, with the event core's framing and a room that the test opens and closes:
 * `room` counts the records that still fit.
 */
export class CollectStream implements Stream {
  readonly options: StreamOptions;
  readonly records: Collected[] = [];
  readonly #result = new Uint32Array(8);
  readonly #settledListeners: ((position: number) => void)[] = [];
  readonly #waiters = new Set<() => void>();
  #room: number;
  #position: number;
  #delivered = 0;
  closed = false;
  flushes = 0;
  /** Of `frames`. */
  calls = 0;

  constructor(options: StreamOptions, room: number) {
    this.options = options;
    this.#room = room;
    this.#position = options.base;
  }

  get texts(): string[] {
    return this.records.map(({ bytes }) => bytes.toString('latin1'));
  }

  get position(): number {
    return this.#position;
  }

  setRoom(records: number): void {
    this.#room = records;
    this.#wake();
  }

  /** Everything so far is delivered and settled. */
  deliver(): void {
    this.#delivered = this.records.length;
    for (const listener of this.#settledListeners) listener(this.#position);
    this.#wake();
  }

  frames(bytes: Uint8Array, options: FrameOptions): FrameResult {
    this.calls += 1;
    let consumed = 0;
    let records = 0;
    for (;;) {
      const result = this.#framesOnce(bytes.subarray(consumed), options);
      consumed += result.consumed;
      records += result.records;
      if (result.state !== 'full' || this.#room === 0) return { ...result, consumed, records };
    }
  }

  append(record: Uint8Array, peer: Peer | undefined, flags: number): boolean {
    if (this.#room === 0) return false;
    this.#add(record, peer, flags, this.#position);
    this.#position += this.options.positions === 'offset' ? record.length : 1;
    return true;
  }

  skip(bytes: number): void {
    if (this.options.positions === 'offset') this.#position += bytes;
  }

  flush(): void {
    this.flushes += 1;
  }

  async room(signal: AbortSignal): Promise<void> {
    await this.#until(() => this.#room > 0, signal);
  }

  async reached(level: AckLevel, signal: AbortSignal): Promise<void> {
    const wanted = this.records.length;
    if (level === 'delivered') await this.#until(() => this.#delivered >= wanted, signal);
  }

  onSettled(listener: (position: number) => void): void {
    this.#settledListeners.push(listener);
  }

  close(): void {
    this.closed = true;
  }

  #framesOnce(bytes: Uint8Array, options: FrameOptions): FrameResult {
    memory.u8.set(bytes, BYTES_AT);
    const capacity = Math.min(INDEX_ENTRIES, this.#room);
    const end = BYTES_AT + bytes.length;
    const found = frames(
      memory,
      this.#result,
      BYTES_AT,
      end,
      BYTES_AT,
      FRAMINGS[options.mode],
      0,
      capacity,
      options.maxRecord,
    );
    const [next = 0, , state = 0, declared = 0] = this.#result;
    const start = this.#position;
    for (let entry = 0; entry < found; entry += 1) {
      const [offset = 0, length = 0] = memory.u32.subarray(entry * 4, entry * 4 + 2);
      const ordinal = this.options.positions === 'ordinal';
      const record = bytes.subarray(offset, offset + length);
      this.#add(record, options.peer, 0, start + (ordinal ? entry : offset));
    }
    let consumed = next - BYTES_AT;
    if (state === FRAME_TOO_LONG) consumed -= octetCountLength(declared);
    this.#position += this.options.positions === 'offset' ? consumed : found;
    if (state === FRAME_INDEX_FULL) return { consumed, records: found, state: 'full', declared: 0 };
    if (state === FRAME_TOO_LONG) return { consumed, records: found, state: 'too-long', declared };
    if (state !== FRAME_DONE) return { consumed, records: found, state: 'bad', declared: 0 };
    const rest = bytes.subarray(consumed);
    if (!options.final || rest.length === 0 || rest.includes(0x0a)) {
      return { consumed, records: found, state: 'more', declared: 0 };
    }
    const line = this.#framesOnce(Buffer.concat([rest, Buffer.from('\n')]), {
      ...options,
      final: false,
    });
    if (line.consumed > rest.length && this.options.positions === 'offset') this.#position -= 1;
    return {
      ...line,
      consumed: consumed + Math.min(line.consumed, rest.length),
      records: found + line.records,
    };
  }

  #add(record: Uint8Array, peer: Peer | undefined, flags: number, position: number): void {
    this.#room -= 1;
    this.records.push({ bytes: Buffer.from(record), peer, flags, position });
  }

  async #until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    while (!condition()) {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const wake = (): void => {
          signal.removeEventListener('abort', fail);
          resolve();
        };
        const fail = (): void => {
          this.#waiters.delete(wake);
          reject(signal.reason as Error);
        };
        this.#waiters.add(wake);
        signal.addEventListener('abort', fail, { once: true });
      });
    }
  }

  #wake(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }
}
