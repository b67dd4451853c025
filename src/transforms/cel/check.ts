import type { OptionIssue, OptionPath } from '../../config/spec.ts';
import { parseExpression } from './expression.ts';
import { ExpressionError } from './expression-error.ts';

/** What is wrong with a CEL expression of the configuration, at load time. */
export function checkExpression(source: string, path: OptionPath): readonly OptionIssue[] {
  try {
    parseExpression(source);
    return [];
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const message = `not a valid CEL expression: ${error.message}`;
    return [
      error.offset === undefined ? { path, message } : { path, message, offset: error.offset },
    ];
  }
}
