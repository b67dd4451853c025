import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SluiceError } from '../errors/codes.ts';
import { Checker, isMap } from './checker.ts';
import { buildSinks, buildSources, entriesOf } from './components.ts';
import { ConfigError, type Diagnostic, inOrder } from './diagnostic.ts';
import { ConfigDocument } from './document.ts';
import { buildPipelines } from './pipelines.ts';
import { type Registry, registry as builtIn } from './registry.ts';
import {
  adminSchema,
  type Config,
  documentSchema,
  logSchema,
  nodeSchema,
  type PipelineConfig,
} from './schema.ts';
import { checkPorts, checkTargets, checkUse } from './semantics.ts';
import { SourceText } from './source-text.ts';
import type { OptionPath } from './spec.ts';
import { processSurroundings, type Surroundings } from './substitute.ts';

/** What is wrong with a configuration as a whole. */
export interface ConfigIssue {
  /** From the root of the file; its key is pointed at. */
  readonly path: OptionPath;
  readonly message: string;
}

export interface LoadOptions {
  readonly registry?: Registry;
  readonly surroundings?: Surroundings;
  /** A last look at a configuration that is right so far, for what only a later stage knows. */
  readonly inspect?: (config: Config) => readonly ConfigIssue[];
}

export interface Loaded {
  readonly config: Config;
  readonly warnings: readonly Diagnostic[];
  readonly source: SourceText;
}

/** @throws ConfigError with everything that is wrong; SluiceError when the file cannot be read */
export function loadConfig(file: string, options: LoadOptions = {}): Loaded {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/, \w+ '.*$/, '') : String(error);
    throw new SluiceError('SLUICE_CONFIG_FILE', `cannot read ${file}: ${reason}`, { cause: error });
  }
  return parseConfig(file, text, options);
}

/**
 * Reads a configuration in stages, each of which goes on as far as it can after an error: YAML, `${…}`, the outer
 * shape, each component against its spec, and how the components fit together.
 * @param file for messages
 * @throws ConfigError with everything that is wrong
 */
export function parseConfig(
  file: string,
  text: string,
  { registry = builtIn, surroundings = processSurroundings, inspect }: LoadOptions = {},
): Loaded {
  const source = new SourceText(file, text.replace(/^\ufeff/, ''));
  const document = new ConfigDocument(source, surroundings);
  const checker = new Checker(document);
  // A file that is no YAML has no values to speak about.
  const config = document.readable ? build(checker, file, document.value, registry) : undefined;
  if (config !== undefined && inspect !== undefined && !checker.failed) {
    for (const { path, message } of inspect(config)) checker.errorAtKey(path, message);
  }
  const diagnostics = inOrder(checker.diagnostics);
  if (config === undefined || checker.failed) throw new ConfigError(diagnostics, source);
  return { config, warnings: diagnostics, source };
}

function build(
  checker: Checker,
  file: string,
  value: unknown,
  registry: Registry,
): Config | undefined {
  const outer = checker.check(documentSchema, [], value ?? undefined);
  if (!isMap(value)) return undefined;
  const sources = buildSources(checker, value['sources'], registry.source);
  const sinks = buildSinks(checker, value['sinks'], registry.sink);
  const pipelines = buildPipelines(checker, value['pipelines'], registry, {
    sources: namesOf(value['sources']),
    sinks: namesOf(value['sinks']),
    sinkTypes: typesOf(value['sinks']),
    builtSinks: sinks,
  });
  for (const section of ['sources', 'pipelines', 'sinks']) {
    if (isMap(value[section]) && namesOf(value[section]).length === 0) {
      checker.errorAtKey([section], `no ${section.slice(0, -1)} is defined`);
    }
  }
  const admin = outer?.admin ?? adminSchema.parse({});
  checkPorts(checker, { admin, sources }, registry);
  checkTargets(checker, { sinks, pipelines }, registry);
  // What is left out because of an error would look unused.
  if (!checker.failed) checkUse(checker, { sources, sinks, pipelines });
  return {
    file,
    revision: revisionOf({ pipelines, sources, sinks }),
    node: outer?.node ?? nodeSchema.parse({}),
    admin,
    log: outer?.log ?? logSchema.parse({}),
    sources,
    pipelines,
    sinks,
  };
}

function namesOf(section: unknown): string[] {
  return entriesOf(section).map(([name]) => name);
}

function typesOf(sinks: unknown): Map<string, string> {
  return new Map(
    entriesOf(sinks).map(([name, sink]) => {
      const type = isMap(sink) ? sink['type'] : undefined;
      return [name, typeof type === 'string' ? type : name];
    }),
  );
}

/** Positions in the file and connections do not change what a record becomes. */
function revisionOf({
  pipelines,
  sources,
  sinks,
}: Pick<Config, 'pipelines' | 'sources' | 'sinks'>): string {
  const typeOf = ({ name, type }: { name: string; type: string }) => [name, type];
  const shape = [pipelines.map(pipelineShape), sources.map(typeOf), sinks.map(typeOf)];
  return createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 32);
}

function pipelineShape({ name, from, steps, to }: PipelineConfig): unknown {
  return [
    name,
    from,
    steps.map(({ step, options }) => [step, options]),
    to.map((output) => [output.name, output.sink, output.routes ?? null, output.options]),
  ];
}
