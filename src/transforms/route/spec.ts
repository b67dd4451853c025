import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';

export const spec: ComponentSpec = {
  kind: 'step',
  name: 'route',
  summary:
    'Sends each event down the first route whose CEL expression is true; outputs choose their routes.',
  options: z
    .record(z.string().min(1).max(64), z.string().min(1).max(4096))
    .describe(
      'route name → CEL expression, tried in order; `default` names the route of all others',
    ),
  example: `- route:
    auth: 'event.dataset == "system.auth"'
    default: rest`,
};
