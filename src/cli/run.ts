import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { examples } from './help.ts';
import { loadForVerb } from './load.ts';
import { packageFolder } from './package.ts';
import { printDiagnostics } from './report.ts';
import type { Terminal } from './terminal.ts';

export function runCommand(terminal: Terminal) {
  return new Command('run')
    .summary('run the daemon')
    .description(
      'Runs the daemon until it is told to stop: the first SIGINT or SIGTERM drains what is under way, a second one ends at once.',
    )
    .argument(
      '[config]',
      'configuration file; default: sluice.yaml here, else the one that ships with sluice',
    )
    .option('--once', 'end when all finite sources (files read whole, stdin) are drained')
    .addHelpText(
      'after',
      examples('sluice run config/four-stores.yaml', 'sluice run --once import.yaml'),
    )
    .action(async (file, { once = false }) => {
      const { config, warnings, source } = await loadForVerb(file ?? defaultConfig());
      printDiagnostics(warnings, source, terminal);
      const { startDaemon } = await import('../pipeline/daemon.ts');
      await startDaemon(config, { once, signal: terminal.stopSignal() });
    });
}

function defaultConfig(): string {
  return existsSync('sluice.yaml')
    ? 'sluice.yaml'
    : join(packageFolder(), 'config', 'default.yaml');
}
