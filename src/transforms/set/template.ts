import type { OptionIssue, OptionPath } from '../../config/spec.ts';
import type { Address } from '../../event/memory.ts';
import type { Rows } from '../../event/rows.ts';

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

/** The text, or undefined when one of the fields is absent or has no text (a list). */
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
      const value = part.column < 0 ? part.text : rows.text(row, part.column);
      if (value === undefined) return undefined;
      text += value;
    }
    return text;
  };
}
