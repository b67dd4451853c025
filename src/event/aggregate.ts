import type { Address, CoreMemory } from './memory.ts';
import type { Names } from './names.ts';
import { ORDINAL, RAW_LENGTH } from './row.ts';
import type { Rows } from './rows.ts';

interface Delta {
  readonly key: string;
  /** Epoch seconds, 0 for keys without a time. */
  readonly start: number;
  /** The first record that counted. */
  readonly ordinal: number;
  increment: number;
  bytes: number;
}

/** Distinct keys of one batch; further ones count under the overflow key. */
export const MAX_DELTAS = 10_000;

/**
 * Counts rows by name over one batch. Each key becomes a line: KEY HT INCREMENT HT BYTES HT BUCKET_START_SECONDS LF.
 * Deltas, not totals: the writer adds them up under the lane's guard.
 */
export class Deltas {
  readonly #names: Names;
  readonly #known = new Map<number, Map<number | string, Delta>>();
  readonly #deltas: Delta[] = [];
  #overflow: Delta | undefined;
  #written = 0;

  constructor(names: Names) {
    this.#names = names;
  }

  gather(memory: CoreMemory, rows: Rows, list: Address, from: number, count: number): void {
    const { u32 } = memory;
    const names = this.#names;
    let lastTime = Number.NaN;
    let last: number | string = '';
    let delta: Delta | undefined;
    for (let entry = from; entry < count; entry++) {
      const row = u32[(list >>> 2) + entry] as Address;
      names.read(rows, row);
      if (names.time !== lastTime || names.combination !== last || delta === undefined) {
        lastTime = names.time;
        last = names.combination;
        delta = this.#find(rows, u32[(row >>> 2) + ORDINAL] as number);
      }
      delta.increment++;
      delta.bytes += u32[(row >>> 2) + RAW_LENGTH] as number;
    }
  }

  #find(rows: Rows, ordinal: number): Delta {
    const { time, combination } = this.#names;
    let ofTime = this.#known.get(time);
    if (ofTime === undefined) {
      // Without this an event's wrong clock would leave a map behind for each bucket.
      if (this.#deltas.length >= MAX_DELTAS) return this.#overflowDelta(rows, ordinal);
      ofTime = new Map();
      this.#known.set(time, ofTime);
    }
    const known = ofTime.get(combination);
    if (known !== undefined) return known;
    if (this.#deltas.length >= MAX_DELTAS) return this.#overflowDelta(rows, ordinal);
    const key = this.#names.render();
    const delta = { key, start: this.#names.seconds, ordinal, increment: 0, bytes: 0 };
    ofTime.set(combination, delta);
    this.#deltas.push(delta);
    return delta;
  }

  #overflowDelta(rows: Rows, ordinal: number): Delta {
    if (this.#overflow === undefined) {
      const { name, seconds } = this.#names.renderOverflow(rows);
      this.#overflow = { key: name, start: seconds, ordinal, increment: 0, bytes: 0 };
      this.#deltas.push(this.#overflow);
    }
    return this.#overflow;
  }

  /** Rows that counted under the overflow key. */
  get overflowed(): number {
    return this.#overflow?.increment ?? 0;
  }

  /** The next line, or undefined after the last. Until `take` the same one again. */
  get next(): { text: string; ordinal: number } | undefined {
    const delta = this.#deltas[this.#written];
    if (delta === undefined) return undefined;
    const { key, increment, bytes, start, ordinal } = delta;
    return { text: `${key}\t${increment}\t${bytes}\t${start}\n`, ordinal };
  }

  take(): void {
    this.#written++;
  }

  /** Lets go of what was gathered and of the names: a batch begins. */
  reset(): void {
    this.#known.clear();
    this.#deltas.length = 0;
    this.#overflow = undefined;
    this.#written = 0;
    this.#names.forget();
  }
}
