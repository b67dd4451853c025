import { ConfigError, type Diagnostic, formatDiagnostic } from '../config/diagnostic.ts';
import type { SourceText } from '../config/source-text.ts';
import { ERRORS, type SluiceError } from '../errors/codes.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { paintFor, type Terminal } from './terminal.ts';

/** Says on standard error what went wrong. @returns the exit code for it */
export function reportFailure(error: SluiceError, terminal: Terminal): ExitCode {
  if (error instanceof ConfigError) {
    printDiagnostics(error.diagnostics, error.source, terminal);
    terminal.stderr.write(`${summary(error.diagnostics, error.source.file)}\n`);
    return EXIT.configuration;
  }
  const paint = paintFor(terminal.stderr, terminal.env);
  terminal.stderr.write(
    `sluice: ${paint.red('error:')} ${error.message} ${paint.dim(`[${error.code}]`)}\n${ERRORS[error.code].action}\n`,
  );
  return error.code === 'SLUICE_CONFIG_FILE' ? EXIT.configuration : EXIT.failure;
}

export function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  source: SourceText,
  terminal: Terminal,
): void {
  const paint = paintFor(terminal.stderr, terminal.env);
  for (const diagnostic of diagnostics) {
    terminal.stderr.write(`${formatDiagnostic(diagnostic, source, paint)}\n`);
  }
}

function summary(diagnostics: readonly Diagnostic[], file: string): string {
  const errors = diagnostics.filter((one) => one.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const found =
    warnings > 0
      ? `${count(errors, 'error')}, ${count(warnings, 'warning')}`
      : count(errors, 'error');
  return `${file}: ${found}`;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
