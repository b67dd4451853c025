import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';

const options = z.strictObject({
  field: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Path of the text to read. Without it: the message where an envelope came off before, else the record.',
    ),
  time_fields: z
    .array(z.string().min(1))
    .default(['@timestamp'])
    .describe('Paths whose text (RFC 3339) or number (since 1970) becomes a time.'),
});

export const spec: ComponentSpec<typeof options> = {
  kind: 'parser',
  name: 'json',
  summary: 'One JSON object for each event; members that no step names travel along untouched.',
  options,
  example: `- parse: json
- parse: { json: { field: message, time_fields: ['@timestamp', event.created] } }`,
};
