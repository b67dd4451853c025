import type { EventCore } from '../event/core.ts';
import type { Address } from '../event/memory.ts';
import type { NameCache } from '../event/name-cache.ts';
import type { NameTagger } from '../event/names.ts';
import { ENCODE_DONE, ENCODE_PAGE_FULL } from '../event/ops.ts';
import type { Rows } from '../event/rows.ts';
import {
  type Encoded,
  type EncodeTally,
  newTally,
  type OutputEncoder,
  type Room,
  type RowGroup,
} from './encoder.ts';

/** Names from data: `cache` makes them ready for the NAME op, `tagger` marks rows whose name had to be replaced. */
export interface EncoderNames {
  readonly cache: NameCache;
  readonly tagger: NameTagger;
}

/** An output whose rows are written one by one: an op list for each layout. */
export class ProgramEncoder implements OutputEncoder {
  readonly tally: EncodeTally = newTally();
  readonly #core: EventCore;
  readonly #programs: readonly Address[];
  readonly #names: EncoderNames | undefined;

  /** @param programs by layout id */
  constructor(core: EventCore, programs: readonly Address[], names?: EncoderNames) {
    this.#core = core;
    this.#programs = programs;
    this.#names = names;
  }

  begin(): void {
    this.#names?.cache.forget();
  }

  prepare(rows: Rows): void {
    if (this.#names !== undefined) this.tally.renamed += this.#names.tagger.apply(rows);
  }

  encode(
    rows: Rows,
    { layout, list, count }: RowGroup,
    from: number,
    room: Room,
  ): { next: number; state: Encoded } {
    const program = this.#programs[layout];
    if (program === undefined) throw new RangeError(`no layout ${layout}`);
    const { result } = this.#core;
    let next = from;
    while (next < count) {
      const most = Math.min(count, next + room.capacity - room.rows);
      if (most === next) return { next, state: 'page-full' };
      const end = this.#names?.cache.fill(rows, list, next, most) ?? most;
      next = this.#core.encode(
        program,
        list,
        next,
        end,
        room.start,
        room.start + room.used,
        room.end,
        room.trace + room.rows * 8,
      );
      room.used = (result[0] as number) - room.start;
      room.rows += result[3] as number;
      this.tally.skipped += result[4] as number;
      this.tally.coerced += result[5] as number;
      this.tally.hidden += result[6] as number;
      const state = result[1] as number;
      if (state !== ENCODE_DONE)
        return { next, state: state === ENCODE_PAGE_FULL ? 'page-full' : 'row-too-large' };
    }
    return { next, state: 'done' };
  }
}
