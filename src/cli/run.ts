import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import type { Config } from '../config/schema.ts';
import type { Daemon, DaemonOptions } from '../pipeline/daemon.ts';
import { examples } from './help.ts';
import { loadApart } from './load-apart.ts';
import { packageFolder } from './package.ts';
import { printDiagnostics } from './report.ts';
import type { Terminal } from './terminal.ts';

const REDRAW_MS = 1000;

export function runCommand(terminal: Terminal) {
  return new Command('run')
    .summary('run the daemon')
    .description(
      'Runs the daemon until it is told to stop: the first SIGINT or SIGTERM flushes what is under way, a second one ends at once.',
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
      const { config, warnings, source } = await loadApart(file ?? defaultConfig());
      printDiagnostics(warnings, source, terminal);
      const { startDaemon } = await import('../pipeline/daemon.ts');
      const options = { once, signal: terminal.stopSignal() };
      if (hasStatus(config, terminal)) return runWithStatus(config, options, startDaemon, terminal);
      const daemon = await startDaemon(config, options);
      await daemon.done;
    });
}

function defaultConfig(): string {
  return existsSync('sluice.yaml')
    ? 'sluice.yaml'
    : join(packageFolder(), 'config', 'default.yaml');
}

/** Only for somebody who looks at it, and nowhere that other output would run through it. */
function hasStatus({ log, sinks }: Config, { stdout, stderr, env }: Terminal): boolean {
  if (stderr.isTTY !== true || env['TERM'] === 'dumb' || log.format === 'json') return false;
  return stdout.isTTY !== true || !sinks.some((sink) => sink.type === 'console');
}

async function runWithStatus(
  config: Config,
  options: DaemonOptions,
  start: (config: Config, options: DaemonOptions) => Promise<Daemon>,
  { stderr }: Terminal,
): Promise<void> {
  const [{ createLogger }, { LiveStatus }, { statusLines }, { guide }] = await Promise.all([
    import('../telemetry/logger.ts'),
    import('./live-status.ts'),
    import('./status-lines.ts'),
    import('./guide.ts'),
  ]);
  let daemon: Daemon | undefined;
  const status = new LiveStatus(stderr, () =>
    daemon === undefined ? [] : statusLines(daemon.snapshot()),
  );
  const out = { write: (text: string) => status.write(text), isTTY: true };
  const log = createLogger(config.log, config.node.id, out);
  try {
    daemon = await start(config, { ...options, log });
    stderr.write(guide(config, daemon.snapshot().admin));
    status.start(REDRAW_MS);
    await daemon.done;
  } finally {
    status.stop();
  }
}
