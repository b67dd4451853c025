import type { Budget } from './budget.ts';

/** Copies of an oversize record at the same time: in the intake, the worker's input, and about twice in its page. */
const COPIES = 4;

/** Admits oversize records one at a time, on the common budget. */
export class LargeRoom {
  readonly #budget: Budget;
  /** Who was granted room and has not used it yet. */
  #granted: object | undefined;
  #bytes = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** @param who was granted room before, or comes when there is room @returns false: wait for a grant */
  take(who: object, length: number): boolean {
    if (this.#granted === who) {
      this.#granted = undefined;
      if (this.#bytes >= this.#roomFor(length)) return true;
      // Senders share the stream: another one with a longer record came first.
      this.give();
    }
    return this.#bytes === 0 && this.#reserve(length);
  }

  grant(who: object, length: number): boolean {
    if (this.#bytes !== 0 || !this.#reserve(length)) return false;
    this.#granted = who;
    return true;
  }

  /** The record is settled. */
  give(): void {
    this.#budget.give('large', this.#bytes);
    this.#bytes = 0;
  }

  /** A grant that nobody will use. @returns whether there was one */
  cancel(who: object): boolean {
    if (this.#granted !== who) return false;
    this.#granted = undefined;
    this.give();
    return true;
  }

  /** A budget that is smaller than one record still lets one pass, alone. */
  #roomFor(length: number): number {
    return Math.min(length * COPIES, this.#budget.shared);
  }

  #reserve(length: number): boolean {
    const bytes = this.#roomFor(length);
    if (!this.#budget.take('large', bytes)) return false;
    this.#bytes = bytes;
    return true;
  }
}
