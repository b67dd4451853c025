import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { temporaryFolder } from '../../../stack/user.ts';

/** A folder for this test alone: working directory of a daemon, so that its relative paths lie in there. */
export async function testFolder(t: Test): Promise<string> {
  const folder = await temporaryFolder('sluice-e2e-');
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a configuration into the folder. @returns its path */
export async function writeConfig(folder: string, text: string, name = 'sluice.yaml') {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}
