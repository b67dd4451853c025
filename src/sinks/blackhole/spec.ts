import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';
import { formattedOutput } from '../formats.ts';

export const options = z.strictObject({
  accept: z.boolean().default(true).describe('false: accepts nothing, as a store that hangs.'),
  rate: z
    .number()
    .positive()
    .optional()
    .describe('Accepts at most this many events a second, as a slow store.'),
});

export type BlackholeOptions = z.output<typeof options>;

export const blackhole: ComponentSpec<typeof options, typeof formattedOutput> = {
  kind: 'sink',
  name: 'blackhole',
  summary:
    'Encodes events and throws them away: for measurements and for trying out back-pressure.',
  options,
  output: formattedOutput,
  example: `sinks:
  nowhere: { type: blackhole, rate: 1000 }
pipelines:
  main:
    from: [edge]
    to:
      nowhere: {}
`,
};
