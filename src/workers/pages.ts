import { type Address, type Region, SLACK } from '../event/memory.ts';
import { CHUNK_ROWS } from '../event/regions.ts';
import type { Room } from '../sinks/encoder.ts';
import { TRACE_BYTES } from './protocol.ts';

/** Payloads start at whole cache lines, so that two sinks never share one. */
const ALIGN = 64;
/** A page with less room left is not worth another payload: bytes, and pairs. */
const LEAST_ROOM = 4096;
const LEAST_PAIRS = 64;

/**
 *   start                    next                    trace ──▶          end
 *   ├─ payload ─┬─ payload ──┬──── free ────────────┬─ pairs ─┬─ free ──┤
 *
 * A page carries the payloads of several outputs, one behind the other; it is free again when the worker has left it and
 * the main thread has released every payload in it.
 */
interface Page {
  readonly number: number;
  readonly region: Region;
  /** Payloads that the main thread has not released. */
  held: number;
  open: boolean;
}

/** The worker's output pages. */
export class Pages {
  readonly #pages: Page[];
  readonly #large: Page;
  #current: Page | undefined;
  #next = 0;
  #trace = 0;

  /** @param regions pages that the memory budget allows; the large one is for a row that fits no other */
  constructor(regions: readonly Region[], large: Region) {
    this.#pages = regions.map((region, number) => ({ number, region, held: 0, open: false }));
    this.#large = { number: regions.length, region: large, held: 0, open: false };
  }

  /** Opens room for a payload on the current page or a free one; undefined: every page is held. */
  open(): { room: Room; page: number } | undefined {
    const current = this.#current ?? this.#take();
    if (current === undefined) return undefined;
    return { room: roomOf(this.#next, current.region.end, this.#trace), page: current.number };
  }

  /** The large page, for one payload of one row; undefined: it is held. */
  openLarge(): { room: Room; page: number } | undefined {
    if (this.#large.held > 0) return undefined;
    const { start, end } = this.#large.region;
    return {
      room: roomOf(start, end, end - TRACE_BYTES),
      page: this.#large.number,
    };
  }

  /** Whether the payload may still grow: nothing was written behind it, and a chunk's worth of pairs fits. */
  grows(page: number, room: Room): boolean {
    return this.#current?.number === page && room.capacity - room.rows >= CHUNK_ROWS;
  }

  /** A payload was written there and goes to the main thread. */
  hold(page: number, room: Room): void {
    if (page === this.#large.number) {
      this.#large.held++;
      return;
    }
    (this.#pages[page] as Page).held++;
    this.#next = (room.start + room.used + ALIGN - 1) & ~(ALIGN - 1);
    this.#trace = room.trace + room.rows * 8;
    const left = roomOf(this.#next, (this.#pages[page] as Page).region.end, this.#trace);
    if (left.start + LEAST_ROOM > left.end || left.capacity < LEAST_PAIRS) this.leave();
  }

  /** Nothing more fits the current page. */
  leave(): void {
    if (this.#current === undefined) return;
    this.#current.open = false;
    this.#current = undefined;
  }

  release(page: number): void {
    const found = page === this.#large.number ? this.#large : (this.#pages[page] as Page);
    found.held--;
  }

  #take(): Page | undefined {
    const page = this.#pages.find((candidate) => candidate.held === 0 && !candidate.open);
    if (page === undefined) return undefined;
    page.open = true;
    this.#current = page;
    this.#next = page.region.start;
    this.#trace = page.region.end - TRACE_BYTES;
    return page;
  }
}

function roomOf(start: Address, pageEnd: Address, trace: Address): Room {
  return {
    start,
    end: pageEnd - TRACE_BYTES - SLACK,
    trace,
    capacity: (pageEnd - trace) >>> 3,
    used: 0,
    rows: 0,
  };
}
