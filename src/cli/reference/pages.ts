import {
  componentSchema,
  configJsonSchema,
  type JsonSchema,
  jsonSchemaOf,
} from '../../config/json-schema.ts';
import type { Registry } from '../../config/registry.ts';
import {
  documentSchema,
  filesSchema,
  outputCommonSchema,
  pipelineSchema,
  sourceCommonSchema,
} from '../../config/schema.ts';
import type { ComponentSpec } from '../../config/spec.ts';
import { ERRORS, type ErrorRow } from '../../errors/codes.ts';
import { commandLinePage } from './command-line.ts';
import { cell, fence, GENERATED, optionTables, typeOf } from './markdown.ts';
import { REFERENCES, VALUES } from './prose.ts';

/** All files of docs/reference: name → text. */
export function referencePages(registry: Registry): Map<string, string> {
  return new Map([
    ['README.md', indexPage()],
    ['configuration.md', configurationPage()],
    ['sources.md', componentsPage('Sources', SOURCES, registry.source)],
    ['parsers.md', componentsPage('Parsers', PARSERS, registry.parser)],
    ['steps.md', componentsPage('Steps', STEPS, registry.step)],
    ['sinks.md', componentsPage('Sinks', SINKS, registry.sink)],
    ['errors.md', errorsPage()],
    ['command-line.md', commandLinePage()],
    ['config.schema.json', `${JSON.stringify(configJsonSchema(registry), null, 2)}\n`],
  ]);
}

const SOURCES = `Where events come from: \`sources:\` of the configuration. \`type\` may be left out where the name is a type.

Every source has, beside its own keys:

${optionTables(jsonSchemaOf(sourceCommonSchema))}`;

const PARSERS = `What a \`parse\` step names: \`- parse: NAME\`, \`- parse: { NAME: { … } }\`, or a list, of which each event gets the first parser that detects it.
`;

const STEPS = `Items of a pipeline's \`steps:\`, applied in order. Each item is one key, the step's name, with its options.
`;

const SINKS = `The stores that events go to: \`sinks:\` of the configuration says how a store is reached, \`to:\` of a pipeline what is written there.

Every output under \`to:\` has, beside the keys of its sink:

${optionTables(jsonSchemaOf(outputCommonSchema))}
Sinks that write to a server also have:

${optionTables(jsonSchemaOf(filesSchema))}`;

function indexPage(): string {
  return `${GENERATED}
# Reference

- [Configuration](configuration.md): the file, variables and secrets, sizes, durations and addresses
- [Sources](sources.md), [parsers](parsers.md), [steps](steps.md), [sinks](sinks.md)
- [Command line](command-line.md): verbs and exit codes
- [Errors](errors.md): every code, and what to do
- [config.schema.json](config.schema.json): JSON Schema for editors; with the YAML language server the first line of a configuration is
  \`# yaml-language-server: $schema=…/docs/reference/config.schema.json\`
`;
}

function configurationPage(): string {
  const { properties = {} } = jsonSchemaOf(documentSchema);
  const sections = ['node', 'admin', 'log'].map((name) => {
    const section = properties[name] ?? {};
    return `## \`${name}\`\n\n${section.description ?? ''}\n\n${optionTables(section)}`;
  });
  return `${GENERATED}
# Configuration

One YAML file with these sections:

${topLevel(properties)}
\`sluice validate FILE\` reports everything that is wrong with a file at once.

${REFERENCES}
${VALUES}
${sections.join('\n')}
## \`pipelines\`

Each pipeline has a name and these keys:

${optionTables(jsonSchemaOf(pipelineSchema))}`;
}

function topLevel(properties: Record<string, JsonSchema>): string {
  const pages: Readonly<Record<string, string>> = { sources: 'sources.md', sinks: 'sinks.md' };
  return Object.entries(properties)
    .map(([name, { description = '' }]) => {
      const page = pages[name] ?? `#${name}`;
      return `- [\`${name}\`](${page}): ${description}\n`;
    })
    .join('');
}

function componentsPage(
  title: string,
  intro: string,
  specs: ReadonlyMap<string, ComponentSpec>,
): string {
  const sections = [...specs.values()].map(componentSection);
  return `${GENERATED}\n# ${title}\n\n${intro}\n${sections.join('\n')}`;
}

function componentSection(spec: ComponentSpec): string {
  const { name, summary, kind, example, output } = spec;
  const parts = [`## ${name}`, summary];
  if (kind === 'sink') parts.push('Under `sinks:`');
  parts.push(optionsOf(spec));
  if (output !== undefined) parts.push('Under `to:`', optionTables(outputOnly(output)));
  parts.push(fence('yaml', example));
  return `${parts.map((part) => part.trimEnd()).join('\n\n')}\n`;
}

/** Without the keys that all components of the kind share: the page's head has them. */
function optionsOf(spec: ComponentSpec): string {
  const schema = jsonSchemaOf(spec.options);
  const isObject =
    schema.properties !== undefined || componentSchema(spec).properties !== undefined;
  if (isObject) return optionTables(schema);
  const text = schema.description === undefined ? '' : ` — ${cell(schema.description)}`;
  return `Options: ${typeOf(schema)}${text}`;
}

function outputOnly(output: ComponentSpec['output']): JsonSchema {
  return output === undefined ? {} : jsonSchemaOf(output);
}

function errorsPage(): string {
  const rows = Object.entries<ErrorRow>(ERRORS).map(
    ([code, { summary, action, retry }]) =>
      `| \`${code}\` | ${cell(summary)} | ${cell(action)} | ${retry ? 'yes' : 'no'} |`,
  );
  return `${GENERATED}
# Errors

Every error has a code, in messages, logs, metrics (\`error_code\`) and dead letters. *Retried*: the same attempt is made again by itself.

| Code | Meaning | What to do | Retried |
|---|---|---|---|
${rows.join('\n')}
`;
}
