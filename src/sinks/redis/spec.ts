import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';
import { duration } from '../../config/units.ts';
import { requestLimits, serverUrl, template, timeLimit, tls } from '../settings.ts';

export const options = z.strictObject({
  url: serverUrl(['redis', 'rediss'], 'redis://:password@127.0.0.1:6379/0').describe(
    'Address of the server, or of any node of a cluster. Empty: no server.',
  ),
  key_prefix: z
    .string()
    .max(64)
    .regex(/^[\x21-\x7a|~]*$/, 'printable ASCII without spaces and braces')
    .default('')
    .describe('Stands before every key.')
    .meta({ examples: ['prod:'] }),
  tls,
  ...requestLimits('1MiB', '20ms'),
  timeout: timeLimit('5s'),
});

export const output = z.strictObject({
  counters: z
    .array(template)
    .min(1)
    .max(16)
    .describe(
      'Keys to count under, one template each; {10s}, {1m}, {1h} are the start of the time bucket.',
    )
    .meta({ examples: [['counters:{event.dataset}:{10s}']] }),
  expire: duration({ min: 1000 })
    .prefault('1h')
    .describe('How long a counter lives after its last change.'),
});

export type RedisOptions = z.output<typeof options>;
export type RedisOutput = z.output<typeof output>;

export const redis: ComponentSpec<typeof options, typeof output> = {
  kind: 'sink',
  name: 'redis',
  summary: 'Counts events under keys with expiry; a repeated batch does not count twice.',
  options,
  output,
  example: `sinks:
  redis:
    url: redis://127.0.0.1:6379
pipelines:
  main:
    from: [edge]
    to:
      redis: { counters: ["counters:{event.dataset}:{10s}"], expire: 1h }
`,
  hasServer: ({ url }) => url !== '',
  targets: ({ counters }) => counters,
};
