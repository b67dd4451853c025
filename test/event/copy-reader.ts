/** Reads PostgreSQL's COPY text format back, as its documentation describes it. */

const LETTERS: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

export function copyRows(bytes: Buffer): (string | null)[][] {
  const text = bytes.toString('utf8');
  if (text === '') return [];
  if (!text.endsWith('\n')) throw new Error('the last row has no end');
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => line.split('\t').map(value));
}

function value(raw: string): string | null {
  if (raw === '\\N') return null;
  return raw.replace(/\\(.)/gs, (_, letter: string) => LETTERS[letter] ?? letter);
}

/** Elements of an array literal: `{"a",NULL}`. */
export function copyArray(literal: string): (string | null)[] {
  if (!literal.startsWith('{') || !literal.endsWith('}')) throw new Error('no array');
  const inside = literal.slice(1, -1);
  const out: (string | null)[] = [];
  for (let k = 0; k < inside.length; k++) {
    if (inside.startsWith('NULL', k)) {
      out.push(null);
      k += 4;
      continue;
    }
    if (inside[k] !== '"') throw new Error('an element is quoted');
    let element = '';
    for (k++; inside[k] !== '"'; k++) {
      if (k >= inside.length) throw new Error('an element has no end');
      if (inside[k] === '\\') k++;
      element += inside[k];
    }
    out.push(element);
    k++;
    if (k < inside.length && inside[k] !== ',') throw new Error('elements are separated by commas');
  }
  return out;
}
