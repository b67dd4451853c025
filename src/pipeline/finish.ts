import { ABSENT, CELL_BYTES, CLEAN, meta, TIME } from '../event/cell.ts';
import type { Layout } from '../event/layout.ts';
import type { Literal, LiteralArea } from '../event/literals.ts';
import type { Address } from '../event/memory.ts';
import { DROPPED, FLAGS, PARTIAL, ROW_HEADER_BYTES, TRUNCATED } from '../event/row.ts';
import type { Rows } from '../event/rows.ts';
import { INDEX_DATE } from './standard-fields.ts';

const DAY_MS = 86_400_000;
/** Events outside this window around their arrival go to the day of arrival: a wrong clock must not make an index for each day of 1970. */
const WINDOW_PAST_MS = 30 * DAY_MS;
const WINDOW_FUTURE_MS = DAY_MS;

/**
 * Fills what every event has, after the steps ran: a time stamp, the day of its index, its arrival and its kind;
 * and tags what framing had to cut.
 * Works on the cells directly: it runs once for each event, and through Rows it cost 4 times as much.
 */
export class Finish {
  readonly #timestamp: number;
  readonly #indexDate: number;
  readonly #ingested: number;
  readonly #kind: number;
  readonly #reason: number;
  readonly #event: Literal;
  readonly #outside: Literal;
  readonly #outsideTag: Literal;
  readonly #tags: number;
  readonly #cuts: readonly (readonly [flag: number, tag: Literal])[];

  constructor(base: Layout, literals: LiteralArea) {
    const column = (path: string): number => {
      const found = base.byPath.get(path);
      if (found === undefined) throw new Error(`the base layout lacks ${path}`);
      return ROW_HEADER_BYTES + found.index * CELL_BYTES;
    };
    this.#timestamp = column('@timestamp');
    this.#indexDate = column(INDEX_DATE.path);
    this.#ingested = column('event.ingested');
    this.#kind = column('event.kind');
    this.#reason = base.byPath.get('event.reason')?.index ?? -1;
    this.#outsideTag = literals.text('outside_window');
    this.#event = literals.text('event');
    this.#outside = literals.text('timestamp outside the accepted window');
    this.#tags = base.byPath.get('tags')?.index ?? -1;
    this.#cuts = [
      [TRUNCATED, literals.text('truncated')],
      [PARTIAL, literals.text('partial')],
    ];
  }

  apply(rows: Rows): void {
    const { u32, f64 } = rows.memory;
    const arrival = rows.arrival;
    const earliest = arrival - WINDOW_PAST_MS;
    const latest = arrival + WINDOW_FUTURE_MS;
    const time = meta(TIME, 3);
    const kind = meta(CLEAN, this.#event.length);
    for (let k = 0, row = rows.table; k < rows.count; k++, row += rows.stride) {
      const flags = u32[(row >>> 2) + FLAGS] as number;
      if ((flags & DROPPED) !== 0) continue;
      if ((flags & (TRUNCATED | PARTIAL)) !== 0) this.#tagCut(rows, row, flags);
      const stamp = row + this.#timestamp;
      let word = u32[(stamp >>> 2) + 1] as number;
      if ((word & 15) !== TIME) {
        u32[stamp >>> 2] = 0;
        u32[(stamp >>> 2) + 1] = word = time;
        f64[(stamp >>> 3) + 1] = arrival;
      }
      const at = f64[(stamp >>> 3) + 1] as number;
      const date = row + this.#indexDate;
      u32[(date >>> 2) + 1] = time;
      if (at >= earliest && at <= latest) {
        f64[(date >>> 3) + 1] = at;
      } else {
        f64[(date >>> 3) + 1] = arrival;
        this.#sayOutside(rows, row);
      }
      const ingested = row + this.#ingested;
      u32[ingested >>> 2] = 0;
      u32[(ingested >>> 2) + 1] = time;
      f64[(ingested >>> 3) + 1] = arrival;
      const kindAt = (row + this.#kind) >>> 2;
      if (((u32[kindAt + 1] as number) & 15) === ABSENT) {
        u32[kindAt] = this.#event.address;
        u32[kindAt + 1] = kind;
      }
    }
  }

  /** A reason that the event brought stays; then a tag tells. */
  #sayOutside(rows: Rows, row: Address): void {
    if (rows.has(row, this.#reason)) rows.append(row, this.#tags, this.#outsideTag);
    else rows.setConstant(row, this.#reason, this.#outside);
  }

  /** A record that framing cut says so. @throws SideBufferFull */
  #tagCut(rows: Rows, row: Address, flags: number): void {
    if (this.#tags < 0) return;
    for (const [flag, tag] of this.#cuts) {
      if ((flags & flag) !== 0) rows.append(row, this.#tags, tag);
    }
  }
}
