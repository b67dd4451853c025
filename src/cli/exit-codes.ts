/** How `sluice` ends; part of its interface, listed by --help and in docs/reference/command-line.md. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  /** EX_CONFIG of sysexits.h: a service manager can be told that starting again is no use. */
  configuration: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [
    EXIT.ok,
    'done; for run: ended by itself, or stopped by a signal and flushed as far as the time limit allowed (the log says what was left)',
  ],
  [EXIT.failure, 'failed while running; for parse: a line did not parse'],
  [EXIT.usage, 'wrong usage of the command line'],
  [EXIT.configuration, 'the configuration is not valid or cannot be read'],
];

/** Ends a verb with a message for standard error and an exit code. */
export class CliError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
