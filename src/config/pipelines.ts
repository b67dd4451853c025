import { type Checker, isMap } from './checker.ts';
import { entriesOf, splitCheck } from './components.ts';
import type { Registry } from './registry.ts';
import { checkTaken, checkWanted, routesOf } from './routes.ts';
import {
  type OutputConfig,
  outputCommonSchema,
  type ParseOptions,
  type PipelineConfig,
  pipelineSchema,
  type SinkConfig,
  type StepConfig,
} from './schema.ts';
import type { OptionPath, RouteName } from './spec.ts';

/** A row's outputs are the bits of one word. */
const MAX_OUTPUTS = 32;

/** What the pipelines may refer to: names also of components that have errors of their own. */
export interface Declared {
  readonly sources: readonly string[];
  readonly sinks: readonly string[];
  /** Type of each sink whose type is known. */
  readonly sinkTypes: ReadonlyMap<string, string>;
  /** Sinks without errors. */
  readonly builtSinks: readonly SinkConfig[];
}

/** Builds what stands under `pipelines:`; what is wrong is reported, and left out. */
export function buildPipelines(
  checker: Checker,
  raw: unknown,
  registry: Registry,
  declared: Declared,
): PipelineConfig[] {
  return entriesOf(raw).flatMap(([name, value]) => {
    const path = ['pipelines', name];
    const outer = checker.check(pipelineSchema, path, value);
    const from = outer?.from ?? [];
    checkFrom(checker, path, from, value, declared.sources);
    const map = isMap(value) ? value : {};
    const written: unknown[] = Array.isArray(map['steps']) ? map['steps'] : [];
    const steps = written.map((step, index) =>
      buildStep(checker, [...path, 'steps', index], step, registry),
    );
    // Of a step with errors the routes are not known.
    const routes = steps.includes(undefined) ? undefined : routesOf(path, steps, registry);
    const outputs = entriesOf(map['to']).map(([output, options]) =>
      buildOutput(checker, [...path, 'to', output], output, options, {
        registry,
        declared,
        routes,
      }),
    );
    // Of a misspelt route the right one would look unused.
    if (routes !== undefined && !checker.failed) {
      checkTaken(
        checker,
        routes,
        outputs.map((output) => output?.routes),
      );
    }
    if (outer === undefined) return [];
    const count = Object.keys(outer.to).length;
    if (count === 0) checker.errorAtKey([...path, 'to'], `pipeline '${name}' has no outputs`);
    if (count > MAX_OUTPUTS) {
      checker.errorAtKey([...path, 'to'], `a pipeline has at most ${MAX_OUTPUTS} outputs`);
    }
    return [{ name, from, steps: present(steps), to: present(outputs), at: checker.placeOf(path) }];
  });
}

function checkFrom(
  checker: Checker,
  path: OptionPath,
  from: readonly string[],
  raw: unknown,
  sources: readonly string[],
): void {
  const list = isMap(raw) && Array.isArray(raw['from']);
  if (list && from.length === 0) checker.errorAtKey([...path, 'from'], 'a pipeline needs a source');
  for (const [index, name] of from.entries()) {
    const place = list ? [...path, 'from', index] : [...path, 'from'];
    if (!sources.includes(name)) {
      checker.error(place, `unknown source '${name}'`, { allowed: sources, word: name });
    } else if (from.indexOf(name) < index) {
      checker.error(place, `source '${name}' stands here twice`);
    }
  }
}

function buildStep(
  checker: Checker,
  path: OptionPath,
  raw: unknown,
  { step: steps, parser: parsers }: Registry,
): StepConfig | undefined {
  const allowed = [...steps.keys()];
  const names = isMap(raw) ? Object.keys(raw) : [];
  const [name] = names;
  if (!isMap(raw) || name === undefined || names.length > 1) {
    const problem = names.length > 1 ? `${names.length} keys` : 'none';
    checker.error(path, `a step is one key with its options, here ${problem}: '- STEP: OPTIONS'`, {
      allowed,
    });
    return undefined;
  }
  const at = [...path, name];
  const spec = steps.get(name);
  if (spec === undefined) {
    checker.errorAtKey(at, `unknown step '${name}'`, { allowed, word: name });
    return undefined;
  }
  const options: unknown = checker.check(spec.options, at, raw[name] ?? undefined);
  if (options === undefined) return undefined;
  checker.issues(at, spec.check?.(options) ?? []);
  if (name === 'parse') {
    const parse = options as ParseOptions;
    for (const [index, parser] of parse.parsers.entries()) {
      const place = placeOfParser(at, raw[name], index, parser.name);
      checker.issues(place, parsers.get(parser.name)?.check?.(parser.options) ?? []);
    }
  }
  return { step: name, options, at: checker.placeOf(at) } as StepConfig;
}

function placeOfParser(at: OptionPath, raw: unknown, index: number, name: string): OptionPath {
  const inList = Array.isArray(raw) ? [...at, index] : at;
  const item: unknown = Array.isArray(raw) ? raw[index] : raw;
  return isMap(item) ? [...inList, name] : inList;
}

/** What an output is checked against. */
interface OutputContext {
  readonly registry: Registry;
  readonly declared: Declared;
  /** Undefined: not known. */
  readonly routes: readonly RouteName[] | undefined;
}

function buildOutput(
  checker: Checker,
  path: OptionPath,
  name: string,
  raw: unknown,
  { registry, declared, routes }: OutputContext,
): OutputConfig | undefined {
  if (!isMap(raw)) {
    checker.error(path, 'expected a map (key: value) of the output’s options');
    return undefined;
  }
  const sink = sinkOf(checker, path, name, raw['sink'], declared.sinks);
  const spec = registry.sink.get(declared.sinkTypes.get(sink ?? '') ?? '');
  if (sink === undefined || spec?.output === undefined) return undefined;
  const { common, options } = splitCheck(checker, path, raw, outputCommonSchema, spec.output);
  if (routes !== undefined) checkWanted(checker, path, common?.routes ?? [], routes);
  if (common === undefined || options === undefined) return undefined;
  const settings = declared.builtSinks.find((one) => one.name === sink)?.options;
  if (settings !== undefined) checker.issues(path, spec.checkOutput?.(options, settings) ?? []);
  const { routes: wanted, required } = common;
  const output = { name, sink, required, options, at: checker.placeOf(path) };
  return wanted === undefined ? output : { ...output, routes: wanted };
}

/** Without `sink:` the output's own name is the sink's. */
function sinkOf(
  checker: Checker,
  path: OptionPath,
  name: string,
  written: unknown,
  sinks: readonly string[],
): string | undefined {
  const sink = typeof written === 'string' ? written : name;
  if (sinks.includes(sink)) return sink;
  const remark = { allowed: sinks, word: sink };
  if (written === undefined) checker.errorAtKey(path, `unknown sink '${sink}'`, remark);
  else checker.error([...path, 'sink'], `unknown sink '${sink}'`, remark);
  return undefined;
}

function present<Item>(items: readonly (Item | undefined)[]): Item[] {
  return items.filter((item) => item !== undefined);
}
