import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';

export const spec: ComponentSpec = {
  kind: 'step',
  name: 'remove',
  summary: 'Removes fields, or whole objects with all their members.',
  options: z.array(z.string().min(1).max(256)).min(1).describe('paths'),
  example: `- remove: [process.pid, log.syslog.structured_data]`,
};
