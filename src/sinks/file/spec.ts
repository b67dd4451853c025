import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';
import { duration, size } from '../../config/units.ts';
import { formattedOutput } from '../formats.ts';
import { requestLimits } from '../settings.ts';

export const options = z.strictObject({
  path: z.string().min(1).describe('Folder that the files go to; belongs to this daemon alone.'),
  rotate_bytes: size({ min: 1, max: 64 * 1024 * 1024 })
    .prefault('16MiB')
    .describe('A file is complete at this size. Stores limit a request: InfluxDB takes 25 MB.'),
  rotate_after: duration({ min: 100 }).prefault('5m').describe('A file is complete at this age.'),
  ...requestLimits('4MiB', '20ms'),
});

export type FileOptions = z.output<typeof options>;

export const file: ComponentSpec<typeof options, typeof formattedOutput> = {
  kind: 'sink',
  name: 'file',
  summary:
    "Writes files that appear only when complete, as NDJSON or in a store's own bulk-load format.",
  options,
  output: formattedOutput,
  example: `sinks:
  archive: { type: file, path: data/archive }
pipelines:
  main:
    from: [edge]
    to:
      archive: { format: ndjson }
`,
};
