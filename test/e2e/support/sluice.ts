import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Test } from 'tap';
import type { Snapshot } from '../../../src/telemetry/snapshot.ts';
import { until, when } from './until.ts';

const MAIN = new URL('../../../src/main.js', import.meta.url).pathname;
/** What the program's first line gives to Node when it is started by its name. */
const FLAGS = /^#!.*? node (.*)/.exec(readFileSync(MAIN, 'utf8'))?.[1]?.split(' ') ?? [];

const START_WITHIN_MS = 30_000;
const END_WITHIN_MS = 30_000;
const ANSWER_WITHIN_MS = 10_000;
const TAIL_LINES = 25;

export interface RunOptions {
  readonly args?: readonly string[];
  /** Added to PATH and HOME: stores of the surroundings do not leak in. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Readiness {
  readonly status: number;
  readonly body: {
    readonly status: string;
    readonly problems: readonly { component: string; code: string; reason: string }[];
  };
}

/** A real `sluice run` in a process of its own. */
export class Sluice {
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  #ended: Exit | undefined;
  #admin: string | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    // `close`, not `exit`: by then all that it said has been read.
    this.exit = once(child, 'close').then(([code, signal]) => {
      this.#ended = { code: code as number | null, signal: signal as NodeJS.Signals | null };
      return this.#ended;
    });
  }

  /** Starts the process and returns at once: for starts that fail, and for `--once`. */
  static spawn(t: Test, config: string, { args = [], env = {}, cwd }: RunOptions): Sluice {
    const { PATH = '', HOME = '' } = process.env;
    // tap loads its own hooks into every Node process below it by NODE_OPTIONS: in each thread they take time, and memory
    // that would be measured as sluice's.
    const bare = ['-u', 'NODE_OPTIONS', process.execPath, ...FLAGS];
    const child = spawn('/usr/bin/env', [...bare, MAIN, 'run', config, ...args], {
      cwd,
      env: { PATH, HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const sluice = new Sluice(child);
    t.teardown(() => sluice.#kill());
    return sluice;
  }

  /** Starts the daemon and waits until its sources listen. @throws Error with what it said when it does not come up */
  static async start(t: Test, config: string, options: RunOptions): Promise<Sluice> {
    const sluice = Sluice.spawn(t, config, options);
    await sluice.until('the daemon runs', START_WITHIN_MS, async () =>
      when(sluice.logged('sluice runs') !== undefined),
    );
    return sluice;
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('the daemon was never started');
    return pid;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get running(): boolean {
    return this.#ended === undefined;
  }

  /** The first log line with this message. */
  logged(message: string): Readonly<Record<string, unknown>> | undefined {
    for (const line of this.#stderr.split('\n')) {
      if (!line.startsWith('{')) continue;
      const entry = parsed(line);
      if (entry?.['msg'] === message) return entry;
    }
    return undefined;
  }

  /** Like `until`, with the end of what the daemon said in the failure; a daemon that ends fails at once. */
  async until<T>(what: string, limit: number, probe: () => Promise<T | undefined>): Promise<T> {
    let deaths = 0;
    const outcome = await until({ what, limit, detail: () => this.#tail() }, async () => {
      // The last look comes after the end: what it wrote before counts.
      if (this.#ended !== undefined && deaths++ > 0) return { ended: this.#ended };
      const value = await probe();
      return value === undefined ? undefined : { value };
    });
    if ('value' in outcome) return outcome.value;
    throw new Error(
      `${what}: the daemon ended with ${JSON.stringify(outcome.ended)}\n${this.#tail()}`,
    );
  }

  async ready(): Promise<Readiness> {
    const answer = await this.#get('/ready');
    return { status: answer.status, body: (await answer.json()) as Readiness['body'] };
  }

  async untilReady(): Promise<void> {
    await this.until('/ready answers 200', START_WITHIN_MS, async () =>
      when((await this.ready()).status === 200),
    );
  }

  async status(): Promise<Snapshot> {
    return (await (await this.#get('/status')).json()) as Snapshot;
  }

  /** Samples by name and labels as they are printed: `sluice_limiting_stage{stage="none"}`. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const text = await (await this.#get('/metrics')).text();
    return new Map(
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => {
          const at = line.lastIndexOf(' ');
          return [line.slice(0, at), Number(line.slice(at + 1))] as const;
        }),
    );
  }

  /** Waits until the sources have taken so many records and every output has settled each of them. */
  async untilSettled(records: number, limit: number): Promise<Snapshot> {
    const seen = (status: Snapshot) =>
      `${status.sources.map(({ name, received }) => `${name} ${received}`).join(', ')}; ${status.slots
        .map((slot) => `${slot.name} ${slot.delivered} (${slot.queued} queued)`)
        .join(', ')}`;
    return this.until(`${records} records are settled`, limit, async () => {
      const status = await this.status();
      const received = status.sources.reduce((sum, source) => sum + source.received, 0);
      const taken = status.pipelines.reduce((sum, pipeline) => sum + pipeline.received, 0);
      const queued = status.slots.some((slot) => slot.queued > 0);
      if (received === records && taken >= records && !queued) return status;
      throw new Error(seen(status));
    });
  }

  /** Anonymous memory that the process holds, in bytes. */
  async anonymousMemory(): Promise<number> {
    const text = await readFile(`/proc/${this.pid}/status`, 'utf8');
    const found = /^RssAnon:\s+(\d+) kB$/m.exec(text)?.[1];
    if (found === undefined) throw new Error('the kernel does not tell RssAnon');
    return Number(found) * 1024;
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Waits for the end by itself. @throws Error when it does not come */
  async ended(limit = END_WITHIN_MS): Promise<Exit> {
    return until({ what: 'the daemon ends', limit, detail: () => this.#tail() }, async () =>
      this.#ended === undefined ? undefined : this.#ended,
    );
  }

  /** SIGTERM, and the end. */
  async stop(): Promise<Exit> {
    this.signal('SIGTERM');
    return this.ended();
  }

  async #get(path: string): Promise<Response> {
    const admin = (this.#admin ??= adminOf(this.logged('sluice runs')));
    return fetch(`${admin}${path}`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  }

  async #kill(): Promise<void> {
    if (this.#ended !== undefined || this.#child.pid === undefined) return;
    this.#child.kill('SIGCONT');
    this.#child.kill('SIGKILL');
    await this.exit;
  }

  #tail(): string {
    const tail = this.#stderr.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
    return `--- the daemon's standard error ends with\n${tail}`;
  }
}

function adminOf(entry: Readonly<Record<string, unknown>> | undefined): string {
  const admin = entry?.['admin'];
  if (typeof admin !== 'string') throw new Error('the daemon did not say where its admin port is');
  return admin.startsWith('http') ? admin : `http://${admin}`;
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined; // half a line so far
  }
}
