import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { onPath } from './command.ts';
import { keepsRunning, type Server, type StoreName } from './server.ts';
import type { ServerUser } from './user.ts';

/** How to run one store's server in the foreground. */
export interface Program {
  readonly name: StoreName;
  readonly url: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly user: ServerUser | undefined;
  readonly logFile: string;
  /** Milliseconds from the start until the server must answer. */
  readonly readyWithin: number;
  /** Asked again and again; a rejection means not yet. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  /** Finds the server below a launcher that stays in front of it. */
  readonly serverPid?: (launcher: number) => Promise<number>;
}

const stopWithin = 20_000;
const askEvery = 50;

/** Starts the program and waits until it answers. On failure the error ends with the server's own log. */
export async function startProgram(program: Program, signal: AbortSignal): Promise<Server> {
  let child = await launch(program, signal);
  let pid = await serverPid(program, child);

  const stop = async () => {
    if (!running(child)) return;
    child.kill('SIGCONT'); // a stopped process would keep SIGTERM pending
    if (pid !== undefined && pid !== child.pid) signalProcess(pid, 'SIGCONT');
    child.kill('SIGTERM');
    if (await exited(child, stopWithin)) return;
    child.kill('SIGKILL');
    await exited(child, stopWithin);
  };

  return {
    name: program.name,
    url: program.url,
    get pid() {
      return running(child) ? pid : undefined;
    },
    async kill(what) {
      if (pid === undefined || !running(child)) throw new Error(`${program.name} does not run`);
      signalProcess(pid, what);
      if (!keepsRunning(what) && !(await exited(child, stopWithin))) {
        throw new Error(`${program.name} still runs ${stopWithin} ms after ${what}`);
      }
    },
    async restart() {
      await stop();
      child = await launch(program, AbortSignal.timeout(program.readyWithin * 2));
      pid = await serverPid(program, child);
    },
    stop,
  };
}

async function launch(program: Program, signal: AbortSignal): Promise<ChildProcess> {
  signal.throwIfAborted();
  const log = await open(program.logFile, 'a', 0o644);
  const [command, args] = await endingWithParent(program);
  const child = spawn(command, args, {
    cwd: program.cwd,
    env: program.env,
    stdio: ['ignore', log.fd, log.fd],
    ...(program.user && { uid: program.user.uid, gid: program.user.gid }),
  });
  const failed = once(child, 'error').then(([error]) => error as Error);
  void failed.catch(() => undefined);
  try {
    await Promise.race([
      once(child, 'spawn'),
      failed.then((error) => {
        throw error;
      }),
    ]);
    await answers(program, child, signal);
    return child;
  } catch (error) {
    child.kill('SIGKILL');
    await exited(child, stopWithin);
    const said = (await readFile(program.logFile, 'utf8'))
      .trimEnd()
      .split('\n')
      .slice(-40)
      .join('\n');
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${program.name} did not start: ${why}\n--- end of ${program.logFile}\n${said}`,
      { cause: error },
    );
  } finally {
    await log.close();
  }
}

/** Lets the kernel end the server when we are killed ourselves; setpriv is part of util-linux. */
async function endingWithParent(program: Program): Promise<[string, string[]]> {
  const setpriv = process.platform === 'linux' ? await onPath('setpriv') : undefined;
  if (setpriv === undefined) return [program.command, [...program.args]];
  return [setpriv, ['--pdeathsig', 'SIGTERM', program.command, ...program.args]];
}

async function answers(program: Program, child: ChildProcess, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(program.readyWithin)]);
  let last: unknown;
  while (!limit.aborted) {
    if (!running(child))
      throw new Error(`it ended with ${child.signalCode ?? `exit code ${child.exitCode}`}`);
    try {
      await program.ready(limit);
      return;
    } catch (error) {
      last = error;
    }
    await sleep(askEvery);
  }
  signal.throwIfAborted();
  throw new Error(`no answer within ${program.readyWithin} ms (${String(last)})`);
}

function serverPid(program: Program, child: ChildProcess): Promise<number | undefined> {
  if (child.pid === undefined || program.serverPid === undefined) return Promise.resolve(child.pid);
  return program.serverPid(child.pid);
}

const running = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null;

/** Whether the process has ended, or does so within `limit` milliseconds. */
async function exited(child: ChildProcess, limit: number): Promise<boolean> {
  if (!running(child)) return true;
  const timer = AbortSignal.timeout(limit);
  return once(child, 'exit', { signal: timer }).then(
    () => true,
    () => !running(child),
  );
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
