import type { PagePayload } from '../workers/payload.ts';
import { Backoff } from './backoff.ts';
import { Shipment } from './shipment.ts';

/**
 * One lane of a slot: payloads in the order of their batches, one run of them under way at a time.
 */
export class Lane {
  readonly #waiting: PagePayload[] = [];
  /** Batches that workers are done with, but whose payloads are not all settled. */
  readonly #done: number[] = [];
  #waitingBytes = 0;
  /** The run under way, or what is left of it for the next attempt. */
  run: Shipment[] = [];
  /** A request is out. */
  busy = false;
  /** Attempts of the current run. */
  attempts = 0;
  /** Time before which the run is not sent again, ms. */
  notBefore = 0;
  readonly #backoff = new Backoff();
  /** Arrival of the first waiting payload, ms. */
  since = 0;
  /** All batches of the lane up to this one are settled here; -1 = none. */
  position = -1;

  accept(payload: PagePayload, now: number): void {
    if (this.#waiting.length === 0) this.since = now;
    this.#waiting.push(payload);
    this.#waitingBytes += payload.bytes.length;
  }

  /** The workers are done with this batch: no more payloads of it will come. */
  batchDone(sequence: number): void {
    this.#done.push(sequence);
    this.#advance();
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  get hasWork(): boolean {
    return this.run.length > 0 || this.#waiting.length > 0;
  }

  /** Payloads that are not under way. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes the next run from the waiting payloads: at least one, more while they fit. */
  begin(requestBytes: number, now: number): void {
    let bytes = 0;
    let count = 0;
    for (const payload of this.#waiting) {
      if (count > 0 && bytes + payload.bytes.length > requestBytes) break;
      bytes += payload.bytes.length;
      count++;
    }
    this.run = this.#waiting.splice(0, count).map((payload) => new Shipment(payload));
    this.#waitingBytes -= bytes;
    this.attempts = 0;
    this.notBefore = 0;
    this.#backoff.reset();
    this.since = now;
  }

  /** What the attempt left over; settled payloads are released by the caller. */
  finish(left: Shipment[]): void {
    this.run = left;
    this.#advance();
  }

  /** The store took some of the run: the rest goes again after a pause. @param afterMs as the store asked */
  pause(now: number, afterMs: number): void {
    this.notBefore = now + this.#backoff.next(afterMs);
  }

  #advance(): void {
    const first = this.run[0]?.origin.batch ?? this.#waiting[0]?.batch ?? Number.POSITIVE_INFINITY;
    while (this.#done.length > 0 && (this.#done[0] as number) < first) {
      this.position = this.#done.shift() as number;
    }
  }
}
