import { z } from 'zod';
import type { ComponentSpec } from '../../config/spec.ts';

const options = z.strictObject({});

export const spec: ComponentSpec<typeof options> = {
  kind: 'parser',
  name: 'system.auth',
  summary: 'Authentication on Linux: sshd, sudo, su, PAM sessions, and the account tools.',
  options,
  example: `- parse: syslog
- parse: system.auth`,
};
