import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';
import { fieldPath } from '../field-path.ts';

export const spec: ComponentSpec = {
  kind: 'step',
  name: 'rename',
  summary: 'Moves values to other fields; events without the old field are left alone.',
  options: z.record(fieldPath, fieldPath).describe('old path → new path'),
  example: `- rename: { app: service.name }`,
};
