import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation from growing to 48 MB. A daemon whose events are bytes makes little garbage, and what it makes
 * dies at once: measured at full load, 28 MB less anonymous memory for the same CPU.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
