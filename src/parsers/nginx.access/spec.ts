import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';

const options = z.strictObject({});

export const spec: ComponentSpec<typeof options> = {
  kind: 'parser',
  name: 'nginx.access',
  summary: 'Access logs of nginx and Apache (common, combined, with forwarded addresses in front).',
  options,
  example: `- parse: nginx.access`,
};
