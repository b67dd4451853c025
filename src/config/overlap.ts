/** A literal character, or a hole that takes any text of these characters. */
type Token = { readonly literal: string } | { readonly takes: RegExp };

/** What a hole of a template can become: {date}, time buckets, any field. */
function holeOf(inside: string): RegExp {
  if (inside === 'date') return /[0-9.]/;
  if (/^[0-9]+[smhd]$/.test(inside)) return /[0-9]/;
  return /[^]/;
}

function tokensOf(template: string): Token[] {
  return [...template.matchAll(/\{([^}]*)\}|[^]/g)].map((match) =>
    match[1] === undefined ? { literal: match[0] } : { takes: holeOf(match[1]) },
  );
}

/** Whether two name templates can give the same name: `logs-{date}` and `{event.dataset}-{date}`. */
export function canBeEqual(first: string, second: string): boolean {
  const a = tokensOf(first);
  const b = tokensOf(second);
  const known = new Map<number, boolean>();
  const meet = (i: number, j: number): boolean => {
    const key = i * (b.length + 1) + j;
    const before = known.get(key);
    if (before !== undefined) return before;
    const result = step(i, j);
    known.set(key, result);
    return result;
  };
  const step = (i: number, j: number): boolean => {
    const x = a[i];
    const y = b[j];
    if (x === undefined && y === undefined) return true;
    // A hole ends here, or takes the other side's next character and stays open.
    if (x !== undefined && 'takes' in x && meet(i + 1, j)) return true;
    if (y !== undefined && 'takes' in y && meet(i, j + 1)) return true;
    if (x === undefined || y === undefined) return false;
    if ('takes' in x) return 'literal' in y && x.takes.test(y.literal) && meet(i, j + 1);
    if ('takes' in y) return y.takes.test(x.literal) && meet(i + 1, j);
    return x.literal === y.literal && meet(i + 1, j + 1);
  };
  return meet(0, 0);
}
