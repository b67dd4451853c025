import { Command } from '@commander-js/extra-typings';
import type { Loaded } from '../config/load.ts';
import type { Terminal } from './terminal.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { examples } from './help.ts';
import { loadForVerb } from './load.ts';
import { count, printDiagnostics } from './report.ts';

export function validateCommand(terminal: Terminal) {
  return new Command('validate')
    .summary('check a configuration')
    .description(
      'Checks a configuration without starting anything, and says all that is wrong with it.',
    )
    .argument('<config>', 'configuration file')
    .option('--json', 'print the findings as one JSON object on standard output')
    .addHelpText(
      'after',
      examples(
        'sluice validate config/four-stores.yaml',
        'sluice validate --json sluice.yaml | jq .valid',
      ),
    )
    .action(async (file, { json = false }) => {
      if (json) return validateAsJson(file, terminal);
      const { config, warnings, source } = await loadForVerb(file);
      printDiagnostics(warnings, source, terminal);
      const parts = [
        count(config.sources.length, 'source'),
        count(config.pipelines.length, 'pipeline'),
        count(config.sinks.length, 'sink'),
      ];
      const doubts = warnings.length > 0 ? `; ${count(warnings.length, 'warning')}` : '';
      terminal.stdout.write(`${file} is valid: ${parts.join(', ')}${doubts}\n`);
    });
}

async function validateAsJson(file: string, terminal: Terminal): Promise<void> {
  const { ConfigError, reportOf } = await import('../config/diagnostic.ts');
  let loaded: Loaded | undefined;
  let failure: InstanceType<typeof ConfigError> | undefined;
  try {
    loaded = await loadForVerb(file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    failure = error;
  }
  const { diagnostics, source } = failure ?? {
    diagnostics: loaded?.warnings ?? [],
    source: loaded?.source,
  };
  const report = {
    valid: failure === undefined,
    ...(loaded === undefined ? {} : { revision: loaded.config.revision }),
    diagnostics: source === undefined ? [] : diagnostics.map((one) => reportOf(one, source)),
  };
  terminal.stdout.write(`${JSON.stringify(report)}\n`);
  if (failure !== undefined) throw new CliError(EXIT.configuration, '');
}
