import type { Address, CoreMemory } from '../event/memory.ts';
import { SLACK } from '../event/memory.ts';
import { INDEX_ENTRY_BYTES, INPUT_BYTES, INPUT_RECORDS } from '../event/regions.ts';
import { BATCH_BYTES, type Budget } from './budget.ts';

/** Room for one batch in the intake's memory. */
export interface IntakeBuffer {
  readonly start: Address;
  /** Index entries stand behind the records. */
  readonly index: Address;
}

/** Someone who found no room and stands in the queue. */
export interface Waiter {
  readonly reserved: boolean;
  /** Takes the room that it waits for. @returns false: still none */
  tryGrant(): boolean;
}

/** The core's static data lies below. */
const AREAS = 64 * 1024;
/** Room for the areas that listeners read into. */
const AREAS_BYTES = 1024 * 1024;
const FIRST = AREAS + AREAS_BYTES;
const INDEX_OFFSET = align(INPUT_BYTES + SLACK);
const STRIDE = align(INDEX_OFFSET + INPUT_RECORDS * INDEX_ENTRY_BYTES + SLACK);

function align(bytes: number): number {
  return (bytes + 63) & ~63;
}

/**
 * Recycled batch buffers of the intake. The one that was used last is given first: while the stores keep up, a handful of
 * buffers stays in the cache and the rest of the memory is never touched.
 * Who waits is served in the order of arrival, and nobody overtakes, except senders that cannot be slowed.
 */
export class IntakeBuffers {
  readonly capacity: number;
  readonly #budget: Budget;
  readonly #crowded: () => boolean;
  readonly #memory: CoreMemory;
  #nextArea = AREAS;
  readonly #free: IntakeBuffer[] = [];
  #waiting: Waiter[] = [];

  /** @param crowded enough batches wait for the workers: more would only make them older */
  constructor(memory: CoreMemory, budget: Budget, crowded: () => boolean) {
    this.#memory = memory;
    this.#budget = budget;
    this.#crowded = crowded;
    this.capacity = Math.floor((memory.buffer.byteLength - FIRST) / STRIDE);
    for (let k = this.capacity - 1; k >= 0; k--) {
      const start = FIRST + k * STRIDE;
      this.#free.push({ start, index: start + INDEX_OFFSET });
    }
  }

  /** Room that a listener keeps for reading into: from there the core moves bytes to a batch. @returns undefined: none is left */
  area(bytes: number): Buffer | undefined {
    const start = this.#nextArea;
    if (start + bytes + SLACK > FIRST) return undefined;
    this.#nextArea = align(start + bytes + SLACK);
    return this.#memory.bytes.subarray(start, start + bytes);
  }

  /** @param reserved may use the reserve @returns undefined: no room, or others wait */
  take(reserved: boolean): IntakeBuffer | undefined {
    if (this.#waiting.length > 0 && !reserved) return undefined;
    return this.takeInTurn(reserved);
  }

  /** For a waiter whose turn it is. */
  takeInTurn(reserved: boolean): IntakeBuffer | undefined {
    if (!reserved && this.#crowded()) return undefined;
    const buffer = this.#free.at(-1);
    if (buffer === undefined || !this.#budget.take('intake', BATCH_BYTES, reserved))
      return undefined;
    return this.#free.pop();
  }

  give(buffer: IntakeBuffer): void {
    this.#free.push(buffer);
    this.#budget.give('intake', BATCH_BYTES);
    this.serve();
  }

  /** Appends to the queue; the grant may come at once. */
  wait(waiter: Waiter): void {
    this.#waiting.push(waiter);
    this.serve();
  }

  leave(waiter: Waiter): void {
    this.#waiting = this.#waiting.filter((other) => other !== waiter);
    this.serve();
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get inUse(): number {
    return this.capacity - this.#free.length;
  }

  /** Called when the budget has room again. */
  serve(): void {
    if (this.#waiting.length === 0) return;
    let blocked = false;
    const served = new Set<Waiter>();
    for (const waiter of this.#waiting) {
      if (blocked && !waiter.reserved) continue;
      if (waiter.tryGrant()) served.add(waiter);
      else blocked = true;
    }
    if (served.size > 0) this.#waiting = this.#waiting.filter((waiter) => !served.has(waiter));
  }
}
