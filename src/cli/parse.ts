import { createReadStream } from 'node:fs';
import { Command } from '@commander-js/extra-typings';
import { CliError, EXIT } from './exit-codes.ts';
import { examples } from './help.ts';
import { count } from './report.ts';
import { type Terminal, write } from './terminal.ts';

export function parseCommand(terminal: Terminal) {
  return new Command('parse')
    .summary('parse a file with one parser')
    .description(
      'Parses the lines of a file with one parser and prints ECS documents as NDJSON; lines that do not parse are named on standard error.',
    )
    .argument('<file>', 'file to read, - for standard input')
    .requiredOption('-d, --dataset <name>', 'parser: see sluice list parsers')
    .addHelpText(
      'after',
      examples(
        'sluice parse --dataset nginx.access access.log | head -1 | jq .',
        'journalctl -o short | sluice parse --dataset system.auth -',
      ),
    )
    .action(async (file, { dataset }) => {
      const optionsOf = await defaultsOf(dataset);
      const { parseRecords } = await import('../workers/parse-records.ts');
      const label = file === '-' ? 'stdin' : file;
      const { refused } = await parseRecords(bytesOf(file, terminal), {
        dataset,
        optionsOf,
        receivedAt: Date.now(),
        write: (documents) => write(terminal.stdout, documents),
        onError: (line, message) => terminal.stderr.write(`${label}:${line}: ${message}\n`),
      });
      if (refused > 0) throw new CliError(EXIT.failure, `${count(refused, 'line')} did not parse`);
    });
}

/** What each parser does unless told otherwise. @throws CliError for an unknown parser */
async function defaultsOf(dataset: string): Promise<(parser: string) => unknown> {
  const [{ registry }, { suggest }] = await Promise.all([
    import('../config/registry.ts'),
    import('../config/suggest.ts'),
  ]);
  const names = [...registry.parser.keys()];
  if (names.includes(dataset)) return (parser) => registry.parser.get(parser)?.options.parse({});
  const likely = suggest(dataset, names);
  const hint = likely === undefined ? '' : ` (did you mean '${likely}'?)`;
  throw new CliError(
    EXIT.usage,
    `unknown parser '${dataset}'${hint}; there are: ${names.join(', ')}`,
  );
}

async function* bytesOf(file: string, terminal: Terminal): AsyncGenerator<Buffer> {
  const stream = file === '-' ? terminal.stdin : createReadStream(file);
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    if (file === '-') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.failure, `cannot read ${file}: ${reason}`);
  }
}
