import { z } from 'zod';
import type { ComponentSpec, OptionIssue } from '../../config/spec.ts';
import { duration } from '../../config/units.ts';
import { fieldPath, maxInFlight, requestLimits, serverUrl, timeLimit, tls } from '../settings.ts';

export const options = z.strictObject({
  url: serverUrl(['http', 'https'], 'http://127.0.0.1:8086').describe(
    'Address of the server. Empty: no server.',
  ),
  database: z
    .string()
    .min(1)
    .optional()
    .describe('InfluxDB 1.x: the database; written through /write.'),
  retention_policy: z
    .string()
    .min(1)
    .optional()
    .describe("InfluxDB 1.x: retention policy; the database's default without it."),
  bucket: z
    .string()
    .min(1)
    .optional()
    .describe(
      'InfluxDB 2.x: the bucket; written through /api/v2/write. 1.8 takes database/policy here.',
    ),
  org: z.string().min(1).optional().describe('InfluxDB 2.x: the organisation.'),
  token: z
    .string()
    .min(1)
    .optional()
    .describe('InfluxDB 2.x: API token. 1.8 takes username:password here.'),
  username: z.string().optional().describe('InfluxDB 1.x: user name.'),
  password: z.string().optional().describe('InfluxDB 1.x: password.'),
  tls,
  max_in_flight: maxInFlight(2),
  ...requestLimits('4MiB', '50ms'),
  timeout: timeLimit('10s'),
  compress: z.boolean().default(false).describe('Compress requests with gzip.'),
});

const name = z.string().min(1).max(128);

const tag = z.union([
  fieldPath.transform((field) => [{ name: field, field }]),
  z
    .record(name, fieldPath)
    .transform((names) => Object.entries(names).map(([name, field]) => ({ name, field }))),
]);

export const output = z.strictObject({
  measurement: name
    .describe('Measurement that the points belong to.')
    .meta({ examples: ['event_counts'] }),
  tags: z
    .array(tag)
    .max(16)
    .default([])
    .transform((tags) => tags.flat())
    .describe(
      'Fields that become tags, under their own name or as { name: field }. Never one with a value for each event.',
    ),
  every: duration({ min: 1000 })
    .prefault('10s')
    .describe('Width of the time bucket that events are counted in; no use together with fields.'),
  fields: z
    .record(name, fieldPath)
    .refine((fields) => Object.keys(fields).length > 0, 'at least one field is needed')
    .optional()
    .describe(
      'Writes a point for each event with these fields, instead of count and bytes for each bucket.',
    ),
});

export type InfluxdbOptions = z.output<typeof options>;
/** Tags come as a flat list of `{ name, field }`; without `fields` the output counts. */
export type InfluxdbOutput = z.output<typeof output>;

export const influxdb: ComponentSpec<typeof options, typeof output> = {
  kind: 'sink',
  name: 'influxdb',
  summary: 'Counts events and bytes in time buckets by tags, or writes a point for each event.',
  options,
  output,
  example: `sinks:
  influxdb:
    url: http://127.0.0.1:8086
    database: telemetry
pipelines:
  main:
    from: [edge]
    to:
      influxdb: { measurement: event_counts, tags: [event.dataset, { outcome: event.outcome }], every: 10s }
`,
  check: checkTarget,
  hasServer: ({ url }) => url !== '',
  targets: ({ measurement }) => [measurement],
};

function checkTarget(options: InfluxdbOptions): OptionIssue[] {
  const { url, database, bucket, retention_policy, org, token, username } = options;
  const issues: OptionIssue[] = [];
  const issue = (key: keyof InfluxdbOptions, message: string) =>
    issues.push({ path: [key], message });
  if (url !== '' && database === undefined && bucket === undefined) {
    issue('url', 'say where to write: database (1.x) or bucket (2.x)');
  }
  if (database !== undefined && bucket !== undefined)
    issue('bucket', 'give either database or bucket, not both');
  if (retention_policy !== undefined && database === undefined) {
    issue('retention_policy', 'belongs to database; a bucket names its policy as database/policy');
  }
  if (org !== undefined && bucket === undefined) issue('org', 'belongs to bucket');
  if (token !== undefined && username !== undefined)
    issue('token', 'give either token or username and password, not both');
  return issues;
}
