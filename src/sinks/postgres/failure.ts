import pg from 'pg';
import { SluiceError } from '../../errors/codes.ts';
import { isNetworkError, messageOf } from '../limits.ts';
import type { RowReject, RowRetry } from '../sink.ts';
import { copyLine, reasonOf, stateVerdict } from './verdict.ts';

/** Why a transaction failed: a row of it (`line`: which one, where the server says so), or something that may pass. */
export type Failure =
  | { readonly kind: 'row'; readonly verdict: RowReject; readonly line: number | undefined }
  | { readonly kind: 'retry'; readonly verdict: RowRetry };

export function failureOf(error: unknown): Failure {
  const retry = (code: RowRetry['code'], reason: string): Failure => ({
    kind: 'retry',
    verdict: { kind: 'retry', code, reason },
  });
  if (error instanceof SluiceError) return retry(error.code, error.message);
  if (error instanceof pg.DatabaseError && error.code !== undefined) {
    const reason = reasonOf(error);
    const state = stateVerdict(error.code);
    if (state.kind === 'retry') return retry(state.code, reason);
    return {
      kind: 'row',
      verdict: { kind: 'reject', code: 'SLUICE_ROW_REFUSED', reason },
      line: copyLine(error.where),
    };
  }
  // What the driver itself throws, without a SQLSTATE: the connection ended, timed out or was refused.
  const settings =
    error instanceof Error && /password must be a string|SASL|SSL/.test(error.message);
  if (settings && !isNetworkError(error)) return retry('SLUICE_SINK_ACCESS', messageOf(error));
  return retry('SLUICE_SINK_UNREACHABLE', messageOf(error));
}

/** Whether the connection is as good as before: the server refused a row, and the transaction is rolled back. */
export const fromRow = (error: unknown): boolean => failureOf(error).kind === 'row';
