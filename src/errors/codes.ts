/**
 * Every error that sluice reports, in one table: what it means, what the operator can do, and whether the same
 * attempt may succeed later. docs/reference/errors.md is generated from it.
 */
export interface ErrorRow {
  readonly summary: string;
  readonly action: string;
  readonly retry: boolean;
}

export const ERRORS = {
  SLUICE_CONFIG_SYNTAX: { summary: 'The configuration is not valid YAML.', action: 'Mend the line that the message points at.', retry: false },
  SLUICE_CONFIG_INVALID: { summary: 'The configuration breaks the schema.', action: 'Each message names file, line, column and the allowed values.', retry: false },
  SLUICE_CONFIG_ENV: { summary: 'A ${VARIABLE} of the configuration is not set.', action: 'Set it, or give a default: ${NAME:-default}.', retry: false },
  SLUICE_CONFIG_SECRET: { summary: 'A secret file cannot be read.', action: 'Check the path and its permissions.', retry: false },
  SLUICE_INTERNAL: { summary: 'A fault of sluice itself.', action: 'Report it with the log around it.', retry: false },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** An error of the table, with what happened this time. */
export class SluiceError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'SluiceError';
    this.code = code;
  }

  get retry(): boolean {
    return ERRORS[this.code].retry;
  }
}
