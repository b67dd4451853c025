import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

const STDERR_KEPT = 4000; // characters
const STOP_MS = 15_000;

export interface Child {
  name: string;
  pid: number;
  /** Resolves with the first line of stdout; rejects when the process ends without one. */
  firstLine(signal: AbortSignal): Promise<string>;
  alive: () => boolean;
  /** Resolves when the process ends, with its exit code. */
  ended: Promise<number | null>;
  /** The end of what it wrote to stderr. */
  complaints(): string;
  /** SIGTERM, then SIGKILL after 15 s. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();

// A bench that is interrupted must leave nothing behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface SpawnOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

/** Starts a program of the bench; it ends with the bench at the latest. */
export function startChild(
  name: string,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Child {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let errors = '';
  let output = '';
  running.add(child);
  child.stderr.on('data', (data: Buffer) => {
    errors = (errors + data.toString()).slice(-STDERR_KEPT);
  });
  child.stdout.on('data', (data: Buffer) => {
    if (output.length < STDERR_KEPT) output += data.toString();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      running.delete(child);
      resolve(code);
    });
    child.once('error', (error) => {
      running.delete(child);
      errors += error.message;
      resolve(null);
    });
  });
  return {
    name,
    pid: child.pid ?? 0,
    alive: () => running.has(child),
    ended,
    complaints: () => errors.trim(),
    async firstLine(signal) {
      while (!output.includes('\n')) {
        if (!running.has(child)) throw new Error(`${name} ended early: ${errors.trim()}`);
        await Promise.race([once(child.stdout, 'data', { signal }), ended]);
      }
      return output.slice(0, output.indexOf('\n'));
    },
    async stop() {
      if (!running.has(child)) return;
      child.kill('SIGTERM');
      const late = await Promise.race([
        ended.then(() => false),
        delay(STOP_MS, true, { ref: false }),
      ]);
      if (late) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs a program to its end and returns its stdout; throws with its stderr when it fails. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: SpawnOptions & { timeoutMs: number },
): Promise<string> {
  const { timeoutMs, ...rest } = options;
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    ...rest,
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on(
    'data',
    (data: Buffer) => (errors = (errors + data.toString()).slice(-STDERR_KEPT)),
  );
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args[0] ?? ''} failed: ${errors.trim()}`);
  return output;
}
