import { PassThrough } from 'node:stream';
import { EXIT_MEANINGS } from '../exit-codes.ts';
import { createProgram } from '../program.ts';
import { cell, fence, GENERATED } from './markdown.ts';

/** Help texts as `--help` prints them, and the exit codes. */
export function commandLinePage(): string {
  const verbs = helpTexts().map(([name, text]) => `## ${name}\n\n${fence('text', text)}`);
  const codes = EXIT_MEANINGS.map(([code, meaning]) => `| ${code} | ${cell(meaning)} |`);
  return `${GENERATED}
# Command line

Results go to standard output, messages to standard error. Colours appear only on a terminal; \`NO_COLOR\` and \`FORCE_COLOR\` decide otherwise.

## Exit codes

| Code | Meaning |
|---|---|
${codes.join('\n')}

${verbs.join('\n')}`;
}

function helpTexts(): [string, string][] {
  let written = '';
  const stdout = new PassThrough();
  stdout.write = (text: string) => {
    written += text;
    return true;
  };
  const program = createProgram({
    stdin: new PassThrough(),
    stdout,
    stderr: stdout,
    env: {},
    stopSignal: () => new AbortController().signal,
  });
  return [program, ...program.commands].map((command) => {
    written = '';
    command.outputHelp();
    const name = command === program ? 'sluice' : `sluice ${command.name()}`;
    return [name, written];
  });
}
