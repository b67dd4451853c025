import { z } from 'zod';
import { type Checker, isMap } from './checker.ts';
import {
  filesSchema,
  type Options,
  type SinkConfig,
  type SourceConfig,
  sourceCommonSchema,
} from './schema.ts';
import type { ComponentSpec, OptionPath } from './spec.ts';

type Specs = ReadonlyMap<string, ComponentSpec>;

/** A value of `sources:` or `sinks:` with the spec that its type names. */
interface Typed {
  readonly spec: ComponentSpec;
  readonly path: OptionPath;
  /** Without `type`. */
  readonly value: Record<string, unknown>;
}

/** Builds what stands under `sources:`; what is wrong is reported, and left out. */
export function buildSources(checker: Checker, raw: unknown, specs: Specs): SourceConfig[] {
  return entriesOf(raw).flatMap(([name, value]) => {
    const typed = typedComponent(checker, ['sources', name], name, value, specs);
    if (typed === undefined) return [];
    const { spec, path } = typed;
    const { common, options } = checkSplit(checker, typed, sourceCommonSchema);
    if (common === undefined || options === undefined) return [];
    checker.issues(path, spec.check?.(options) ?? []);
    return [{ name, type: spec.name, ...common, options, at: checker.placeOf(path) }];
  });
}

/** Builds what stands under `sinks:`; what is wrong is reported, and left out. */
export function buildSinks(checker: Checker, raw: unknown, specs: Specs): SinkConfig[] {
  return entriesOf(raw).flatMap(([name, value]) => {
    const typed = typedComponent(checker, ['sinks', name], name, value, specs);
    if (typed === undefined) return [];
    const { spec, path } = typed;
    const shared = spec.hasServer === undefined ? z.strictObject({}) : filesSchema;
    const { common, options } = checkSplit(checker, typed, shared);
    if (common === undefined || options === undefined) return [];
    checker.issues(path, spec.check?.(options) ?? []);
    const base = { name, type: spec.name, options, at: checker.placeOf(path) };
    if (spec.hasServer === undefined || spec.hasServer(options)) return [base];
    if ('files' in common) return [{ ...base, files: common.files }];
    if (checker.document.failedWithin(path)) return [base];
    checker.errorAtKey(
      path,
      `sink '${name}' has neither a server nor 'files', a folder for its bulk-load files`,
    );
    return [];
  });
}

/** Entries of a map; an empty value (`console:`) means no options. */
export function entriesOf(raw: unknown): [string, unknown][] {
  return isMap(raw) ? Object.entries(raw).map(([name, value]) => [name, value ?? {}]) : [];
}

function typedComponent(
  checker: Checker,
  path: OptionPath,
  name: string,
  raw: unknown,
  specs: Specs,
): Typed | undefined {
  if (!isMap(raw)) {
    checker.error(path, "expected a map (key: value) with a 'type'");
    return undefined;
  }
  const { type, ...value } = raw;
  const allowed = [...specs.keys()];
  if (type === undefined) {
    // `elasticsearch: { … }` needs no `type: elasticsearch`.
    const spec = specs.get(name);
    if (spec !== undefined) return { spec, path, value };
    checker.errorAtKey(path, `'${name}' is no type of ${kindIn(path)}, so 'type' is needed`, {
      allowed,
      word: name,
    });
    return undefined;
  }
  const spec = typeof type === 'string' ? specs.get(type) : undefined;
  if (spec !== undefined) return { spec, path, value };
  const shown = typeof type === 'string' ? `'${type}'` : 'this';
  checker.error([...path, 'type'], `${shown} is no type of ${kindIn(path)}`, {
    allowed,
    word: typeof type === 'string' ? type : undefined,
  });
  return undefined;
}

function kindIn([section]: OptionPath): string {
  return section === 'sources' ? 'source' : 'sink';
}

/** Each part is undefined when it did not fit its schema. */
interface Split<Common> {
  readonly common: Common | undefined;
  readonly options: Options | undefined;
}

/** Checks the keys that all components of a kind share, and the component's own, each against their schema. */
function checkSplit<Common extends z.ZodObject>(
  checker: Checker,
  { spec, path, value }: Typed,
  commonSchema: Common,
): Split<z.output<Common>> {
  return splitCheck(checker, path, value, commonSchema, spec.options, ['type']);
}

/**
 * @param commonSchema keys that are taken out before the rest meets the component's schema
 * @param moreKeys further keys to name when one is unknown
 */
export function splitCheck<Common extends z.ZodObject>(
  checker: Checker,
  path: OptionPath,
  value: Record<string, unknown>,
  commonSchema: Common,
  schema: z.ZodType,
  moreKeys: readonly string[] = [],
): Split<z.output<Common>> {
  const keys = new Set(Object.keys(commonSchema.shape));
  const entries = Object.entries(value);
  const own = Object.fromEntries(entries.filter(([key]) => !keys.has(key)));
  const shared = Object.fromEntries(entries.filter(([key]) => keys.has(key)));
  return {
    common: checker.check(commonSchema, path, shared),
    options: checker.check(schema, path, own, [...moreKeys, ...keys]) as Options | undefined,
  };
}
