/** The expression is not valid CEL, or reaches for what sluice does not offer. */
export class ExpressionError extends Error {
  /** Index of the offending character in the text, where known. */
  readonly offset: number | undefined;

  constructor(message: string, offset?: number, cause?: unknown) {
    super(message, { cause });
    this.offset = offset;
  }
}
