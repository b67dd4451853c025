import { EXIT_MEANINGS } from './exit-codes.ts';
import { table } from './terminal.ts';

/** @returns the part of a help text that shows how a verb is used */
export function examples(...lines: string[]): string {
  const heading = lines.length === 1 ? 'Example:' : 'Examples:';
  return `\n${heading}\n${lines.map((line) => `  $ ${line}\n`).join('')}`;
}

export function exitCodes(): string {
  const rows = EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning]);
  return `\nExit codes:\n${table(rows, '  ')}`;
}
