import { escapeKey, escapeTagValue } from './escape.ts';
import type { Point } from './segments.ts';

/** The tag that keeps the points of several daemons and outputs apart; few values, fixed by the configuration. */
export const writerTag = (node: string, pipeline: string): string =>
  `,${escapeKey('writer')}=${escapeTagValue(`${node}/${pipeline}`)}`;

/** @param tag as `writerTag` makes it */
export function pointLine(
  { series, bucket, nanoseconds, count, bytes }: Point,
  tag: string,
): string {
  const time = BigInt(bucket) * 1_000_000_000n + BigInt(nanoseconds);
  return `${series}${tag} count=${count}i,bytes=${bytes}i ${time}\n`;
}
