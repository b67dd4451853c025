import type { z } from 'zod';
import { MASK, maskLine, shownValue } from './secrets.ts';
import type { OptionPath } from './spec.ts';

type Issue = z.core.$ZodIssue;

/** A zod issue in words, at one place. */
export interface Finding {
  readonly path: OptionPath;
  /** The key at `path` is meant, not its value. */
  readonly key: boolean;
  readonly message: string;
  readonly allowed?: readonly string[];
  /** The word that may be misspelt. */
  readonly word?: string;
  /** An unknown key: the object's path within the subject, to look up what it may hold. */
  readonly unknownKeyIn?: OptionPath;
}

/** The value that was checked. */
export interface Subject {
  /** Where it stands in the file. */
  readonly path: OptionPath;
  /** What stands at a path within it; undefined = nothing. */
  readonly valueAt: (path: OptionPath) => unknown;
}

export function describeIssue(issue: Issue, subject: Subject): Finding[] {
  const inner = issue.path.filter((part) => typeof part !== 'symbol');
  const value = subject.valueAt(inner);
  const path = [...subject.path, ...inner];
  const found = (message: string, more: Partial<Finding> = {}): Finding[] => [
    { path, key: false, message, ...more },
  ];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        key: true,
        message: `unknown key '${maskLine(key)}'`,
        word: key,
        unknownKeyIn: inner,
      }));
    case 'invalid_type':
      return found(mismatch(path, value, [nameOfType(issue.expected)]));
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      if (value === undefined) return found(missing(path), { allowed });
      return found(`${show(path, value)} is not allowed here`, { allowed, ...wordOf(value) });
    }
    case 'invalid_union':
      return describeUnion(issue, path, value, subject);
    case 'invalid_key':
      return issue.issues.flatMap((inner) =>
        found(`'${maskLine(String(path.at(-1)))}' is not a valid key: ${inner.message}`, {
          key: true,
        }),
      );
    case 'too_small':
      return found(`${limit(issue.origin, issue.minimum, issue.inclusive, 'at least')} needed`);
    case 'too_big':
      return found(`${limit(issue.origin, issue.maximum, issue.inclusive, 'at most')} allowed`);
    case 'invalid_format':
      return found(issue.format === 'url' ? 'not a URL' : lowerFirst(issue.message));
    case 'invalid_element':
    case 'not_multiple_of':
    case 'custom':
      return found(lowerFirst(issue.message));
  }
}

/** Speaks about the one alternative that was meant; about all of them when none comes near. */
function describeUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: OptionPath,
  value: unknown,
  subject: Subject,
): Finding[] {
  if (issue.errors.length === 0) {
    const options: unknown[] = 'options' in issue ? [...(issue.options as unknown[])] : [];
    const allowed = options.filter((option) => option !== undefined).map(String);
    const message =
      value === undefined ? missing(path) : `${show(path, value)} is not allowed here`;
    return [{ path, key: false, message, allowed, ...wordOf(value) }];
  }
  const entered = issue.errors.filter((branch) => !branch.some(isRootMismatch));
  const nearest = [...entered].sort((a, b) => a.length - b.length)[0];
  if (nearest !== undefined) {
    return nearest.flatMap((inner) =>
      describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, subject),
    );
  }
  const roots = rootMismatches(issue);
  const words = roots
    .flatMap((root) => (root.code === 'invalid_value' ? root.values : []))
    .map(String);
  const types = roots.flatMap((root) =>
    root.code === 'invalid_type' ? [nameOfType(root.expected)] : [],
  );
  if (words.length === 0) return [{ path, key: false, message: mismatch(path, value, types) }];
  const allowed = [...words, ...new Set(types)];
  const message = value === undefined ? missing(path) : `${show(path, value)} is not allowed here`;
  return [{ path, key: false, message, allowed, ...wordOf(value) }];
}

function wordOf(value: unknown): { word?: string } {
  return typeof value === 'string' ? { word: value } : {};
}

/** The value itself is of the wrong kind for this alternative, or for each alternative within it. */
function isRootMismatch(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code !== 'invalid_union') {
    return issue.code === 'invalid_type' || issue.code === 'invalid_value';
  }
  return issue.errors.length > 0 && issue.errors.every((branch) => branch.some(isRootMismatch));
}

function rootMismatches(issue: z.core.$ZodIssueInvalidUnion): Issue[] {
  return issue.errors
    .flat()
    .filter(isRootMismatch)
    .flatMap((root) => (root.code === 'invalid_union' ? rootMismatches(root) : [root]));
}

function mismatch(path: OptionPath, value: unknown, types: readonly string[]): string {
  const expected = [...new Set(types)].join(', ').replace(/, ([^,]*)$/, ' or $1');
  if (value === undefined) return `${missing(path)}; expected ${expected}`;
  const hint =
    expected === 'a text' && (typeof value === 'number' || typeof value === 'boolean')
      ? '; put it in quotes'
      : '';
  return `expected ${expected}, found ${kindOf(path, value)}${hint}`;
}

function missing(path: OptionPath): string {
  const key = path.at(-1);
  return key === undefined ? 'the configuration is empty' : `'${key}' is missing`;
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['string', 'a text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a map (key: value)'],
  ['record', 'a map (key: value)'],
  ['null', 'null'],
]);

function nameOfType(type: string): string {
  return TYPES.get(type) ?? type;
}

function kindOf(path: OptionPath, value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return `${TYPES.get(typeof value) ?? typeof value} (${show(path, value)})`;
}

function show(path: OptionPath, value: unknown): string {
  if (value === null) return 'nothing';
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a map';
  const shown = shownValue(path, typeof value === 'string' ? value : JSON.stringify(value));
  return shown === MASK ? shown : `'${shown}'`;
}

const COUNTED: ReadonlyMap<string, string> = new Map([
  ['string', 'characters'],
  ['array', 'items'],
  ['set', 'items'],
  ['map', 'keys'],
  ['object', 'keys'],
]);

function limit(origin: string, bound: number | bigint, inclusive = true, words: string): string {
  const noun = COUNTED.get(origin);
  const unit = noun === undefined ? '' : ` ${bound === 1 ? noun.slice(0, -1) : noun}`;
  const bare = inclusive ? words : words === 'at least' ? 'more than' : 'less than';
  return `${bare} ${bound}${unit} ${bound === 1 || noun === undefined ? 'is' : 'are'}`;
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
