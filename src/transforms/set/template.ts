import type { Address } from '../../event/memory.ts';
import type { Rows } from '../../event/rows.ts';

type Part = { readonly text: string } | { readonly path: string };

/** `{host.name}/{process.name}`; `{{` is a brace. @throws RangeError when a brace is not closed */
function parts(template: string): Part[] {
  const out: Part[] = [];
  let text = '';
  for (let k = 0; k < template.length; k++) {
    const c = template[k] as string;
    if ((c === '{' || c === '}') && template[k + 1] === c) {
      text += c;
      k++;
    } else if (c === '{') {
      const end = template.indexOf('}', k);
      if (end < 0)
        throw new RangeError(`template "${template}": the brace at ${k + 1} is not closed`);
      if (text !== '') out.push({ text });
      text = '';
      out.push({ path: template.slice(k + 1, end).trim() });
      k = end;
    } else text += c;
  }
  if (text !== '') out.push({ text });
  return out;
}

export function templatePaths(template: string): string[] {
  return parts(template).flatMap((part) => ('path' in part ? [part.path] : []));
}

/** The text, or undefined when one of the fields is absent. */
export function compileTemplate(
  template: string,
  column: (path: string) => number,
): (rows: Rows, row: Address) => string | undefined {
  const compiled = parts(template).map((part) =>
    'path' in part ? { column: column(part.path), text: '' } : { column: -1, text: part.text },
  );
  return (rows, row) => {
    let text = '';
    for (const part of compiled) {
      if (part.column < 0) {
        text += part.text;
        continue;
      }
      const value = rows.text(row, part.column);
      if (value === undefined) return undefined;
      text += value;
    }
    return text;
  };
}
