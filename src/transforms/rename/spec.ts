import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';

const path = z.string().min(1).max(256);

export const spec: ComponentSpec = {
  kind: 'step',
  name: 'rename',
  summary: 'Moves values to other fields; events without the old field are left alone.',
  options: z.record(path, path).describe('old path → new path'),
  example: `- rename: { app: service.name }`,
};
