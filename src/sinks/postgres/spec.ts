import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';
import { fieldPath, maxInFlight, requestLimits, serverUrl, timeLimit } from '../settings.ts';
import { columnTypes, defaultColumnType } from './columns.ts';

const identifier = '[A-Za-z_][A-Za-z0-9_$]{0,62}';

export const options = z.strictObject({
  url: serverUrl(
    ['postgres', 'postgresql'],
    'postgres://user:password@127.0.0.1:5432/database',
  ).describe(
    'Address with user, password and database; `?sslmode=verify-full` asks for TLS. Empty: no server.',
  ),
  max_in_flight: maxInFlight(2),
  ...requestLimits('4MiB', '50ms'),
  timeout: timeLimit('30s'),
});

const column = z.union([
  fieldPath.transform((field) => ({ field, type: defaultColumnType(field) })),
  z
    .strictObject({
      field: fieldPath,
      type: z
        .enum(columnTypes)
        .optional()
        .describe("The column's type; by default it follows from the field."),
    })
    .transform(({ field, type }) => ({ field, type: type ?? defaultColumnType(field) })),
]);

export const output = z.strictObject({
  table: z
    .string()
    .regex(new RegExp(`^${identifier}(\\.${identifier})?$`), 'a table is written as schema.table')
    .describe('Target table, as the database spells it.')
    .meta({ examples: ['public.auth_events'] }),
  columns: z
    .record(z.string().regex(new RegExp(`^${identifier}$`), 'not a column name'), column)
    .refine((columns) => Object.keys(columns).length > 0, 'at least one column is needed')
    .describe(
      'What each column gets: a field, or a field and a type. Other columns keep their default.',
    ),
  conflict: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'Columns of the unique key that makes a row the same row; any unique key by default.',
    ),
});

export type PostgresOptions = z.output<typeof options>;
/** Columns come as `{ field, type }`, in the order in which they were written. */
export type PostgresOutput = z.output<typeof output>;

export const postgres: ComponentSpec<typeof options, typeof output> = {
  kind: 'sink',
  name: 'postgres',
  summary:
    'Loads each event once into a table, by COPY into staging and INSERT … ON CONFLICT DO NOTHING.',
  options,
  output,
  example: `sinks:
  postgres:
    url: postgres://sluice:secret@127.0.0.1:5432/sluice
pipelines:
  main:
    from: [edge]
    to:
      postgres:
        table: public.auth_events
        columns: { event_id: event.id, ts: "@timestamp", source_ip: source.ip, user_name: user.name }
`,
  checkOutput: ({ columns, conflict = [] }) =>
    conflict.flatMap((name, index) =>
      Object.hasOwn(columns, name)
        ? []
        : [
            {
              path: ['conflict', index],
              message: `'${name}' is not one of the columns`,
              allowed: Object.keys(columns),
            },
          ],
    ),
  hasServer: ({ url }) => url !== '',
  targets: ({ table }) => [table],
};
