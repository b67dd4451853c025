/**
 * Templates of names: `logs-{event.dataset}-{date}`, `counters:{event.dataset}:{10s}`.
 * `{path}` is a field, `{date}` the UTC day (yyyy.MM.dd), `{10s}`, `{1m}`, `{1h}` the start of a time bucket in epoch seconds;
 * `{{` and `}}` are braces. Times are those of the hidden column `_index_date`: @timestamp, or the arrival where @timestamp
 * lies outside the accepted window.
 */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'date' }
  | { readonly kind: 'bucket'; readonly seconds: number };

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** @throws RangeError when a brace is not closed, a bucket has no width, or the text has control characters */
export function parseTemplate(template: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') parts.push({ kind: 'text', text });
    text = '';
  };
  for (let k = 0; k < template.length; k++) {
    const c = template[k] as string;
    if ((c === '{' || c === '}') && template[k + 1] === c) {
      text += c;
      k++;
    } else if (c === '{') {
      const end = template.indexOf('}', k);
      if (end < 0)
        throw new RangeError(`template "${template}": the brace at ${k + 1} is not closed`);
      flush();
      parts.push(placeholder(template.slice(k + 1, end).trim(), template));
      k = end;
    } else if (c === '}') {
      throw new RangeError(`template "${template}": the brace at ${k + 1} closes nothing`);
    } else {
      text += c;
    }
  }
  flush();
  if (/[\x00-\x1f\x7f]/.test(template))
    throw new RangeError(`template "${template}": a name has no control characters`);
  return parts;
}

function placeholder(name: string, template: string): TemplatePart {
  if (name === 'date') return { kind: 'date' };
  const bucket = /^(\d+)([smhd])$/.exec(name);
  if (bucket === null) {
    if (name === '') throw new RangeError(`template "${template}": empty braces`);
    return { kind: 'path', path: name };
  }
  const seconds = Number(bucket[1]) * (UNITS[bucket[2] as string] as number);
  if (seconds < 1 || seconds > 31 * 86_400)
    throw new RangeError(`template "${template}": a time bucket is 1s to 31d wide`);
  return { kind: 'bucket', seconds };
}

/** Fields that the template reads. */
export function templatePaths(template: string): string[] {
  return parseTemplate(template).flatMap((part) => (part.kind === 'path' ? [part.path] : []));
}

/** Longest time during which the template's name stays the same, seconds; 0 when it has no time. */
export function templateStep(parts: readonly TemplatePart[]): number {
  let step = 0;
  for (const part of parts) {
    if (part.kind === 'date') step = divisor(86_400, step);
    else if (part.kind === 'bucket') step = divisor(part.seconds, step);
  }
  return step;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** @param names texts for the paths, in order @param seconds epoch */
export function renderTemplate(
  parts: readonly TemplatePart[],
  names: readonly string[],
  seconds: number,
): string {
  let next = 0;
  let out = '';
  for (const part of parts) {
    if (part.kind === 'text') out += part.text;
    else if (part.kind === 'path') out += names[next++] ?? '';
    else if (part.kind === 'date') out += dateText(seconds);
    else out += String(Math.floor(seconds / part.seconds) * part.seconds);
  }
  return out;
}

/** `yyyy.MM.dd` of the UTC day. */
function dateText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10).replaceAll('-', '.');
}
