import { Command, CommanderError } from '@commander-js/extra-typings';
import { SluiceError } from '../errors/codes.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { explainCommand } from './explain.ts';
import { examples, exitCodes } from './help.ts';
import { listCommand } from './list.ts';
import { packageVersion } from './package.ts';
import { parseCommand } from './parse.ts';
import { reportFailure } from './report.ts';
import { runCommand } from './run.ts';
import type { Terminal } from './terminal.ts';
import { validateCommand } from './validate.ts';

/** Where the width is not known: pipes, reference pages. */
const HELP_COLUMNS = 100;

/** Verbs import what they run only when they run: `--help` answers at once. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('sluice')
    .description(
      'Lands security and operations data in Elasticsearch, InfluxDB, PostgreSQL and Redis.',
    )
    .version(`sluice ${packageVersion()}`, '-V, --version', 'print the version')
    .helpCommand(false)
    .addHelpText('after', () => `${exitCodes()}${examples('sluice run config/default.yaml')}`);
  const verbs = [runCommand, validateCommand, explainCommand, parseCommand, listCommand];
  for (const verb of verbs) program.addCommand(verb(terminal));
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .showHelpAfterError(
        `(${command === program ? 'sluice' : `sluice ${command.name()}`} --help shows how)`,
      )
      .configureOutput({
        writeOut: (text) => terminal.stdout.write(text),
        writeErr: (text) => terminal.stderr.write(text),
        getOutHelpWidth: () => terminal.stdout.columns ?? HELP_COLUMNS,
        getErrHelpWidth: () => terminal.stdout.columns ?? HELP_COLUMNS,
        getOutHasColors: () => false,
        getErrHasColors: () => false,
      });
  }
  return program;
}

/**
 * Runs one command line.
 * @param args without node and script
 * @returns the exit code
 */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof CliError) {
      if (error.message !== '') terminal.stderr.write(`sluice: ${error.message}\n`);
      return error.exitCode;
    }
    if (error instanceof SluiceError) return reportFailure(error, terminal);
    throw error;
  }
}
