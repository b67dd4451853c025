/** Column types that COPY text can carry; the encoder checks values against them. */
export const columnTypes = [
  'text',
  'bigint',
  'integer',
  'double precision',
  'boolean',
  'timestamptz',
  'inet',
  'jsonb',
  'uuid',
  'text[]',
] as const;
export type ColumnType = (typeof columnTypes)[number];

const byField: Readonly<Record<string, ColumnType>> = {
  '@timestamp': 'timestamptz',
  'event.created': 'timestamptz',
  'event.end': 'timestamptz',
  'event.id': 'uuid',
  'event.ingested': 'timestamptz',
  'event.severity': 'bigint',
  'event.start': 'timestamptz',
  'http.response.status_code': 'bigint',
  'log.syslog.structured_data': 'jsonb',
  tags: 'text[]',
};

const byLastKey: Readonly<Record<string, ColumnType>> = {
  bytes: 'bigint',
  code: 'bigint',
  ip: 'inet',
  pid: 'bigint',
  port: 'bigint',
  priority: 'bigint',
};

/** The type of a column whose configuration names only the field. */
export function defaultColumnType(field: string): ColumnType {
  return byField[field] ?? byLastKey[field.slice(field.lastIndexOf('.') + 1)] ?? 'text';
}
