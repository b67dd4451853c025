import type { Loaded } from '../config/load.ts';

/**
 * Loads a configuration for a verb, the compiled pipelines' own complaints included.
 * @throws ConfigError, SluiceError
 */
export async function loadForVerb(file: string): Promise<Loaded> {
  const [{ loadConfig }, { planIssues }] = await Promise.all([
    import('../config/load.ts'),
    import('./plan-issues.ts'),
  ]);
  return loadConfig(file, { inspect: planIssues });
}
