import type { RowReject, RowRetry } from '../sink.ts';

/**
 * What an answer to a write means. `split`: some of the lines are refused, or all are too much at once; sending halves
 * finds them, since a point that is written again is the same point. `all`: every line is refused.
 */
export type WriteVerdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'split' | 'all'; readonly reject: RowReject }
  | RowRetry;

/** @param lines number of lines in the request */
export function writeVerdict(
  status: number,
  text: string,
  lines: number,
  afterMs: number | undefined,
): WriteVerdict {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const reason = reasonOf(status, text);
  const retry = (code: RowRetry['code']): RowRetry => ({
    kind: 'retry',
    code,
    reason,
    ...(afterMs === undefined ? {} : { afterMs }),
  });
  if (status === 413)
    return { kind: 'split', reject: { kind: 'reject', code: 'SLUICE_ROW_TOO_LARGE', reason } };
  if (status === 400 || status === 422) {
    const reject: RowReject = { kind: 'reject', code: 'SLUICE_ROW_REFUSED', reason };
    return { kind: droppedLines(reason) === lines ? 'all' : 'split', reject };
  }
  if (status === 401 || status === 403) return retry('SLUICE_SINK_ACCESS');
  if (status === 404) return retry('SLUICE_SINK_TARGET');
  // 1.x answers 500 to the name of a policy that does not exist.
  if (status === 500 && /retention policy not found/.test(reason))
    return retry('SLUICE_SINK_TARGET');
  if (status === 429 || status === 502 || status === 503 || status === 504)
    return retry('SLUICE_SINK_BUSY');
  return retry(status >= 500 ? 'SLUICE_SINK_FAULT' : 'SLUICE_SINK_PRODUCT');
}

/** `partial write: … dropped=3`: lines that can be read, but not kept. Lines that cannot be read are not counted there. */
function droppedLines(reason: string): number | undefined {
  const dropped = /unable to parse/.test(reason) ? undefined : / dropped=(\d+)$/.exec(reason)?.[1];
  return dropped === undefined ? undefined : Number(dropped);
}

/** 1.x answers `{"error"}`, 2.x `{"code","message"}`, a proxy anything. */
function reasonOf(status: number, text: string): string {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null) {
      const { error, message } = answer as { error?: unknown; message?: unknown };
      if (typeof error === 'string') return error.slice(0, 2000);
      if (typeof message === 'string') return message.slice(0, 2000);
    }
  } catch {
    // Not JSON: said below.
  }
  return text === '' ? `status ${status}` : `status ${status}: ${text.slice(0, 500)}`;
}
