import leven from 'leven';
import type { OptionPath } from './spec.ts';

/**
 * Passwords that somebody wrote into the file must not get into a log with the line that a diagnostic quotes. This looks
 * at the text, not at values: a file that is no YAML is quoted too. In doubt more is hidden than need be.
 */

export const MASK = '***';

const SECRET = /pass(?:w|phrase)|^pass$|pwd|token|secret|api[_-]?key|credential|authorization/i;
/** What a misspelt key was meant to be, with the number of letters that may be wrong. */
const MEANT = [
  ['password', 2],
  ['api_key', 1],
  ['token', 1],
  ['secret', 1],
] as const;
const LONGEST_KEY = 64;

/** Whether the values of a key are not to be shown: `password`, `api_key`, `pasword`. */
export function isSecretKey(key: string): boolean {
  if (SECRET.test(key)) return true;
  if (key.length > LONGEST_KEY) return false;
  return MEANT.some(([word, wrong]) => leven(key.toLowerCase(), word) <= wrong);
}

const ADDRESS = /^(?:url|uri|dsn)s?$/i;
/** User info in front of a host; `"@timestamp"` is none. */
const USER_INFO = /[^\s"']@/;

/** A value as a message may show it. @param path of the value */
export function shownValue(path: OptionPath, value: string): string {
  const key = path.findLast((part) => typeof part === 'string') ?? '';
  if (isSecretKey(key) || (ADDRESS.test(key) && USER_INFO.test(value))) return MASK;
  return maskLine(value);
}

/** `${NAME}` and `${file:/path}` without a default are no secrets, and they are what most messages are about. */
const REFERENCE = /\$\{(?:[a-z_]\w*|file:[^}:]*)(?::-)?\}/gi;
const FILLER = '\0';
const REFERENCES_ALONE = /^(["']?)\0+\1[ \t]*(?=[,}\]]|$)/;
const USER_AND_REFERENCE = /^[\w.-]*:?\0+@/;

/** A key with what separates it from its value, be it meant so (`password=…`, `${PASSWORD:-…}`) or not. */
const KEY = /(?<![\w.-])(["']?)([a-z][\w.-]*)\1[ \t]*(?::-|[:=])[ \t]*/gi;
/** The colon was forgotten. */
const BARE_KEY = /^[ \t]*(?:- )?([a-z][\w.-]*)[ \t]+(?=[^\s:=])/i;
const SCHEME = /:\/\//g;

/** Where a line's secret begins, and where the key stands that says so. */
interface Secret {
  /** Infinity: the value is on the lines below. */
  readonly at: number;
  readonly key: number;
}

/** A line of text with the rest from its first secret on masked. */
export function maskLine(line: string): string {
  const { at } = secretIn(withoutReferences(line));
  return line.length <= at ? line : line.slice(0, at) + MASK;
}

/** A file's lines, masked; values may go on over several lines. */
export function maskLines(lines: readonly string[]): string[] {
  // Lines indented deeper than `above` belong to a secret: all of them, or as long as they are no map.
  let above = Number.POSITIVE_INFINITY;
  let verbatim = false;
  const anchors = new Set<string>();
  const masked = lines.map((line) => {
    const work = withoutReferences(line);
    const indent = line.length - line.trimStart().length;
    if (line.trim() === '') return line;
    const within = indent > above || (indent === above && !verbatim && /^\s*- /.test(line));
    if (within && (verbatim || !/^\s*(?:- )?["']?[\w.-]+["']?:(?:\s|$)/.test(line)))
      return line.slice(0, indent) + MASK;
    const { at, key } = secretIn(work);
    const block = /^[\s-]*$/.test(line.slice(0, Math.max(0, key)));
    const value = line.slice(Math.min(at, line.length)).trim();
    const anchor = /^\*([^\s,\]}]+)/.exec(value)?.[1];
    if (anchor !== undefined) anchors.add(anchor);
    above = key < 0 || (!block && !isOpen(value)) ? Number.POSITIVE_INFINITY : block ? key : indent;
    verbatim = isOpen(value) && value !== '';
    return line.length <= at ? line : line.slice(0, at) + MASK;
  });
  if (anchors.size === 0) return masked;
  return masked.map((line) => {
    const anchor = [...line.matchAll(/&([^\s,\]}]+)[ \t]+/g)].find(({ 1: name }) =>
      anchors.has(name ?? ''),
    );
    return anchor === undefined ? line : line.slice(0, anchor.index + anchor[0].length) + MASK;
  });
}

/** The value goes on below: nothing yet, a block scalar, a quote that is not closed. */
function isOpen(value: string): boolean {
  return /^(?:[|>][-+\d]*(?:\s+#.*)?|"(?:[^"\\]|\\.)*\\?|'[^']*)?$/.test(value);
}

function withoutReferences(line: string): string {
  return line.replace(REFERENCE, (reference) => FILLER.repeat(reference.length));
}

function secretIn(work: string): Secret {
  let found: Secret = { at: Number.POSITIVE_INFINITY, key: -1 };
  const bare = BARE_KEY.exec(work);
  if (bare !== null && isSecretKey(bare[1] as string)) {
    const key = bare[1] as string;
    return { at: bare[0].length, key: bare[0].indexOf(key) };
  }
  for (const match of work.matchAll(KEY)) {
    const [whole, , key = ''] = match;
    const at = match.index + whole.length;
    const value = work.slice(at);
    const hides = isSecretKey(key)
      ? !/^\{/.test(value) && !REFERENCES_ALONE.test(value)
      : ADDRESS.test(key) && USER_INFO.test(value) && !value.includes('://');
    if (!hides) continue;
    found = { at: value.trim() === '' ? Number.POSITIVE_INFINITY : at, key: match.index };
    break;
  }
  const last = lastUserInfo(work);
  for (const match of work.matchAll(SCHEME)) {
    const at = match.index + match[0].length;
    if (at >= last) break;
    if (USER_AND_REFERENCE.test(work.slice(at))) continue;
    if (at < found.at) found = { at, key: -1 };
    break;
  }
  return found;
}

/** Where the last `@` is that may end user info; -1: nowhere. */
function lastUserInfo(work: string): number {
  let at = work.lastIndexOf('@');
  while (at > 0 && !USER_INFO.test(work.slice(at - 1, at + 1))) at = work.lastIndexOf('@', at - 1);
  return at;
}
