import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FormattedOutput } from '../formats.ts';
import { createTable, loadStatements } from '../postgres/sql.ts';

/** Writes files that say how to load the others; they are the same on every start. */
export async function writeNotes(
  folder: string,
  notes: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [name, text] of notes) await writeFile(join(folder, name), text, { mode: 0o644 });
}

/**
 * How to load an output's files into the store: names and texts of the notes.
 * @param name what the files' names start with
 */
export function loadNotes(output: FormattedOutput, name: string): Map<string, string> {
  const files = `${name}-[0-9]*`;
  switch (output.format) {
    case 'ndjson':
      return new Map();
    case 'elasticsearch':
      return note(name, [
        `for file in ${files}.bulk; do`,
        `  curl -sS -H 'content-type: application/x-ndjson' --data-binary "@$file" \\`,
        `    "$ELASTICSEARCH_URL/_bulk?filter_path=errors,items.*.error"`,
        'done',
        '# A document that is there already answers with 409: it is the same event.',
      ]);
    case 'influxdb':
      return note(name, [
        '# In the order of their names: later points replace earlier ones.',
        'database="${INFLUX_DATABASE:-telemetry}"',
        `for file in ${files}.lp; do`,
        '  curl -sS --fail-with-body --data-binary "@$file" \\',
        '    "$INFLUX_URL/write?db=$database&precision=ns"',
        'done',
      ]);
    case 'redis':
      return note(name, [
        '# Once: what is loaded twice counts twice.',
        `cat ${files}.resp | redis-cli -u "$REDIS_URL" --pipe`,
      ]);
    case 'postgres':
      return new Map([[`${name}.load.sql`, loadScript(output, files)]]);
  }
}

function note(name: string, commands: readonly string[]): Map<string, string> {
  const head = [
    '#!/bin/sh',
    '# Loads the files of this folder; run it here. Files that end in .part are not complete yet.',
    'set -e',
  ];
  return new Map([[`${name}.load.sh`, [...head, ...commands, ''].join('\n')]]);
}

function loadScript(
  output: Extract<FormattedOutput, { format: 'postgres' }>,
  files: string,
): string {
  const { stage, insert } = loadStatements(output);
  const columns = Object.keys(output.columns).map((column) => `"${column}"`);
  const [schema, table] = output.table.split('.');
  return [
    '-- Loads the files of this folder; run it here: psql "$POSTGRES_URL" -f this file. It may be run again.',
    '-- Files that end in .part are not complete yet.',
    '\\set ON_ERROR_STOP on',
    'BEGIN;',
    ...(table === undefined ? [] : [`CREATE SCHEMA IF NOT EXISTS "${schema}";`]),
    `${createTable(output)};`,
    `${stage};`,
    `\\copy pg_temp.sluice_staging (${columns.join(', ')}) FROM PROGRAM 'cat ${files}.copy'`,
    `${insert};`,
    'COMMIT;',
    '',
  ].join('\n');
}
