import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';
import { duration } from '../../config/units.ts';
import { recordOptions } from '../options.ts';

const options = z.strictObject({
  paths: z
    .array(z.string().min(1))
    .min(1)
    .describe('Files to read: paths or globs (`*`, `**`, `?`, `[…]`, `{a,b}`).'),
  exclude: z
    .array(z.string().min(1))
    .default([])
    .describe('Globs of files to leave out, written like `paths`.'),
  read: z
    .enum(['whole', 'follow'])
    .default('follow')
    .describe(
      '`whole`: read each file once, gzip too, then end; `follow`: keep reading what is appended, through rotation and truncation, and continue at the saved position after a restart.',
    ),
  start: z
    .enum(['beginning', 'end'])
    .default('beginning')
    .describe(
      '`follow`: where a file without a saved position starts; files that appear later start at their beginning.',
    ),
  poll: duration({ min: 10, max: 60_000 })
    .prefault('500ms')
    .describe('`follow`: how often files are looked at for new bytes.'),
  discover: duration({ min: 10, max: 3_600_000 })
    .prefault('5s')
    .describe('`follow`: how often the globs are read again.'),
  max_files: z
    .int()
    .min(1)
    .max(10_000)
    .default(1000)
    .describe('Files followed at once; further ones wait, which is counted and logged.'),
  ...recordOptions,
});

export type FileOptions = z.output<typeof options>;

export const fileSpec = {
  kind: 'source',
  name: 'file',
  summary: 'Reads lines of files: whole (gzip too), or following what is appended.',
  options,
  example: `sources:
  logs: { type: file, paths: ['samples/*.log'], read: whole }
pipelines:
  main:
    from: logs
    steps:
      - parse: [nginx.access, syslog]
    to:
      console: { format: ndjson }
sinks:
  console: {}
`,
} as const satisfies ComponentSpec<typeof options>;
