import type { CoreMemory } from '../event/memory.ts';
import type { FlowBatch } from '../pipeline/flow-batch.ts';
import type { Payload } from '../sinks/sink.ts';
import { PAYLOAD_WORDS } from './protocol.ts';

/** Gives the page back to the worker that wrote the payload. */
export interface PageOwner {
  releasePage(page: number): void;
}

/** A payload in a worker's page. Holds its batch until it is released. */
export class PagePayload implements Payload {
  readonly source: FlowBatch;
  /** Number of the output. */
  readonly output: number;
  readonly part: number;
  readonly bytes: Buffer;
  readonly rows: number;
  readonly trace: Uint32Array;
  /** Records that it settles. */
  readonly events: number;
  readonly #owner: PageOwner;
  readonly #page: number;

  /**
   * @param words a PAYLOAD notice at `at`
   * @param part payloads of this batch and output that were handed out before
   * @param skip rows at its beginning that were handed out before
   */
  constructor(
    owner: PageOwner,
    memory: CoreMemory,
    source: FlowBatch,
    words: readonly number[],
    at: number,
    part: number,
    skip: number,
  ) {
    const [, , output, page, start, bytes, trace, rows, events] = words.slice(
      at,
      at + PAYLOAD_WORDS,
    ) as [number, number, number, number, number, number, number, number, number];
    this.#owner = owner;
    this.#page = page;
    this.source = source;
    this.part = part;
    this.output = output;
    this.rows = rows - skip;
    if (skip === 0) {
      this.bytes = memory.bytes.subarray(start, start + bytes);
      this.trace = memory.u32.subarray(trace >>> 2, (trace >>> 2) + rows * 2);
      this.events = events;
    } else {
      const cut = memory.u32[(trace >>> 2) + skip * 2 - 1] as number;
      this.bytes = memory.bytes.subarray(start + cut, start + bytes);
      this.trace = memory.u32.slice((trace >>> 2) + skip * 2, (trace >>> 2) + rows * 2);
      for (let k = 1; k < this.trace.length; k += 2)
        this.trace[k] = (this.trace[k] as number) - cut;
      // An aggregate's records are all told with its last payload.
      this.events = events === rows ? rows - skip : events;
    }
    source.hold();
  }

  get batch(): number {
    return this.source.header.sequence;
  }

  get receivedAt(): number {
    return this.source.header.receivedAt;
  }

  get lane(): number {
    return this.source.lane;
  }

  /** The store has it, or nobody will send it again: page and batch are free of it. */
  release(): void {
    this.#owner.releasePage(this.#page);
    this.source.release();
  }
}
