import type { ErrorCode } from '../../errors/codes.ts';
import { ABSENT, CLEAN, JSON_RAW, JSON_STRING, NULL, TEXT, TIME } from '../../event/cell.ts';
import { Conflicts } from '../../event/conflicts.ts';
import type { EventCore } from '../../event/core.ts';
import {
  JSON_CONTROL,
  JSON_DEPTH,
  JSON_END,
  JSON_ESCAPE,
  JSON_KEYS,
  JSON_NO_ROOM,
  JSON_NOT_OBJECT,
  JSON_NUMBER,
  JSON_OK,
  JSON_SYNTAX,
  JSON_TRAILING,
  JSON_UTF8,
} from '../../event/json-codes.ts';
import type { Address } from '../../event/memory.ts';
import { type Rows, SideBufferFull } from '../../event/rows.ts';
import { CONFLICT_PATH, compileTrie, type Trie } from '../../event/trie.ts';
import { UTC } from '../../event/zone.ts';
import type { CompiledParser, ParseFail, ParserContext, ParserDefinition } from '../parser.ts';
import { fieldsOf, type JsonOptions } from './fields.ts';
import { toTime } from './times.ts';

/** One JSON object (RFC 8259) for each event. */
export const json: ParserDefinition<JsonOptions> = {
  name: 'json',
  kind: 'envelope',
  fields: fieldsOf,
  compile: (options, context) => new Json(options, context),
};

const FAULTS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  [JSON_NOT_OBJECT]: ['SLUICE_PARSE_JSON_OBJECT', 'not an object'],
  [JSON_SYNTAX]: ['SLUICE_PARSE_JSON', 'unexpected character'],
  [JSON_END]: ['SLUICE_PARSE_JSON', 'ends too early'],
  [JSON_CONTROL]: ['SLUICE_PARSE_JSON', 'control character in a string'],
  [JSON_ESCAPE]: ['SLUICE_PARSE_JSON', 'invalid escape'],
  [JSON_UTF8]: ['SLUICE_PARSE_JSON', 'invalid UTF-8'],
  [JSON_NUMBER]: ['SLUICE_PARSE_JSON', 'invalid number'],
  [JSON_TRAILING]: ['SLUICE_PARSE_JSON', 'something behind the object'],
  [JSON_DEPTH]: ['SLUICE_PARSE_JSON_LIMIT', 'more than 64 levels'],
  [JSON_KEYS]: ['SLUICE_PARSE_JSON_LIMIT', 'more than 4096 members'],
};

class Json implements CompiledParser {
  readonly #core: EventCore;
  readonly #trie: Trie;
  readonly #conflicts: Conflicts;
  readonly #conflictNode: number;
  /** Column of the text, -1 = the message or the record. */
  readonly #field: number;
  readonly #path: string;
  readonly #message: number;
  readonly #times: readonly { readonly path: string; readonly column: number }[];

  constructor(options: JsonOptions, { core, literals, layout }: ParserContext) {
    const column = (path: string): number => layout.byPath.get(path)?.index ?? -1;
    this.#core = core;
    this.#trie = compileTrie(literals, layout);
    this.#conflicts = new Conflicts(layout, literals);
    this.#conflictNode = this.#trie.nodeOf(CONFLICT_PATH);
    this.#path = options.field ?? 'message';
    this.#field = options.field === undefined ? -1 : column(options.field);
    this.#message = column('message');
    this.#times = options.time_fields
      .map((path) => ({ path, column: column(path) }))
      .filter((time) => time.column >= 0);
  }

  detect(): boolean {
    return true;
  }

  parse(rows: Rows, list: readonly Address[], fail: ParseFail): void {
    for (const row of list) this.#parseRow(rows, row, fail);
  }

  #parseRow(rows: Rows, row: Address, fail: ParseFail): void {
    const usesMessage = this.#field < 0 && this.#message >= 0 && rows.has(row, this.#message);
    const column = usesMessage ? this.#message : this.#field;
    if (column < 0) {
      this.#scan(rows, row, rows.rawAddress(row), rows.rawLength(row), fail);
      return;
    }
    const kind = this.#asText(rows, row, column);
    if (kind === ABSENT) {
      fail(rows, row, 'SLUICE_PARSE_JSON', `${this.#path} holds no text`);
      return;
    }
    const address = rows.address(row, column);
    const length = rows.length(row, column);
    // The text is replaced by what it says; a member `message` may take its place.
    rows.clear(row, column);
    if (!this.#scan(rows, row, address, length, fail)) {
      rows.setSpan(row, column, address, length, kind);
    }
  }

  /** Makes sure that the cell's bytes are the text itself. @returns its kind, or ABSENT when it is no text */
  #asText(rows: Rows, row: Address, column: number): number {
    const kind = rows.kind(row, column);
    if (kind === JSON_STRING) {
      rows.setText(row, column, rows.text(row, column) ?? '');
      return TEXT;
    }
    return kind === CLEAN || kind === TEXT || kind === JSON_RAW ? kind : ABSENT;
  }

  #scan(rows: Rows, row: Address, at: Address, length: number, fail: ParseFail): boolean {
    const { result } = this.#core;
    const { address } = this.#trie;
    const side = this.#core.json(row, at, length, address, 0, rows.side, rows.sideEnd);
    const code = result[0];
    if (code !== JSON_OK) {
      const offset = result[1];
      if (code === JSON_NO_ROOM) throw new SideBufferFull();
      const [name, detail] = FAULTS[code ?? JSON_SYNTAX] ?? ['SLUICE_PARSE_JSON', 'invalid'];
      fail(rows, row, name, detail, offset);
      return false;
    }
    const moved = result[2] ?? 0;
    rows.side = side;
    this.#conflicts.add(rows, row, moved);
    for (const { path, column } of this.#times) this.#readTime(rows, row, path, column);
    return true;
  }

  #readTime(rows: Rows, row: Address, path: string, column: number): void {
    const kind = rows.kind(row, column);
    if (kind === ABSENT || kind === NULL || kind === TIME) return;
    if (toTime(rows, row, column, UTC)) return;
    // A date column must not hold text: the value moves aside as any other that does not fit.
    const text = rows.text(row, column) ?? '';
    rows.clear(row, column);
    rows.setText(row, column, JSON.stringify({ [path]: text }));
    const at = rows.address(row, column);
    const length = rows.length(row, column);
    rows.clear(row, column);
    const { address } = this.#trie;
    const node = this.#conflictNode;
    const side = this.#core.json(row, at, length, address, node, rows.side, rows.sideEnd);
    if (this.#core.result[0] === JSON_NO_ROOM) throw new SideBufferFull();
    if (this.#core.result[0] === JSON_OK) rows.side = side;
    this.#conflicts.add(rows, row, 1);
  }
}
