import type { z } from 'zod';
import type { ErrorCode } from '../errors/codes.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { ConfigDocument } from './document.ts';
import { describeIssue, type Finding, type Subject } from './issues.ts';
import type { Place } from './schema.ts';
import { keysAt } from './shape.ts';
import type { Span } from './source-text.ts';
import type { OptionIssue, OptionPath } from './spec.ts';
import { suggest } from './suggest.ts';

export interface Remark {
  readonly code?: ErrorCode;
  readonly allowed?: readonly string[] | undefined;
  /** The misspelt word; a likely spelling is looked up among `allowed`. */
  readonly word?: string | undefined;
}

/** Gathers everything that is wrong with one document, with the place of each. */
export class Checker {
  readonly document: ConfigDocument;
  readonly diagnostics: Diagnostic[];

  constructor(document: ConfigDocument) {
    this.document = document;
    this.diagnostics = [...document.diagnostics];
  }

  get failed(): boolean {
    return this.diagnostics.some((one) => one.severity === 'error');
  }

  placeOf(path: OptionPath): Place {
    return this.document.source.placeOf(this.document.spanOf(path, 'key').start);
  }

  error(path: OptionPath, message: string, remark: Remark = {}): void {
    this.#add('error', path, this.document.spanOf(path), message, remark);
  }

  /** Like `error`, pointing at the key instead of its value. */
  errorAtKey(path: OptionPath, message: string, remark: Remark = {}): void {
    this.#add('error', path, this.document.spanOf(path, 'key'), message, remark);
  }

  warn(path: OptionPath, message: string): void {
    this.#add('warning', path, this.document.spanOf(path, 'key'), message, {});
  }

  /** What a component's own checks found. @param path where its options stand */
  issues(path: OptionPath, issues: readonly OptionIssue[]): void {
    if (this.document.failedWithin(path)) return;
    for (const { path: inner, message, offset, allowed } of issues) {
      const place = [...path, ...inner];
      const span =
        offset === undefined
          ? this.document.spanOf(place)
          : this.document.characterSpan(place, offset);
      this.#add('error', place, span, message, { allowed });
    }
  }

  /**
   * Checks a value against a schema and reports what does not fit.
   * @param moreKeys keys that are allowed beside the schema's own, to be named with an unknown one
   * @returns undefined when anything did not fit
   */
  check<Schema extends z.ZodType>(
    schema: Schema,
    path: OptionPath,
    value: unknown,
    moreKeys: readonly string[] = [],
  ): z.output<Schema> | undefined {
    const first = schema.safeParse(value);
    if (first.success) return first.data;
    const { error, reread } = this.#secondReading(schema, path, value, first.error);
    if (error === undefined) return reread as z.output<Schema>;
    for (const issue of error.issues) {
      const subject = { path, valueAt: (inner: OptionPath) => valueAt(reread, inner) };
      for (const finding of describeIssue(issue, subject)) {
        this.#report(finding, schema, subject, moreKeys);
      }
    }
    return undefined;
  }

  /** Values that came from `${…}` are tried a second time, as what the schema may want instead. */
  #secondReading(schema: z.ZodType, path: OptionPath, value: unknown, error: z.ZodError) {
    let copy = value;
    for (const issue of error.issues) {
      const inner = issue.path.filter((part) => typeof part !== 'symbol');
      const reference = this.document.referenceAt([...path, ...inner]);
      if (reference === undefined || reference.secondReading === valueAt(copy, inner)) continue;
      if (copy === value) copy = structuredClone(value);
      copy = withValue(copy, inner, reference.secondReading);
    }
    if (copy === value) return { error, reread: value };
    const again = schema.safeParse(copy);
    return again.success
      ? { error: undefined, reread: again.data }
      : { error: again.error, reread: copy };
  }

  #report(
    finding: Finding,
    schema: z.ZodType,
    { valueAt }: Subject,
    moreKeys: readonly string[],
  ): void {
    const { word, unknownKeyIn, path } = finding;
    let allowed = finding.allowed;
    if (unknownKeyIn !== undefined) {
      const keys = keysAt(schema, unknownKeyIn, valueAt(unknownKeyIn)) ?? [];
      allowed = unknownKeyIn.length === 0 ? [...moreKeys, ...keys] : keys;
    }
    const span = this.document.spanOf(path, finding.key ? 'key' : 'value');
    this.#add('error', path, span, finding.message, { allowed, word });
  }

  #add(
    severity: Diagnostic['severity'],
    path: OptionPath,
    span: Span,
    message: string,
    { code = 'SLUICE_CONFIG_INVALID', allowed, word }: Remark,
  ): void {
    if (this.document.referenceAt(path)?.failed === true) return;
    this.diagnostics.push({
      severity,
      code,
      message: this.document.redact(path, message),
      span,
      allowed,
      suggestion: word === undefined ? undefined : suggest(word, allowed ?? []),
    });
  }
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(value: unknown, path: OptionPath): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = Object.hasOwn(here, key) ? (here as Record<string | number, unknown>)[key] : undefined;
  }
  return here;
}

function withValue(value: unknown, path: OptionPath, replacement: unknown): unknown {
  const last = path.at(-1);
  if (last === undefined) return replacement;
  const parent = valueAt(value, path.slice(0, -1));
  if (typeof parent === 'object' && parent !== null) {
    (parent as Record<string | number, unknown>)[last] = replacement;
  }
  return value;
}
