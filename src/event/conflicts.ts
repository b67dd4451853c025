import type { Layout } from './layout.ts';
import type { Literal, LiteralArea } from './literals.ts';
import type { Address } from './memory.ts';
import type { Rows } from './rows.ts';
import { CONFLICT_COUNT_PATH, CONFLICT_TAG } from './trie.ts';

/** Tells a row how many of its members the JSON scan moved below `sluice.conflict`, and tags it. */
export class Conflicts {
  readonly #count: number;
  readonly #tags: number;
  readonly #tag: Literal;

  constructor(layout: Layout, literals: LiteralArea) {
    this.#count = layout.byPath.get(CONFLICT_COUNT_PATH)?.index ?? -1;
    this.#tags = layout.byPath.get('tags')?.index ?? -1;
    this.#tag = literals.text(CONFLICT_TAG);
  }

  /** @throws SideBufferFull */
  add(rows: Rows, row: Address, moved: number): void {
    if (moved === 0) return;
    const before = this.#count < 0 ? 0 : (rows.number(row, this.#count) ?? 0);
    if (this.#count >= 0) rows.setNumber(row, this.#count, before + moved);
    if (this.#tags >= 0 && before === 0) rows.append(row, this.#tags, this.#tag);
  }
}
