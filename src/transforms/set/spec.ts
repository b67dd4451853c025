import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';
import { checkExpression } from '../cel/check.ts';

const value = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.strictObject({
    cel: z.string().min(1).max(4096).describe('CEL expression; null clears the field'),
  }),
  z.strictObject({ copy: z.string().min(1).describe('path of the field to copy') }),
  z.strictObject({
    template: z
      .string()
      .min(1)
      .describe('text with {path} in it; nothing happens when a path is absent'),
  }),
]);

const options = z.record(z.string().min(1).max(256), value).describe('path → value');

export const spec: ComponentSpec<typeof options> = {
  kind: 'step',
  name: 'set',
  summary: 'Gives fields a constant, a copy, a template or the value of a CEL expression.',
  options,
  example: `- set:
    event.module: edge
    host.id: { template: "{host.name}/{process.name}" }
    labels.slow: { cel: 'http.response.status_code >= 500' }`,
  check: (options) =>
    Object.entries(options).flatMap(([path, value]) =>
      typeof value === 'object' && 'cel' in value ? checkExpression(value.cel, [path, 'cel']) : [],
    ),
};
