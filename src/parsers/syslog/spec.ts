import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';
import { resolveZone } from '../../event/zone.ts';

const options = z.strictObject({
  timezone: z
    .string()
    .default('UTC')
    .refine(isZone, 'not a time zone: use UTC, an offset like +02:00, or a name like Europe/Berlin')
    .describe('Zone of time stamps that name none.'),
});

export const spec: ComponentSpec<typeof options> = {
  kind: 'parser',
  name: 'syslog',
  summary: 'Syslog as RFC 5424 defines it and as RFC 3164 found it, Cisco devices included.',
  options,
  example: `- parse: syslog
- parse: { syslog: { timezone: Europe/Berlin } }`,
};

function isZone(name: string): boolean {
  try {
    resolveZone(name);
    return true;
  } catch {
    return false;
  }
}
