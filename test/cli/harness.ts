import { PassThrough, Readable } from 'node:stream';
import { runCli } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Circumstances {
  readonly stdin?: string | Buffer;
  readonly env?: Terminal['env'];
  /** Both outputs are terminals. */
  readonly isTTY?: boolean;
}

/** Runs one command line within this process. */
export async function sluice(
  args: readonly string[],
  { stdin = '', env = {}, isTTY = false }: Circumstances = {},
): Promise<Outcome> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const written = [gather(stdout), gather(stderr)];
  const code = await runCli(args, {
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout: Object.assign(stdout, { isTTY }),
    stderr: Object.assign(stderr, { isTTY }),
    env,
    stopSignal: () => new AbortController().signal,
  });
  stdout.end();
  stderr.end();
  const [out = '', error = ''] = await Promise.all(written);
  return { code, stdout: out, stderr: error };
}

async function gather(stream: PassThrough): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
