import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';
import { checkExpression } from '../cel/check.ts';
import { DEFAULT_ROUTE } from './options.ts';

const options = z
  .record(z.string().min(1).max(64), z.string().min(1).max(4096))
  .describe('route name → CEL expression, tried in order; `default` names the route of all others');

export const spec: ComponentSpec<typeof options> = {
  kind: 'step',
  name: 'route',
  summary:
    'Sends each event down the first route whose CEL expression is true; outputs choose their routes.',
  options,
  example: `- route:
    auth: 'event.dataset == "system.auth"'
    default: rest`,
  check: (options) =>
    Object.entries(options).flatMap(([name, source]) =>
      name === DEFAULT_ROUTE ? [] : checkExpression(source, [name]),
    ),
  routes: (options) =>
    Object.entries(options).map(([name, target]) =>
      name === DEFAULT_ROUTE ? { path: [name], name: target } : { path: [name], name },
    ),
};
