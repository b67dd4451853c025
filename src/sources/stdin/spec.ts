import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';
import { recordOptions } from '../options.ts';

const options = z.strictObject({ ...recordOptions });

export type StdinOptions = z.output<typeof options>;

export const stdinSpec = {
  kind: 'source',
  name: 'stdin',
  summary: 'Reads lines from standard input until it ends.',
  options,
  example: `sources:
  in: { type: stdin }
pipelines:
  main:
    from: in
    steps:
      - parse: json
    to:
      console: { format: ndjson }
sinks:
  console: {}
`,
} as const satisfies ComponentSpec<typeof options>;
