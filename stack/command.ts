import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** A program and what its environment must hold, such as the library path of unpacked packages. */
export interface Tool {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface RunOptions {
  /** Milliseconds until the program is ended and the call fails. */
  readonly timeout: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a program to its end and returns what it printed.
 * @throws Error with the command line and the end of its output when it fails or takes too long.
 */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      {
        timeout: options.timeout,
        signal: options.signal,
        cwd: options.cwd,
        env: { ...process.env, ...options.env },
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-20).join('\n');
        const why =
          error.killed === true ? `ended after ${options.timeout} ms` : `failed: ${error.message}`;
        reject(new Error(`${[command, ...args].join(' ')} ${why}\n${said}`, { cause: error }));
      },
    );
    child.stdin?.end();
  });
}

/** The full path of a program on PATH, or undefined. */
export async function onPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(folder, name);
    const found = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (folder !== '' && found) return candidate;
  }
  return undefined;
}
