import { rm } from 'node:fs/promises';
import type { Test } from 'tap';
import { type StoreName, storeNames, urlVariables } from '../stack/server.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { temporaryFolder } from '../stack/user.ts';

/**
 * Real stores for a test. All files of one `npm test` share one running stack; a file run by itself
 * starts the stores that it names. Keep to databases, indices and keys of your own name: the
 * servers are never emptied, and may belong to somebody (see `npm run stack`).
 */
export function sharedStack(t: Test, stores: readonly StoreName[] = storeNames): Promise<Stack> {
  const running = stores.map((name) => {
    const variable = urlVariables[name];
    return [variable, process.env[`SLUICE_TEST_${variable}`] ?? process.env[variable]] as const;
  });
  return testStack(t, stores, Object.fromEntries(running));
}

/** Fresh stores for this test alone: for tests that stop, kill or restart them. */
export function ownStack(t: Test, stores: readonly StoreName[]): Promise<Stack> {
  return testStack(t, stores, {});
}

async function testStack(
  t: Test,
  stores: readonly StoreName[],
  environment: Record<string, string | undefined>,
): Promise<Stack> {
  const dataDir = await temporaryFolder('sluice-test-');
  const startWithin = AbortSignal.timeout(180_000);
  const stack = await startStack({ stores, dataDir, environment, signal: startWithin });
  t.teardown(async () => {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return stack;
}
