import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';
import { fieldPath } from '../field-path.ts';

export const spec: ComponentSpec = {
  kind: 'step',
  name: 'remove',
  summary: 'Removes fields, or whole objects with all their members.',
  options: z.array(fieldPath).min(1).describe('paths'),
  example: `- remove: [process.pid, log.syslog.structured_data]`,
};
