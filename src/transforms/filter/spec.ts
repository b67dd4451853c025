import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';

export const spec: ComponentSpec = {
  kind: 'step',
  name: 'filter',
  summary:
    'Keeps the events for which a CEL expression is true; an expression that cannot be evaluated keeps the event and tags it filter_error.',
  options: z
    .string()
    .min(1)
    .max(4096)
    .describe('CEL expression over fields; an absent field is null'),
  example: `- filter: 'event.dataset != "nginx.access" || http.response.status_code >= 400'`,
};
