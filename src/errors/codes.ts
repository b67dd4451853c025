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
  SLUICE_EVENT_TOO_LARGE: {
    summary: 'An event does not fit the memory that one event may take.',
    action: 'Lower max_event of the source, or remove large fields before the outputs.',
    retry: false,
  },
  SLUICE_STEP_FAILED: {
    summary: 'A step failed on an event in a way that it should not.',
    action: 'The event is in the dead letters; report it with the message.',
    retry: false,
  },
  SLUICE_WORKER_CRASHED: { summary: 'A batch ended its worker thread twice.', action: 'Its records are in the dead letters; report the fault with one of them.', retry: false },
  SLUICE_WORKER_START: { summary: 'A worker thread cannot start.', action: 'The message says what it stumbled over; check memory and configuration.', retry: false },
  SLUICE_DATA_DIR: { summary: 'The data folder cannot be used.', action: 'Check `node.data_dir`, its permissions and the disk.', retry: true },
  SLUICE_DATA_DIR_LOCKED: { summary: 'Another sluice uses this data folder.', action: 'Stop it, or give this one a `node.data_dir` of its own.', retry: false },
  SLUICE_DEAD_LETTERS_FULL: { summary: 'The dead letters have reached their limit.', action: 'Move files out of data_dir/dead-letters; the outputs wait until there is room.', retry: true },
  SLUICE_MEMORY_BUDGET: { summary: 'The memory budget is too small for this configuration.', action: 'Raise `node.memory_budget` or lower `node.workers`.', retry: false },
  SLUICE_LISTEN_IN_USE: { summary: 'An address to listen on is taken.', action: 'Stop the other process, or choose another address.', retry: false },
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
