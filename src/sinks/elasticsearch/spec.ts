import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';
import { maxInFlight, requestLimits, serverUrl, template, timeLimit, tls } from '../settings.ts';

export const options = z.strictObject({
  nodes: z
    .array(serverUrl(['http', 'https'], 'https://127.0.0.1:9200'))
    .transform((nodes) => nodes.filter((node) => node !== ''))
    .describe('Addresses of the nodes, used in turn. Empty addresses are left out.'),
  username: z.string().optional().describe('Basic authentication.'),
  password: z.string().optional().describe('Basic authentication.'),
  api_key: z.string().optional().describe('Encoded API key; used instead of a user name.'),
  tls,
  max_in_flight: maxInFlight(4),
  ...requestLimits('4MiB', '20ms'),
  timeout: timeLimit('30s'),
  compress: z.boolean().default(false).describe('Compress requests with gzip.'),
});

export const output = z.strictObject({
  index: template
    .describe('Index name of each event; {date} is the UTC day of @timestamp.')
    .meta({ examples: ['logs-{event.dataset}-{date}'] }),
});

export type ElasticsearchOptions = z.output<typeof options>;
export type ElasticsearchOutput = z.output<typeof output>;

export const elasticsearch: ComponentSpec<typeof options, typeof output> = {
  kind: 'sink',
  name: 'elasticsearch',
  summary: 'Indexes each event once, by bulk `create` requests with `event.id` as `_id`.',
  options,
  output,
  example: `sinks:
  elasticsearch:
    nodes: ["http://127.0.0.1:9200"]
pipelines:
  main:
    from: [edge]
    to:
      elasticsearch: { index: "logs-{event.dataset}-{date}" }
`,
  check: ({ username, api_key }) =>
    username !== undefined && api_key !== undefined
      ? [{ path: ['api_key'], message: 'give either username and password or api_key, not both' }]
      : [],
  hasServer: ({ nodes }) => nodes.length > 0,
  targets: ({ index }) => [index],
};
