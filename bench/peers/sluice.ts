import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../stack/ports.ts';
import { projectFile } from '../../stack/project.ts';
import { type Child, runToEnd, startChild } from '../processes/child.ts';
import type { Contender, Daemon, Place } from './contender.ts';

const START_MS = 20_000;

export interface SluiceOptions {
  workers: number;
  core: 'wasm' | 'ts';
  /** Flags for node, such as a profiler's. */
  nodeArguments?: readonly string[];
}

/** The full path of an event, acknowledged when in memory: what the peer's memory queue does. */
function configuration(
  place: Place,
  port: number,
  adminPort: number,
  { workers, core }: SluiceOptions,
): string {
  return `
node: { id: bench, data_dir: ${JSON.stringify(join(place.folder, 'data'))}, workers: ${workers}, core: ${core} }
admin: { listen: "127.0.0.1:${adminPort}" }
sources:
  edge: { type: syslog, tcp: "127.0.0.1:${port}", ack: received }
pipelines:
  main:
    from: [edge]
    steps: [{ parse: syslog }]
    to:
      elasticsearch: { index: "logs-syslog-{date}" }
sinks:
  elasticsearch: { nodes: ["http://127.0.0.1:${place.sinkPort}"] }
`;
}

async function waitUntilReady(child: Child, adminPort: number): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (child.alive() && performance.now() < deadline) {
    try {
      const url = `http://127.0.0.1:${adminPort}/ready`;
      const response = await fetch(url, { signal: AbortSignal.timeout(1000) });
      await response.text();
      if (response.ok) return;
    } catch {
      // Not listening yet.
    }
    await delay(50);
  }
  await child.stop();
  throw new Error(`sluice did not become ready: ${child.complaints()}`);
}

/** The options for V8 that the program asks for in its first line: `#!/usr/bin/env -S node --flag …`. */
async function firstLineFlags(main: string): Promise<string[]> {
  const [first = ''] = (await readFile(main, 'utf8')).split('\n', 1);
  return first.split(' ').filter((word) => word.startsWith('--'));
}

/** The built daemon of this tree. */
export async function sluice(options: SluiceOptions): Promise<Contender> {
  const main = projectFile('dist', 'main.js');
  if (!existsSync(main))
    throw new Error('bench: dist/main.js is missing: run `npm run build` first');
  const flags = await firstLineFlags(main);
  const printed = await runToEnd(process.execPath, [main, '--version'], { timeoutMs: START_MS });
  return {
    name: 'sluice',
    version: printed.trim(),
    writesIds: true,
    indexOf: (day) => `logs-syslog-${day.replaceAll('-', '.')}`,
    async start(place: Place): Promise<Daemon> {
      const port = await freePort();
      const adminPort = await freePort();
      const file = join(place.folder, 'sluice.yaml');
      await writeFile(file, configuration(place, port, adminPort, options));
      const args = [...flags, ...(options.nodeArguments ?? []), main, 'run', file];
      const child = startChild('sluice', process.execPath, args, { cwd: place.folder });
      await waitUntilReady(child, adminPort);
      return { ...child, port };
    },
  };
}
