import type { ErrorCode } from '../../errors/codes.ts';

/** What a server error means for the rows of its transaction: look for the bad one, or all again later. */
export type StateVerdict =
  | { readonly kind: 'isolate' }
  | { readonly kind: 'retry'; readonly code: ErrorCode };

const isolate: StateVerdict = { kind: 'isolate' };
const retry = (code: ErrorCode): StateVerdict => ({ kind: 'retry', code });

const byState: Readonly<Record<string, StateVerdict>> = {
  '25006': retry('SLUICE_SINK_BUSY'), // read_only_sql_transaction: a standby, until it is promoted
  '3D000': retry('SLUICE_SINK_TARGET'), // invalid_catalog_name
  '3F000': retry('SLUICE_SINK_TARGET'), // invalid_schema_name
  '42501': retry('SLUICE_SINK_ACCESS'), // insufficient_privilege
  '55P03': retry('SLUICE_SINK_BUSY'), // lock_not_available
  '57014': retry('SLUICE_SINK_TIMEOUT'), // query_canceled, by statement_timeout
};

const byClass: Readonly<Record<string, StateVerdict>> = {
  '08': retry('SLUICE_SINK_UNREACHABLE'), // connection exception
  '25': retry('SLUICE_SINK_FAULT'), // invalid transaction state
  '28': retry('SLUICE_SINK_ACCESS'), // invalid authorization
  '40': retry('SLUICE_SINK_BUSY'), // serialization failure, deadlock
  '42': retry('SLUICE_SINK_TARGET'), // undefined table or column, no unique key to conflict on
  '53': retry('SLUICE_SINK_BUSY'), // out of disk, memory or connections
  '57': retry('SLUICE_SINK_BUSY'), // shutting down, starting, crashed
  '58': retry('SLUICE_SINK_FAULT'), // system error
  XX: retry('SLUICE_SINK_FAULT'), // internal error, corruption
};

/**
 * @param state SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html)
 * Data exceptions (22), constraints (23), limits (54) and what triggers raise (P0001) come from a row.
 */
export function stateVerdict(state: string): StateVerdict {
  return byState[state] ?? byClass[state.slice(0, 2)] ?? isolate;
}

/** The fields of an ErrorResponse that tell the operator what is wrong. */
export interface ServerWords {
  readonly code?: string | undefined;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly where?: string | undefined;
}

/** The server's own words on one line. */
export function reasonOf({ code, message, detail, where }: ServerWords): string {
  const column = where === undefined ? undefined : /, column (\S+)/.exec(where)?.[1];
  const parts = [
    `${code ?? 'error'}: ${message}`,
    ...(column === undefined ? [] : [`column ${column.replace(/:$/, '')}`]),
    ...(detail === undefined ? [] : [detail]),
  ];
  return parts.join('; ').replace(/\s+/g, ' ').slice(0, 2000);
}

/** COPY's context names the line that it stumbled over. @returns 0-based, undefined in another language or place */
export function copyLine(where: string | undefined): number | undefined {
  const line = where === undefined ? undefined : /^COPY [^,]+, line (\d+)/.exec(where)?.[1];
  return line === undefined ? undefined : Number(line) - 1;
}
