export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its LF or CR LF. */
  readonly bytes: Uint8Array;
  /** It was longer than the limit. */
  readonly cut: boolean;
}

/** Lines of a byte stream, empty ones too. At most `limit` bytes of a line are kept. */
export async function* splitLines(
  input: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 0;
  let cut = false;
  const add = (piece: Uint8Array): void => {
    const kept = piece.subarray(0, Math.max(0, limit - length));
    cut ||= kept.length < piece.length;
    if (kept.length > 0) parts.push(kept);
    length += kept.length;
  };
  const take = (): Line => {
    const whole = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
    const bytes = whole.at(-1) === 0x0d /* CR */ ? whole.subarray(0, -1) : whole;
    const line = { number: ++number, bytes, cut };
    parts = [];
    length = 0;
    cut = false;
    return line;
  };
  for await (const chunk of input) {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      add(chunk.subarray(from, end));
      from = end + 1;
      yield take();
    }
    if (from < chunk.length) add(Uint8Array.from(chunk.subarray(from)));
  }
  if (length > 0) yield take();
}
