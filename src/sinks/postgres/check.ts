import type pg from 'pg';
import { SluiceError } from '../../errors/codes.ts';
import type { PostgresOutput } from './spec.ts';
import { columnsQuery, createTable, keysQuery, tableName, typeFits } from './sql.ts';

interface ColumnRow {
  readonly name: string;
  readonly type: string;
}

/**
 * Holds an output against the table that it writes to.
 * @returns whether a unique key guards against rows that come twice
 * @throws SluiceError SLUICE_SINK_TARGET, with the statement that would help
 */
export async function checkTable(client: pg.Client, output: PostgresOutput): Promise<boolean> {
  const { table, columns, conflict } = output;
  const found = await client.query<ColumnRow>(columnsQuery, [tableName(table)]);
  if (found.rows.length === 0) {
    throw target(
      `table ${table} does not exist in this database; this would do: ${createTable(output)};`,
    );
  }
  const types = new Map(found.rows.map(({ name, type }) => [name, type]));
  const missing = Object.entries(columns).filter(([name]) => !types.has(name));
  if (missing.length > 0) {
    const additions = missing.map(([name, { type }]) => `ADD COLUMN "${name}" ${type}`).join(', ');
    throw target(
      `table ${table} lacks columns (it has ${[...types.keys()].join(', ')}); this would do: ALTER TABLE ${tableName(table)} ${additions};`,
    );
  }
  for (const [name, { type }] of Object.entries(columns)) {
    const actual = types.get(name) ?? '';
    if (!typeFits(type, actual)) {
      throw target(
        `column ${name} of table ${table} is ${actual}, the output writes ${type}: give the column's type in the output`,
      );
    }
  }
  return checkKeys(client, table, conflict);
}

async function checkKeys(
  client: pg.Client,
  table: string,
  conflict: readonly string[] | undefined,
): Promise<boolean> {
  const { rows } = await client.query<{ columns: string[] }>(keysQuery, [tableName(table)]);
  if (conflict === undefined) return rows.length > 0;
  const wanted = [...conflict].sort().join();
  if (rows.some(({ columns }) => [...columns].sort().join() === wanted)) return true;
  const names = conflict.map((name) => `"${name}"`).join(', ');
  throw target(
    `table ${table} has no unique key on ${conflict.join(', ')}; this would do: CREATE UNIQUE INDEX ON ${tableName(table)} (${names});`,
  );
}

const target = (message: string) => new SluiceError('SLUICE_SINK_TARGET', message);
