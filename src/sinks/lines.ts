import type { Payload } from './sink.ts';

/** A payload out of text: each of the pieces is one of its own. */
export function payloadOf(
  pieces: Iterable<string>,
  place: Pick<Payload, 'batch' | 'part' | 'lane' | 'receivedAt'>,
): Payload {
  const texts = [...pieces];
  const trace = new Uint32Array(2 * texts.length);
  let end = 0;
  for (const [index, text] of texts.entries()) {
    end += Buffer.byteLength(text);
    trace[2 * index] = index;
    trace[2 * index + 1] = end;
  }
  const { batch, part, lane, receivedAt } = place;
  return {
    batch,
    part,
    lane,
    receivedAt,
    bytes: Buffer.from(texts.join('')),
    rows: texts.length,
    trace,
  };
}
