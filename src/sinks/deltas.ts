import { SluiceError } from '../errors/codes.ts';
import type { Payload } from './sink.ts';

/** One line of a counting output's payload: `KEY \t INCREMENT \t BYTES \t BUCKET \n`. */
export interface Delta {
  /** Name of a counter, or a series with its tags. */
  readonly key: string;
  /** Events. */
  readonly count: number;
  /** Their raw bytes. */
  readonly bytes: number;
  /** Start of the time bucket, epoch seconds; 0 where the output has none. */
  readonly bucket: number;
}

/** @throws SluiceError SLUICE_INTERNAL when the encoder wrote something else */
export function parseDeltas({ bytes, rows }: Pick<Payload, 'bytes' | 'rows'>): Delta[] {
  const deltas: Delta[] = [];
  for (const line of bytes.toString('utf8').split('\n')) {
    if (line === '') continue;
    const [key = '', count, size, bucket, more] = line.split('\t');
    const delta = { key, count: Number(count), bytes: Number(size), bucket: Number(bucket) };
    const whole = [delta.count, delta.bytes, delta.bucket].every(Number.isSafeInteger);
    if (key === '' || !whole || more !== undefined)
      throw broken(`not a delta: ${JSON.stringify(line)}`);
    deltas.push(delta);
  }
  if (deltas.length !== rows) throw broken(`${deltas.length} deltas in ${rows} rows`);
  return deltas;
}

const broken = (detail: string) => new SluiceError('SLUICE_INTERNAL', detail);

/**
 * Where a payload stands in its lane: grows with the batch and, within it, with the part. Digits of one length, compared
 * as text: batch numbers use the 53 bits that a double has, so no part would fit in beside them.
 */
export const positionOf = ({ batch, part }: Pick<Payload, 'batch' | 'part'>): string =>
  String(batch).padStart(16, '0') + String(part).padStart(6, '0');

/** Before every position. */
export const NO_POSITION = '';
