import { type ErrorCode, SluiceError } from '../errors/codes.ts';
import type { SourceText, Span } from './source-text.ts';

/** One thing that is wrong (or doubtful) in a configuration, and where. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly code: ErrorCode;
  readonly message: string;
  readonly span: Span;
  /** What may stand there. */
  readonly allowed?: readonly string[] | undefined;
  readonly suggestion?: string | undefined;
}

/** A diagnostic as data, for `--json`. Lines and columns start at 1. */
export interface DiagnosticReport {
  readonly severity: Diagnostic['severity'];
  readonly code: ErrorCode;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly allowed?: readonly string[];
  readonly suggestion?: string;
}

/** Colours, where there is a terminal. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly dim: (text: string) => string;
}

const same = (text: string): string => text;
export const PLAIN: Paint = { bold: same, red: same, yellow: same, cyan: same, dim: same };

/**
 *     config/a.yaml:12:5: error: unknown key 'chanel' [SLUICE_CONFIG_INVALID]
 *       12 |     chanel: alerts
 *          |     ^^^^^^
 *          = did you mean 'channel'?
 *          = allowed: channel, key
 */
export function formatDiagnostic(
  diagnostic: Diagnostic,
  source: SourceText,
  paint: Paint = PLAIN,
): string {
  const { severity, code, message, span, allowed = [], suggestion } = diagnostic;
  const { line, column } = source.placeOf(span.start);
  const tint = severity === 'error' ? paint.red : paint.yellow;
  const [text = '', carets = ''] = source.excerpt(span);
  const margin = ' '.repeat(2 + String(line).length);
  const lines = [
    `${paint.bold(`${source.file}:${line}:${column}:`)} ${tint(`${severity}:`)} ${message} ${paint.dim(`[${code}]`)}`,
    `  ${text}`,
    `  ${tint(carets)}`,
  ];
  if (suggestion !== undefined) {
    lines.push(`${margin} = did you mean ${paint.cyan(`'${suggestion}'`)}?`);
  }
  if (allowed.length > 0) lines.push(`${margin} = allowed: ${allowed.join(', ')}`);
  return lines.join('\n');
}

export function reportOf(diagnostic: Diagnostic, source: SourceText): DiagnosticReport {
  const { severity, code, message, span, allowed, suggestion } = diagnostic;
  return {
    severity,
    code,
    file: source.file,
    ...source.placeOf(span.start),
    message,
    ...(allowed === undefined || allowed.length === 0 ? {} : { allowed }),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** A configuration that cannot be used; holds everything that is wrong with it, in the file's order. */
export class ConfigError extends SluiceError {
  readonly diagnostics: readonly Diagnostic[];
  readonly source: SourceText;

  constructor(diagnostics: readonly Diagnostic[], source: SourceText) {
    const first = diagnostics.find((one) => one.severity === 'error') ?? diagnostics[0];
    super(
      first?.code ?? 'SLUICE_CONFIG_INVALID',
      diagnostics.map((one) => formatDiagnostic(one, source)).join('\n'),
    );
    this.name = 'ConfigError';
    this.diagnostics = diagnostics;
    this.source = source;
  }
}

/** In the file's order, each said once. */
export function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return [...diagnostics]
    .sort((a, b) => a.span.start - b.span.start)
    .filter(({ span, message }) => {
      const key = `${span.start} ${message}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
}
