import { SluiceError } from '../errors/codes.ts';
import {
  INDEX_ENTRY_BYTES,
  INPUT_BYTES,
  INPUT_RECORDS,
  INPUT_SLOTS,
  PAGE_BYTES,
  planRegions,
} from '../event/regions.ts';

/** Bytes of a batch with its index: in the intake as in a worker's input slot. */
export const BATCH_BYTES = INPUT_BYTES + INPUT_RECORDS * INDEX_ENTRY_BYTES;

const MIN_INPUTS = 2;
const MIN_PAGES = 4;
const MIN_WORKER_BYTES = MIN_INPUTS * BATCH_BYTES + MIN_PAGES * PAGE_BYTES;
/** What the workers may take of the whole: the rest is the intake's, which absorbs a slow sink. */
const WORKERS_SHARE = 0.4;
const WORKERS_SHARE_AT_MOST = 0.6;
/** Kept for senders that cannot be slowed: a sixteenth, at least two batches. */
const RESERVED_PART = 16;

export type BudgetPart = 'workers' | 'intake' | 'large';

/** How a worker may use its memory: input slots and pages of planRegions(). */
export interface WorkerShare {
  readonly workers: number;
  readonly inputs: number;
  readonly pages: number;
}

/**
 * Divides the budget between intake and workers.
 * @param workers `undefined`: as many as `cores` − 1 allows, at least one
 * @throws SluiceError SLUICE_MEMORY_BUDGET when so many workers leave the intake no room
 */
export function shareOut(limit: number, workers: number | undefined, cores: number): WorkerShare {
  const most = Math.max(1, Math.floor((limit * WORKERS_SHARE_AT_MOST) / MIN_WORKER_BYTES));
  if (workers !== undefined && workers > most) {
    throw new SluiceError(
      'SLUICE_MEMORY_BUDGET',
      `${limit} bytes suffice for ${most} workers, ${workers} are configured`,
    );
  }
  const count = workers ?? Math.min(most, Math.max(1, cores - 1));
  const each = (limit * WORKERS_SHARE) / count;
  const inputs = clamp(Math.floor((each * 0.3) / BATCH_BYTES), MIN_INPUTS, INPUT_SLOTS);
  const pages = clamp(
    Math.floor((each - inputs * BATCH_BYTES) / PAGE_BYTES),
    MIN_PAGES,
    planRegions().pages.length,
  );
  return { workers: count, inputs, pages };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/**
 * The process's one byte budget. The workers' inputs and pages are taken once, at start: a worker fills its pages without asking.
 * What is left is shared by batches in the intake and oversize records; when it is used up, sources stop reading.
 */
export class Budget {
  readonly limit: number;
  readonly reserved: number;
  readonly #parts: Record<BudgetPart, number> = { workers: 0, intake: 0, large: 0 };
  #used = 0;

  constructor(limit: number, share: WorkerShare) {
    this.limit = limit;
    this.#charge(
      'workers',
      share.workers * (share.inputs * BATCH_BYTES + share.pages * PAGE_BYTES),
    );
    this.reserved = Math.max(2 * BATCH_BYTES, Math.floor((limit - this.#used) / RESERVED_PART));
  }

  /** @param privileged may use the reserve @returns false: nothing was taken */
  take(part: BudgetPart, bytes: number, privileged = false): boolean {
    const limit = privileged ? this.limit : this.limit - this.reserved;
    if (this.#used + bytes > limit) return false;
    this.#charge(part, bytes);
    return true;
  }

  #charge(part: BudgetPart, bytes: number): void {
    this.#used += bytes;
    this.#parts[part] += bytes;
  }

  give(part: BudgetPart, bytes: number): void {
    this.#used -= bytes;
    this.#parts[part] -= bytes;
  }

  get used(): number {
    return this.#used;
  }

  usedBy(part: BudgetPart): number {
    return this.#parts[part];
  }

  /** Bytes that intake and oversize records may ever have together. */
  get shared(): number {
    return this.limit - this.reserved - this.#parts.workers;
  }
}
