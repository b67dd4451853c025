/** Offsets of the parts of a request target (RFC 9112 §3.2): origin form `/path?query`, or absolute form with a host in front. */
export class Target {
  pathStart = 0;
  pathEnd = 0;
  queryStart = 0;
  queryEnd = 0;
  /** Behind the last dot of the path's last segment; `pathEnd` when there is none. */
  extensionStart = 0;

  scan(text: string, start: number, end: number): void {
    const fragment = before(text, '#', start, end);
    const query = before(text, '?', start, fragment);
    this.pathStart = pathStart(text, start, query);
    this.pathEnd = query;
    this.queryStart = Math.min(query + 1, fragment);
    this.queryEnd = fragment;
    const dot = text.lastIndexOf('.', query - 1);
    const slash = text.lastIndexOf('/', query - 1);
    this.extensionStart = dot > slash && dot >= this.pathStart ? dot + 1 : query;
  }
}

/** Offset of the character in [start, end), or `end`. */
function before(text: string, character: string, start: number, end: number): number {
  const at = text.indexOf(character, start);
  return at < 0 || at > end ? end : at;
}

/** `*` and `host:port` have no path: then it is empty. */
function pathStart(text: string, start: number, end: number): number {
  if (text[start] === '/') return start;
  const scheme = text.indexOf('://', start);
  if (scheme < 0 || scheme > end) return end;
  return before(text, '/', scheme + 3, end);
}
