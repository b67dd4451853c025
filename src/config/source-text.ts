import type { Place } from './schema.ts';
import { MASK, maskLines } from './secrets.ts';

/** A piece of the file: character offsets, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Longest piece of a line that an excerpt shows. */
const EXCERPT_COLUMNS = 120;

/** The configuration file as text: turns offsets into lines, columns and excerpts. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  /** Offset of each line's first character. */
  readonly #starts: number[] = [0];
  #masked: readonly string[] | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
      this.#starts.push(at + 1);
    }
  }

  placeOf(offset: number): Place {
    const index = this.#lineIndex(offset);
    return { line: index + 1, column: offset - (this.#starts[index] ?? 0) + 1 };
  }

  /**
   * The line that a span starts on, with a caret under each character of it that is on this line. Secrets are masked.
   *
   *     12 |     chanel: alerts
   *        |     ^^^^^^
   */
  excerpt({ start, end }: Span): string[] {
    const index = this.#lineIndex(start);
    const lineStart = this.#starts[index] ?? 0;
    this.#masked ??= maskLines(this.text.split('\n').map((line) => line.replace(/\r$/, '')));
    const whole = printable(this.#masked[index] ?? '');
    let column = start - lineStart;
    // What is masked stands behind the rest of the line: a place within it is where the mask begins.
    if (whole.endsWith(MASK)) column = Math.min(column, whole.length - MASK.length);
    const carets = Math.max(1, Math.min(end - lineStart, whole.length) - column);

    const cut = Math.max(0, Math.min(column - EXCERPT_COLUMNS / 2, whole.length - EXCERPT_COLUMNS));
    const head = cut > 0 ? '…' : '';
    const tail = whole.length > cut + EXCERPT_COLUMNS ? '…' : '';
    const shown = head + whole.slice(cut, cut + EXCERPT_COLUMNS) + tail;
    column += head.length - cut;

    const number = String(index + 1);
    const margin = ' '.repeat(number.length);
    const line = '^'.repeat(Math.min(carets, Math.max(1, shown.length - column)));
    return [`${number} | ${shown}`.trimEnd(), `${margin} | ${' '.repeat(column)}${line}`];
  }

  #lineIndex(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** One column for each character, and nothing that a terminal would obey. */
function printable(line: string): string {
  return line.replaceAll('\t', ' ').replace(/\p{Cc}/gu, '\ufffd');
}
