import type { Deltas } from '../event/aggregate.ts';
import type { CoreMemory } from '../event/memory.ts';
import type { NameTagger } from '../event/names.ts';
import type { Rows } from '../event/rows.ts';
import {
  type Encoded,
  type EncodeTally,
  newTally,
  type OutputEncoder,
  type Room,
  type RowGroup,
} from './encoder.ts';

/** An output that counts: rows are gathered over the batch, `finish` writes a line for each key. */
export class DeltaEncoder implements OutputEncoder {
  readonly tally: EncodeTally = newTally();
  readonly #memory: CoreMemory;
  readonly #counters: readonly Deltas[];
  readonly #tagger: NameTagger;

  constructor(memory: CoreMemory, counters: readonly Deltas[], tagger: NameTagger) {
    this.#memory = memory;
    this.#counters = counters;
    this.#tagger = tagger;
  }

  begin(): void {
    for (const counter of this.#counters) counter.reset();
  }

  prepare(rows: Rows): void {
    this.tally.renamed += this.#tagger.apply(rows);
  }

  encode(rows: Rows, group: RowGroup, from: number, _room: Room): { next: number; state: Encoded } {
    for (const counter of this.#counters)
      counter.gather(this.#memory, rows, group.list, from, group.count);
    return { next: group.count, state: 'done' };
  }

  /** The trace gives each line the first record that counted in it. */
  finish(room: Room): { state: Encoded } {
    const { bytes, u32 } = this.#memory;
    for (const counter of this.#counters) {
      for (let line = counter.next; line !== undefined; line = counter.next) {
        const at = room.start + room.used;
        const length = Buffer.byteLength(line.text);
        if (at + length > room.end || room.rows === room.capacity)
          return { state: room.used === 0 ? 'row-too-large' : 'page-full' };
        bytes.write(line.text, at, 'utf8');
        room.used += length;
        const pair = (room.trace >>> 2) + room.rows * 2;
        u32[pair] = line.ordinal;
        u32[pair + 1] = room.used;
        room.rows++;
        counter.take();
      }
    }
    for (const counter of this.#counters) this.tally.overflowed += counter.overflowed;
    this.begin();
    return { state: 'done' };
  }
}
