import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { Command } from '@commander-js/extra-typings';
import type { Config } from '../config/schema.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { examples } from './help.ts';
import { loadForVerb } from './load.ts';
import { paintFor, type Terminal } from './terminal.ts';

/** As long as a record can be. */
const MAX_RECORD = 10 * 2 ** 20;

export function explainCommand(terminal: Terminal) {
  return new Command('explain')
    .summary('show the way of one line through a configuration')
    .description(
      'Takes one line and shows what each step makes of it, the route it takes, and byte for byte what each store would get. Nothing is sent.',
    )
    .argument('<config>', 'configuration file')
    .option('-i, --input <file>', 'take the first line of this file instead of standard input')
    .option('-s, --source <name>', 'source that the line came from; default: the first one')
    .option('--json', 'print one JSON object; bytes are base64')
    .addHelpText(
      'after',
      examples(
        "echo '<13>1 2026-02-03T04:05:06Z web1 app 1 - - hello' | sluice explain config/default.yaml",
        'sluice explain --source web --input event.json --json config/default.yaml',
      ),
    )
    .action(async (file, { input, source, json = false }) => {
      const { config } = await loadForVerb(file);
      const name = sourceOf(config, source);
      const record = await firstLine(input, terminal);
      const [{ explainRecord }, { explanationJson, explanationText }] = await Promise.all([
        import('../workers/explain.ts'),
        import('./explanation-text.ts'),
      ]);
      const receivedAt = Date.now();
      const explanation = await explainRecord(config, { source: name, record, receivedAt });
      const text = json
        ? `${explanationJson(explanation)}\n`
        : explanationText(explanation, config.file, paintFor(terminal.stdout, terminal.env));
      terminal.stdout.write(text);
    });
}

function sourceOf(config: Config, wanted: string | undefined): string {
  const names = config.sources.map((source) => source.name);
  const name = wanted ?? names[0];
  if (name !== undefined && names.includes(name)) return name;
  throw new CliError(EXIT.usage, `unknown source '${wanted}'; there are: ${names.join(', ')}`);
}

/** Up to the first line feed, without it and a carriage return before it. */
async function firstLine(file: string | undefined, terminal: Terminal): Promise<Buffer> {
  if (file === undefined && terminal.stdin.isTTY === true) {
    terminal.stderr.write('waiting for a line on standard input\n');
  }
  const stream: Readable = file === undefined ? terminal.stdin : createReadStream(file);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      const bytes = chunk as Buffer;
      const end = bytes.indexOf(0x0a); // \n
      const piece = end < 0 ? bytes : bytes.subarray(0, end);
      size += piece.length;
      if (size > MAX_RECORD) throw new Error('the line is longer than 10MiB');
      chunks.push(piece);
      if (end >= 0) break;
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.failure, `cannot read ${file ?? 'standard input'}: ${reason}`);
  }
  const line = Buffer.concat(chunks);
  const record = line.at(-1) === 0x0d ? line.subarray(0, -1) : line; // \r
  if (record.length === 0) throw new CliError(EXIT.usage, 'there is no line to explain');
  return record;
}
