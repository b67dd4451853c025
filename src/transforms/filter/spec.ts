import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';
import { checkExpression } from '../cel/check.ts';

const options = z
  .string()
  .min(1)
  .max(4096)
  .describe('CEL expression over fields; an absent field is null');

export const spec: ComponentSpec<typeof options> = {
  kind: 'step',
  name: 'filter',
  summary:
    'Keeps the events for which a CEL expression is true; an expression that cannot be evaluated keeps the event and tags it filter_error.',
  options,
  example: `- filter: 'event.dataset != "nginx.access" || http.response.status_code >= 400'`,
  check: (options) => checkExpression(options, []),
};
