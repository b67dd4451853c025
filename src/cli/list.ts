import { Argument, Command } from '@commander-js/extra-typings';
import type { ComponentSpec } from '../config/spec.ts';
import { examples } from './help.ts';
import { paintFor, type Terminal, table } from './terminal.ts';

const SECTIONS = ['sources', 'parsers', 'steps', 'sinks'] as const;
type Section = (typeof SECTIONS)[number];

export function listCommand(terminal: Terminal) {
  return new Command('list')
    .summary('list what a configuration can name')
    .description('Lists the sources, parsers, steps and sinks that a configuration can name.')
    .addArgument(new Argument('[kind]', 'only these').choices(SECTIONS))
    .option('--json', 'print one JSON array, each component with its JSON Schema')
    .addHelpText('after', examples('sluice list sinks', 'sluice list --json parsers'))
    .action(async (kind, { json = false }) => {
      const sections = kind === undefined ? SECTIONS : [kind];
      const groups = await Promise.all(
        sections.map(async (section) => ({ section, specs: await specsOf(section) })),
      );
      if (json) {
        const { describeComponent } = await import('../config/json-schema.ts');
        const list = groups.flatMap(({ specs }) => specs.map(describeComponent));
        terminal.stdout.write(`${JSON.stringify(list, null, 2)}\n`);
        return;
      }
      const paint = paintFor(terminal.stdout, terminal.env);
      for (const [index, { section, specs }] of groups.entries()) {
        const rows = specs.map(({ name, summary }) => [name, summary]);
        terminal.stdout.write(
          `${index > 0 ? '\n' : ''}${paint.bold(section)}\n${table(rows, '  ')}`,
        );
      }
    });
}

async function specsOf(section: Section): Promise<ComponentSpec[]> {
  const { registry } = await import('../config/registry.ts');
  const kinds = {
    sources: registry.source,
    parsers: registry.parser,
    steps: registry.step,
    sinks: registry.sink,
  };
  return [...kinds[section].values()];
}
