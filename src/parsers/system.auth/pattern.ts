import type { PATHS } from './fields.ts';
import type { Outcome } from './outcomes.ts';

type Name = keyof typeof PATHS;

export interface Pattern {
  /** Cheap test before the expression. */
  readonly start: string;
  /** Every byte from the start on lies in some group, so that offsets are sums of lengths. */
  readonly expression: RegExp;
  /** For each group the field that it fills, or none. */
  readonly parts: readonly (Name | undefined)[];
  readonly outcome: Outcome;
}

/** Constant text, an expression, or a field with the expression of its value. */
export type Part = string | RegExp | readonly [Name, RegExp];

/**
 * A kind of line. Repetitions are bounded, or end at a character that the repetition excludes, so that the work is
 * linear in the line whatever a client put into it.
 */
export function pattern(parts: readonly Part[], outcome: Outcome = {}): Pattern {
  const sources = parts.map(sourceOf);
  return {
    start: prefixOf(sources[0] ?? ''),
    expression: new RegExp(`^${sources.map((source) => `(${source})`).join('')}`),
    parts: parts.map((part) => (isField(part) ? part[0] : undefined)),
    outcome,
  };
}

/** The constant text that an expression begins with. */
function prefixOf(source: string): string {
  if (source.includes('|')) return '';
  const [prefix = ''] = /^(?:[\w ](?![?*{+])|\\[().])*/.exec(source) ?? [];
  return prefix.replaceAll('\\', '');
}

function sourceOf(part: Part): string {
  const body = isField(part) ? part[1] : part;
  return typeof body === 'string' ? escape(body) : body.source;
}

function isField(part: Part): part is readonly [Name, RegExp] {
  return Array.isArray(part);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Without blanks. */
export const WORD = /[^ ]{1,256}/;
/** A name that a client chose: blanks are possible, and words that look like the rest of the line. */
export const CHOSEN = /.{0,256}/;
/** An address, or a name where sshd was told to resolve addresses. */
export const HOST = /[^ ,;]{1,255}/;
export const PORT = /\d{1,5}/;
export const NUMBER = /\d{1,10}/;
