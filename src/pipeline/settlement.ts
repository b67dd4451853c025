import type { FlowBatch } from './flow-batch.ts';
import { Waiters } from './waiters.ts';

/** Follows which batches of a stream are settled, and tells how far the contiguous part reaches. */
export class Settlement {
  readonly #open: FlowBatch[] = [];
  readonly #waiters = new Waiters();
  readonly #listeners: ((position: number) => void)[] = [];
  /** Number of the last batch of the contiguous settled part; -1 = none. */
  #reached = -1;

  onMoved(listener: (position: number) => void): void {
    this.#listeners.push(listener);
  }

  /** Batches are added in the order of their numbers. */
  add(batch: FlowBatch): void {
    this.#open.push(batch);
  }

  /** Some batch became settled. */
  advance(): void {
    let last: FlowBatch | undefined;
    while (this.#open[0]?.settled === true) last = this.#open.shift();
    if (last === undefined) return;
    this.#reached = last.number;
    for (const listener of this.#listeners) listener(last.end);
    this.#waiters.wakeUpTo(this.#reached);
  }

  /** Resolves when the batch of this number and all before it are settled. @throws the signal's reason */
  async reached(number: number, signal: AbortSignal): Promise<void> {
    if (number > this.#reached) await this.#waiters.wait(signal, number);
  }

  /** Arrival of the oldest batch that is not settled, epoch ms. */
  get oldest(): number | undefined {
    return this.#open[0]?.header.receivedAt;
  }

  get outstanding(): number {
    return this.#open.length;
  }
}
