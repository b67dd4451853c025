import { type OptionIssue, type OptionPath } from '../../config/spec.ts';
import { ExpressionError, parseExpression } from './expression.ts';

/** What is wrong with a CEL expression of the configuration, at load time. */
export function checkExpression(source: string, path: OptionPath): readonly OptionIssue[] {
  try {
    parseExpression(source);
    return [];
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const message = `not a valid CEL expression: ${firstLine(error.message)}`;
    return [
      error.offset === undefined ? { path, message } : { path, message, offset: error.offset },
    ];
  }
}

/** The loader shows its own excerpt. */
function firstLine(text: string): string {
  return text.split('\n', 1)[0] as string;
}
