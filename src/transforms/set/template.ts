import type { OptionIssue, OptionPath } from '../../config/spec.ts';
import { CLEAN, TEXT } from '../../event/cell.ts';
import type { Literal, LiteralArea } from '../../event/literals.ts';
import { type Address, SLACK } from '../../event/memory.ts';
import { type Rows, SideBufferFull } from '../../event/rows.ts';

type Part = { readonly text: string } | { readonly path: string };

class TemplateError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** `{host.name}/{process.name}`; `{{` and `}}` are braces. @throws TemplateError */
function parts(template: string): Part[] {
  const out: Part[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') out.push({ text });
    text = '';
  };
  for (let at = 0; at < template.length; at++) {
    const c = template[at] as string;
    if (c !== '{' && c !== '}') {
      text += c;
    } else if (template[at + 1] === c) {
      text += c;
      at++;
    } else if (c === '}') {
      throw new TemplateError('the brace closes nothing; a brace as such is }}', at);
    } else {
      flush();
      const end = template.indexOf('}', at);
      if (end < 0) throw new TemplateError('the brace is not closed; a brace as such is {{', at);
      const path = template.slice(at + 1, end).trim();
      if (!/^[^.{]+(?:\.[^.{]+)*$/.test(path)) {
        throw new TemplateError('between the braces stands the path of a field', at);
      }
      out.push({ path });
      at = end;
    }
  }
  flush();
  return out;
}

/** What is wrong with a template of the configuration, at load time. */
export function checkTemplate(template: string, path: OptionPath): readonly OptionIssue[] {
  try {
    parts(template);
    return [];
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return [{ path, message: `not a valid template: ${error.message}`, offset: error.offset }];
  }
}

export function templatePaths(template: string): string[] {
  return parts(template).flatMap((part) => ('path' in part ? [part.path] : []));
}

/** Writes the text into a cell; nothing happens when one of the fields is absent or has no text (a list). */
export type Render = (rows: Rows, row: Address, into: number) => void;

type Piece = { readonly literal: Literal } | { readonly column: number };

/** The bytes are put together in the side buffer: text that is not escaped is copied, never decoded. */
export function compileTemplate(
  template: string,
  literals: LiteralArea,
  column: (path: string) => number,
): Render {
  const pieces = parts(template).map(
    (part): Piece =>
      'path' in part ? { column: column(part.path) } : { literal: literals.text(part.text) },
  );
  return (rows, row, into) => {
    const start = rows.side;
    let at = start;
    for (const piece of pieces) {
      at =
        'literal' in piece
          ? copy(rows, at, piece.literal.address, piece.literal.length)
          : copyCell(rows, row, piece.column, at);
      if (at === 0) return;
    }
    rows.side = at;
    rows.setSpan(row, into, start, at - start, TEXT);
  };
}

/** @returns the address behind the copy @throws SideBufferFull */
function copy(rows: Rows, at: Address, from: Address, length: number): Address {
  if (at + length + SLACK > rows.sideEnd) throw new SideBufferFull();
  rows.memory.u8.copyWithin(at, from, from + length);
  return at + length;
}

/** @returns the address behind the cell's text, or 0 when it has none @throws SideBufferFull */
function copyCell(rows: Rows, row: Address, column: number, at: Address): Address {
  const kind = rows.kind(row, column);
  if (kind === CLEAN || kind === TEXT) {
    return copy(rows, at, rows.address(row, column), rows.length(row, column));
  }
  const text = rows.text(row, column);
  if (text === undefined) return 0;
  // A UTF-16 unit is at most three bytes of UTF-8.
  if (at + text.length * 3 + SLACK > rows.sideEnd) throw new SideBufferFull();
  return at + rows.memory.bytes.write(text, at, 'utf8');
}
