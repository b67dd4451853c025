import { z } from 'zod';

/** A dotted path as options write it. */
export const fieldPath = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^.]+(?:\.[^.]+)*$/, 'is no path: names between dots must not be empty');
