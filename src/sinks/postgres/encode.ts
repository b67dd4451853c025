import type { FieldType } from '../../event/layout.ts';
import { ProgramBuilder } from '../../event/program.ts';
import { columnOf } from '../columns.ts';
import type { EncoderContext, EncoderDefinition, OutputEncoder } from '../encoder.ts';
import { ProgramEncoder } from '../program-encoder.ts';
import type { ColumnType } from './columns.ts';
import type { PostgresOutput } from './spec.ts';

/** COPY text: a line for each event, the configured columns in their order. */
export const postgres: EncoderDefinition<PostgresOutput> = {
  fields: ({ columns }) =>
    Object.values(columns).map(({ field, type }) => ({ path: field, type: FIELD_TYPES[type] })),
  compile: compilePostgres,
};

/** What a column's type tells about the field, where no parser knows better. */
const FIELD_TYPES: Readonly<Record<ColumnType, FieldType>> = {
  text: 'any',
  bigint: 'long',
  integer: 'long',
  'double precision': 'double',
  boolean: 'boolean',
  timestamptz: 'date',
  inet: 'ip',
  jsonb: 'any',
  uuid: 'text',
  'text[]': 'any',
};

function compilePostgres(
  { columns }: PostgresOutput,
  { core, literals, table }: EncoderContext,
): OutputEncoder {
  const targets = Object.values(columns);
  const programs = table.layouts.map((layout) => {
    const program = new ProgramBuilder(literals);
    targets.forEach(({ field, type }, k) => {
      program.column(columnOf(layout, field), type, k + 1 < targets.length ? '\t' : '\n');
    });
    return program.build();
  });
  return new ProgramEncoder(core, programs);
}
