import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';
import { formattedOutput } from '../formats.ts';

export const options = z.strictObject({});

export const console: ComponentSpec<typeof options, typeof formattedOutput> = {
  kind: 'sink',
  name: 'console',
  summary: 'Prints events to standard output.',
  options,
  output: formattedOutput,
  example: `sinks:
  console: {}
pipelines:
  main:
    from: [in]
    to:
      console: { format: ndjson }
`,
};
