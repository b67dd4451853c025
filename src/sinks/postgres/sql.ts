import type { ColumnType } from './columns.ts';
import type { PostgresOutput } from './spec.ts';

const staging = 'pg_temp.sluice_staging';

const quote = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;
const list = (columns: readonly string[]): string => columns.map(quote).join(', ');

/** `schema.table`, each part as it is spelled. */
export const tableName = (table: string): string => table.split('.').map(quote).join('.');

/** The statements that load one output's rows. */
export interface LoadStatements {
  readonly stage: string;
  readonly copy: string;
  readonly insert: string;
}

/**
 * Rows go through a temporary table, which has the target's types but none of its constraints: a row that is there
 * already is passed over by the INSERT, while COPY into the target would fail on it.
 */
export function loadStatements({ table, columns, conflict }: PostgresOutput): LoadStatements {
  const names = list(Object.keys(columns));
  // Rows in the order of their key: two transactions with the same rows then wait for one another, never in a circle.
  const [target, order] =
    conflict === undefined ? ['', ''] : [` (${list(conflict)})`, ` ORDER BY ${list(conflict)}`];
  return {
    stage: `CREATE TEMP TABLE sluice_staging ON COMMIT DELETE ROWS AS SELECT ${names} FROM ${tableName(table)} WITH NO DATA`,
    copy: `COPY ${staging} (${names}) FROM STDIN`,
    insert: `INSERT INTO ${tableName(table)} (${names}) SELECT ${names} FROM ${staging}${order} ON CONFLICT${target} DO NOTHING`,
  };
}

/** A table that would take the output's rows, with a unique key where one is known. */
export function createTable({ table, columns, conflict }: PostgresOutput): string {
  const definitions = Object.entries(columns).map(([name, { type }]) => `${quote(name)} ${type}`);
  const id = Object.entries(columns).find(([, { field }]) => field === 'event.id')?.[0];
  const key = conflict ?? (id === undefined ? undefined : [id]);
  if (key !== undefined) definitions.push(`PRIMARY KEY (${list(key)})`);
  return `CREATE TABLE IF NOT EXISTS ${tableName(table)} (${definitions.join(', ')})`;
}

/** One row for each column of the table $1, with its type; none when there is no such table. */
export const columnsQuery = `SELECT attname AS name, format_type(atttypid, NULL) AS type
FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`;

/** One row for each unique key of the table $1: the names of its columns. */
export const keysQuery = `SELECT array_agg(a.attname::text) AS columns
FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indpred IS NULL GROUP BY i.indexrelid`;

const fits: Readonly<Record<ColumnType, readonly string[]>> = {
  text: [],
  bigint: ['bigint', 'numeric', 'double precision', 'real'],
  integer: ['integer', 'bigint', 'numeric', 'double precision', 'real'],
  'double precision': ['double precision', 'real', 'numeric'],
  boolean: ['boolean'],
  timestamptz: ['timestamp with time zone', 'timestamp without time zone', 'date'],
  inet: ['inet', 'cidr'],
  jsonb: ['jsonb', 'json'],
  uuid: ['uuid'],
  'text[]': ['text[]', 'character varying[]'],
};

const texts: ReadonlySet<string> = new Set(['text', 'character varying', 'character', 'citext']);
const structured: ReadonlySet<string> = new Set(Object.values(fits).flat());

/**
 * Whether a column takes what the encoder writes for a type. Every type can be kept as text; text also goes into
 * types that we do not know, such as enumerations.
 * @param actual as format_type prints it
 */
export function typeFits(declared: ColumnType, actual: string): boolean {
  if (texts.has(actual) || fits[declared].includes(actual)) return true;
  return declared === 'text' && !structured.has(actual);
}
