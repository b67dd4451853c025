import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  type YAMLError,
  type YAMLWarning,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { ErrorCode } from '../errors/codes.ts';
import type { Diagnostic } from './diagnostic.ts';
import { MASK, maskLine, shownValue } from './secrets.ts';
import type { SourceText, Span } from './source-text.ts';
import type { OptionPath } from './spec.ts';
import { type Surroundings, substitute } from './substitute.ts';

/** Room against alias bombs: an honest configuration has some thousand values. */
const MAX_VALUES = 100_000;
const MAX_DEPTH = 64;

/**
 * A value that came from `${…}` is a text, and when it came out empty it is left out. Where a schema refuses that,
 * the second reading holds: `4` as a number, `true` as a boolean, the empty text instead of none.
 */
export interface Reference {
  readonly values: ReadonlyMap<string, string>;
  readonly secondReading: unknown;
  /** A reference failed (and was reported): whatever else is wrong with the value is no news. */
  readonly failed: boolean;
}

interface Spot {
  readonly key: Span | undefined;
  readonly value: Span;
  /** First character of the scalar's text, and the text where the file has it verbatim. */
  readonly verbatim: number | undefined;
}

/** A YAML file as plain values, with the place of each. */
export class ConfigDocument {
  readonly source: SourceText;
  /** Syntax errors, failed references. */
  readonly diagnostics: Diagnostic[] = [];
  readonly value: unknown;
  readonly #surroundings: Surroundings;
  readonly #spots = new Map<string, Spot>();
  readonly #references = new Map<string, Reference>();
  readonly #failed: OptionPath[] = [];
  readonly #document: Document;
  #values = 0;
  #broken = false;

  constructor(source: SourceText, surroundings: Surroundings) {
    this.source = source;
    this.#surroundings = surroundings;
    this.#document = parseDocument(source.text, { merge: true, prettyErrors: false });
    this.#reportSyntax([...this.#document.errors, ...this.#document.warnings]);
    // What the parser made of broken text is a guess: nothing further is said about it.
    this.value = this.readable ? this.#convert(this.#document.contents, []) : undefined;
  }

  /** The text is YAML whose structure is sound; else nothing is known of what it should hold. */
  get readable(): boolean {
    return !this.#broken;
  }

  /** Span of a value; of the nearest enclosing key where there is none. */
  spanOf(path: OptionPath, part: 'key' | 'value' = 'value'): Span {
    const spot = this.#spots.get(keyOf(path));
    if (spot !== undefined) return part === 'key' ? (spot.key ?? spot.value) : spot.value;
    if (path.length === 0) return { start: 0, end: 1 };
    return this.spanOf(path.slice(0, -1), 'key');
  }

  /** Span of one character inside a text value, where the file has the text verbatim. */
  characterSpan(path: OptionPath, offset: number): Span {
    const start = this.#spots.get(keyOf(path))?.verbatim;
    if (start === undefined) return this.spanOf(path);
    return { start: start + offset, end: start + offset + 1 };
  }

  /** How a `${…}` came to the value at `path`, if one did. */
  referenceAt(path: OptionPath): Reference | undefined {
    return this.#references.get(keyOf(path));
  }

  /** A reference at or below `path` failed: what hangs on its value cannot be judged. */
  failedWithin(path: OptionPath): boolean {
    return this.#failed.some((place) => path.every((key, depth) => place[depth] === key));
  }

  /** Puts the references back where a message would show what they became. */
  redact(path: OptionPath, message: string): string {
    let shown = message;
    for (const [reference, value] of this.referenceAt(path)?.values ?? []) {
      if (value !== '') shown = shown.replaceAll(value, maskLine(reference));
    }
    return shown;
  }

  #reportSyntax(errors: readonly (YAMLError | YAMLWarning)[]): void {
    let cascade = false;
    for (const error of errors) {
      // After the first unexpected token the parser stumbles over all that follows.
      if (cascade && error.code === 'UNEXPECTED_TOKEN') continue;
      cascade = error.code === 'UNEXPECTED_TOKEN';
      const [start, end] = error.pos;
      const message =
        this.source.text.slice(start - 1, end) === '${'
          ? 'inside [ ] and { } a ${…} must stand in quotes'
          : (SYNTAX[error.code] ?? withoutSource(error.message));
      this.#reportStructure(message, { start, end: Math.max(end, start + 1) });
    }
  }

  #reportStructure(message: string, span: Span): void {
    this.#broken = true;
    this.#report('SLUICE_CONFIG_SYNTAX', message, span);
  }

  #report(code: ErrorCode, message: string, span: Span): void {
    this.diagnostics.push({ severity: 'error', code, message, span });
  }

  #convert(node: unknown, path: OptionPath, key?: Span): unknown {
    const span = spanOfNode(node) ?? key ?? { start: 0, end: 1 };
    if (++this.#values > MAX_VALUES || path.length > MAX_DEPTH) {
      if (this.#values <= MAX_VALUES + 1 || path.length === MAX_DEPTH + 1) {
        this.#reportStructure('too many or too deeply nested values', span);
      }
      return undefined;
    }
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (target !== undefined) return this.#convert(target, path, key);
      this.#reportStructure(
        `no anchor '&${shownValue(path, node.source)}' stands before this`,
        span,
      );
      return undefined;
    }
    this.#spots.set(keyOf(path), { key, value: span, verbatim: this.#verbatim(node, span) });
    if (isMap(node)) return this.#convertMap(node, path);
    if (isSeq(node)) {
      return this.#convertList(node, path);
    }
    return isScalar(node) ? this.#convertScalar(node, path, span) : null;
  }

  #convertList(list: YAMLSeq, path: OptionPath): unknown[] {
    const result: unknown[] = [];
    for (const item of list.items) {
      const value = this.#convert(item, [...path, result.length]);
      if (value !== undefined) result.push(value);
    }
    return result;
  }

  #convertMap(map: YAMLMap, path: OptionPath): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    const own = map.items.filter((pair) => !isMergeKey(pair));
    // Merged maps first: a map's own keys win.
    for (const pair of map.items.filter(isMergeKey)) this.#merge(pair.value, path, result);
    for (const pair of own) {
      const keySpan = spanOfNode(pair.key) ?? { start: 0, end: 1 };
      const name = keyText(pair.key);
      if (name === undefined || name === '__proto__') {
        this.#reportStructure('a key must be a plain text', keySpan);
        continue;
      }
      const value = this.#convert(pair.value, [...path, name], keySpan);
      if (value !== undefined) result[name] = value;
    }
    return result;
  }

  #merge(node: unknown, path: OptionPath, into: Record<string, unknown>): void {
    const target = isAlias(node) ? node.resolve(this.#document) : node;
    if (isSeq(target)) {
      // The first of several wins.
      for (const item of [...target.items].reverse()) this.#merge(item, path, into);
    } else if (isMap(target)) {
      Object.assign(into, this.#convertMap(target, path));
    } else {
      this.#reportStructure("'<<' merges maps only", spanOfNode(node) ?? { start: 0, end: 1 });
    }
  }

  /** @returns undefined when the scalar counts as not written */
  #convertScalar(node: Scalar, path: OptionPath, span: Span): unknown {
    const { value } = node;
    if (typeof value !== 'string' || !value.includes('${')) return value;
    const { text, bare, values, problems } = substitute(value, this.#surroundings);
    for (const { code, message, reference, ordinal } of problems) {
      const shown =
        shownValue(path, value) === MASK ? message.replace(reference, () => MASK) : message;
      this.#report(code, shown, this.#findReference(span, reference, ordinal));
    }
    const failed = problems.length > 0;
    if (failed) this.#failed.push(path);
    const secondReading = plainScalar(text);
    this.#references.set(keyOf(path), { values, secondReading, failed });
    return bare && text === '' && !failed ? undefined : text;
  }

  #findReference(span: Span, reference: string, ordinal: number): Span {
    const written = this.source.text.slice(span.start, span.end);
    let index = -1;
    for (const match of written.matchAll(/\$\$\{|\$\{/g)) {
      if (match[0] === '${' && ++index === ordinal) {
        const start = span.start + match.index;
        return { start, end: Math.min(span.end, start + reference.length) };
      }
    }
    return span;
  }

  #verbatim(node: unknown, { start, end }: Span): number | undefined {
    if (!isScalar(node) || typeof node.value !== 'string') return undefined;
    const at = this.source.text.slice(start, end).indexOf(node.value);
    return at < 0 ? undefined : start + at;
  }
}

/** The parser's words where an operator would not understand them. */
const SYNTAX: Readonly<Record<string, string>> = {
  BAD_INDENT: 'wrong indentation, or a bracket that is not closed',
  BLOCK_AS_IMPLICIT_KEY: "a second ': ' in one line; put the text in quotes",
  DUPLICATE_KEY: 'this key stands here twice',
  MULTIPLE_DOCS: "a second document ('---') is not allowed",
  TAB_AS_INDENT: 'indentation must be spaces, not tabs',
  TAG_RESOLVE_FAILED: 'tags (!name) are not allowed',
};

/** The parser repeats what it did not expect; the excerpt shows it anyway, with secrets masked. */
function withoutSource(message: string): string {
  return message.replace(/: ".*"$/s, '');
}

function keyOf(path: OptionPath): string {
  return JSON.stringify(path);
}

function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.source === '<<' && pair.key.type === Scalar.PLAIN;
}

/** The key as it is written: `on`, `1`, `null` are texts here. */
function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

function spanOfNode(node: unknown): Span | undefined {
  const range = (node as Partial<Node> | null)?.range;
  if (range === null || range === undefined) return undefined;
  const [start, end] = range;
  // A value that is not there (`steps:`) has no place of its own.
  return start === end ? undefined : { start, end };
}

/** What YAML would have read, had the text stood in the file without quotes; never a structure. */
function plainScalar(text: string): unknown {
  if (/^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text);
  return text;
}
