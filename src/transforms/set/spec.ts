import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';
import { checkExpression } from '../cel/check.ts';
import { fieldPath } from '../field-path.ts';
import { checkTemplate } from './template.ts';

const value = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.string()).describe('list of texts'),
  z.strictObject({
    cel: z
      .string()
      .min(1)
      .max(4096)
      .describe('CEL expression; null clears the field, a failure leaves it as it was'),
  }),
  z.strictObject({
    copy: fieldPath.describe('path of the field to copy; nothing happens when it is absent'),
  }),
  z.strictObject({
    template: z
      .string()
      .min(1)
      .describe(
        'text with {path} in it; nothing happens when one is absent or a list; {{ is a brace',
      ),
  }),
]);

const options = z.record(fieldPath, value).describe('path → value');

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
    Object.entries(options).flatMap(([path, value]) => {
      if (typeof value !== 'object') return [];
      if ('cel' in value) return checkExpression(value.cel, [path, 'cel']);
      return 'template' in value ? checkTemplate(value.template, [path, 'template']) : [];
    }),
};
