import type { Layout } from '../event/layout.ts';
import type { Literal, LiteralArea } from '../event/literals.ts';
import type { Address } from '../event/memory.ts';
import { DROPPED, RESIDUE_COUNT, UNPARSED } from '../event/row.ts';
import type { Rows } from '../event/rows.ts';
import type { CompiledParser, ParseFail, ParserKind } from '../parsers/parser.ts';
import { parseFailure } from './parse-failure.ts';

export interface ParserChoice {
  readonly name: string;
  readonly kind: ParserKind;
  readonly layout: Layout;
  readonly parser: CompiledParser;
}

/** Moves what the residue holds of a new layout's columns into their cells. */
export type Refile = (rows: Rows, row: Address, layout: Layout) => void;

/**
 * One `parse:` of a pipeline. An envelope parser takes every row; of dataset parsers each row gets the first that
 * detects it, and a row that already has a dataset keeps it.
 */
export class ParseStage {
  readonly #choices: readonly ParserChoice[];
  readonly #lists: Address[][];
  readonly #names: readonly Literal[];
  readonly #dataset: number;
  readonly #fail: ParseFail;
  readonly #refile: Refile;

  constructor(
    choices: readonly ParserChoice[],
    base: Layout,
    literals: LiteralArea,
    refile: Refile,
  ) {
    this.#choices = choices;
    this.#lists = choices.map(() => []);
    this.#names = choices.map((choice) => literals.text(choice.name));
    this.#dataset = (base.byPath.get('event.dataset') as { index: number }).index;
    this.#fail = parseFailure(base, literals);
    this.#refile = refile;
  }

  apply(rows: Rows): void {
    const first = this.#choices[0] as ParserChoice;
    for (const list of this.#lists) list.length = 0;
    for (let k = 0; k < rows.count; k++) {
      const row = rows.at(k);
      if (first.kind === 'dataset') this.#assign(rows, row);
      else if (!rows.hasFlag(row, DROPPED | UNPARSED)) (this.#lists[0] as Address[]).push(row);
    }
    for (let c = 0; c < this.#choices.length; c++) {
      const list = this.#lists[c] as Address[];
      if (list.length > 0) (this.#choices[c] as ParserChoice).parser.parse(rows, list, this.#fail);
    }
  }

  #assign(rows: Rows, row: Address): void {
    if (rows.hasFlag(row, DROPPED | UNPARSED) || rows.layout(row) !== 0) return;
    for (let c = 0; c < this.#choices.length; c++) {
      const choice = this.#choices[c] as ParserChoice;
      if (!choice.parser.detect(rows, row)) continue;
      rows.setLayout(row, choice.layout.id);
      if (rows.header(row, RESIDUE_COUNT) !== 0) this.#refile(rows, row, choice.layout);
      rows.setConstant(row, this.#dataset, this.#names[c] as Literal);
      (this.#lists[c] as Address[]).push(row);
      return;
    }
  }
}
