import type { RowReject, RowRetry } from '../sink.ts';

/** https://www.elastic.co/guide/en/elasticsearch/reference/8.19/docs-bulk.html, as `filter_path` leaves it. */
export interface BulkAnswer {
  readonly errors: boolean;
  readonly items?: readonly Readonly<Record<string, BulkItem>>[];
}

export interface BulkItem {
  readonly status?: number;
  readonly error?: BulkError;
}

export interface BulkError {
  readonly type?: string;
  readonly reason?: string;
  readonly caused_by?: BulkError;
}

export type ItemVerdict = 'delivered' | 'duplicate' | RowReject | RowRetry;

/** What a bulk answer says about one `create`. */
export function itemVerdict(item: BulkItem | undefined): ItemVerdict {
  const status = item?.status;
  if (status === undefined)
    return retry('SLUICE_SINK_FAULT', 'the answer lacks a status for this item');
  if (status >= 200 && status < 300) return 'delivered';
  // The _id is the event's: whoever created it first, it was this event.
  if (status === 409) return 'duplicate';
  const reason = reasonOf(item?.error, status);
  if (status === 429 || status === 503) return retry('SLUICE_SINK_BUSY', reason);
  if (status >= 500) return retry('SLUICE_SINK_FAULT', reason);
  if (status === 401 || status === 403) return retry('SLUICE_SINK_ACCESS', reason);
  if (status === 404) return retry('SLUICE_SINK_TARGET', reason);
  return { kind: 'reject', code: 'SLUICE_ROW_REFUSED', reason };
}

/** What a refused request means: send it in halves, or the same again later. */
export type RequestVerdict = { readonly kind: 'split'; readonly ifAlone: RowReject } | RowRetry;

/** @param status HTTP status of the whole request, not 2xx */
export function requestVerdict(status: number, reason: string, afterMs?: number): RequestVerdict {
  if (status === 413) {
    return { kind: 'split', ifAlone: { kind: 'reject', code: 'SLUICE_ROW_TOO_LARGE', reason } };
  }
  // One broken piece makes the whole body unreadable.
  if (status === 400) {
    return { kind: 'split', ifAlone: { kind: 'reject', code: 'SLUICE_ROW_REFUSED', reason } };
  }
  if (status === 401 || status === 403) return retry('SLUICE_SINK_ACCESS', reason, afterMs);
  if (status === 429 || status === 502 || status === 503 || status === 504) {
    return retry('SLUICE_SINK_BUSY', reason, afterMs);
  }
  if (status >= 500) return retry('SLUICE_SINK_FAULT', reason, afterMs);
  return retry('SLUICE_SINK_TARGET', reason, afterMs);
}

/** The store's words, with the causes below. */
export function reasonOf(error: BulkError | undefined, status: number): string {
  const words: string[] = [];
  for (let cause = error; cause !== undefined && words.length < 4; cause = cause.caused_by) {
    words.push([cause.type, cause.reason].filter((part) => part !== undefined).join(': '));
  }
  return words.length === 0 ? `status ${status}` : words.join('; caused by ').slice(0, 2000);
}

function retry(code: RowRetry['code'], reason: string, afterMs?: number): RowRetry {
  return { kind: 'retry', code, reason, ...(afterMs === undefined ? {} : { afterMs }) };
}
