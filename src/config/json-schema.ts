import { z } from 'zod';
import type { Registry } from './registry.ts';
import {
  documentSchema,
  filesSchema,
  outputCommonSchema,
  pipelineSchema,
  sourceCommonSchema,
} from './schema.ts';
import type { ComponentSpec } from './spec.ts';

/** The part of JSON Schema (draft 2020-12) that zod writes for configurations. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $ref?: string;
  readonly $defs?: Record<string, JsonSchema>;
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly properties?: Record<string, JsonSchema>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** What the configuration file may hold there; not what the program reads from it. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-2020-12',
    unrepresentable: 'any',
    reused: 'inline',
  }) as JsonSchema;
  return json;
}

/** A component for `sluice list --json`; the schemas include the keys that its kind shares. */
export function describeComponent(spec: ComponentSpec) {
  const { kind, name, summary, example } = spec;
  return {
    kind,
    name,
    summary,
    options: componentSchema(spec),
    ...(spec.output === undefined ? {} : { output: outputSchema(spec.output) }),
    example,
  };
}

/** Options as they stand in the file, with `type` and the other shared keys. */
export function componentSchema(spec: ComponentSpec): JsonSchema {
  const own = jsonSchemaOf(spec.options);
  if (spec.kind === 'parser' || spec.kind === 'step') return own;
  const shared = spec.kind === 'source' ? sourceCommonSchema : filesSchema;
  const common = spec.kind === 'source' || spec.hasServer !== undefined ? jsonSchemaOf(shared) : {};
  const type = { const: spec.name, description: `Not needed where the name is '${spec.name}'.` };
  return withKeys(own, { type, ...common.properties }, []);
}

export function outputSchema(output: z.ZodType): JsonSchema {
  return withKeys(jsonSchemaOf(output), jsonSchemaOf(outputCommonSchema).properties ?? {}, []);
}

/** The schema of the whole file, for editors. */
export function configJsonSchema({ source, sink, step }: Registry): JsonSchema {
  const document = jsonSchemaOf(documentSchema);
  const pipeline = jsonSchemaOf(pipelineSchema);
  const definitions: Record<string, JsonSchema> = { reference: REFERENCE };
  const define = (name: string, schema: JsonSchema): JsonSchema => {
    definitions[name] = withReferences(schema);
    return { $ref: `#/$defs/${name}` };
  };
  const steps = [...step.values()].map((spec) =>
    define(`step.${spec.name}`, {
      type: 'object',
      description: spec.summary,
      properties: { [spec.name]: jsonSchemaOf(spec.options) },
      required: [spec.name],
      additionalProperties: false,
    }),
  );
  // Sinks that take any format share one output.
  const outputs = [...new Map([...sink.values()].map((spec) => [spec.output, spec.name]))].flatMap(
    ([output, name]) =>
      output === undefined ? [] : [define(`output.${name}`, outputSchema(output))],
  );
  const section = (name: 'sources' | 'sinks', specs: readonly ComponentSpec[]): JsonSchema => {
    const refs = specs.map(
      (spec) => [spec.name, define(`${spec.kind}.${spec.name}`, componentSchema(spec))] as const,
    );
    const typed = define(name, {
      required: ['type'],
      anyOf: refs.map(([, ref]) => ref),
    });
    // By name where the name tells the type, else by `type`.
    const properties = refs.map(([type, ref]) => [type, { anyOf: [ref, { type: 'null' }, typed] }]);
    return {
      ...document.properties?.[name],
      properties: Object.fromEntries(properties) as Record<string, JsonSchema>,
      additionalProperties: typed,
    };
  };
  const pipelines = {
    ...pipeline,
    properties: {
      ...pipeline.properties,
      steps: { ...pipeline.properties?.['steps'], items: { anyOf: steps } },
      to: {
        ...pipeline.properties?.['to'],
        additionalProperties: { anyOf: [...outputs, { type: 'null' }] },
      },
    },
  };
  const properties = {
    ...document.properties,
    sources: section('sources', [...source.values()]),
    pipelines: { ...document.properties?.['pipelines'], additionalProperties: pipelines },
    sinks: section('sinks', [...sink.values()]),
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'sluice configuration',
    ...withReferences({ ...document, properties }),
    $defs: definitions,
  };
}

const REFERENCE: JsonSchema = {
  type: 'string',
  pattern: '\\$\\{',
  description: 'Becomes a value when the file is loaded: ${NAME}, ${NAME:-default}, ${file:/path}.',
};

function withKeys(
  schema: JsonSchema,
  keys: Record<string, JsonSchema>,
  required: readonly string[],
): JsonSchema {
  const each = (branch: JsonSchema) => withKeys(branch, keys, required);
  if (schema.anyOf !== undefined) return { ...schema, anyOf: schema.anyOf.map(each) };
  if (schema.oneOf !== undefined) return { ...schema, oneOf: schema.oneOf.map(each) };
  const all = [...new Set([...required, ...(schema.required ?? [])])];
  return {
    ...schema,
    properties: { ...keys, ...schema.properties },
    ...(all.length > 0 ? { required: all } : {}),
  };
}

/** A number, a boolean or one of some words may also be a `${…}`. */
function withReferences(schema: JsonSchema): JsonSchema {
  const map = (record: Record<string, JsonSchema>): Record<string, JsonSchema> =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [key, withReferences(value)]));
  const { properties, additionalProperties, items, anyOf, oneOf } = schema;
  const inner: JsonSchema = {
    ...schema,
    ...(properties && { properties: map(properties) }),
    ...(typeof additionalProperties === 'object' && {
      additionalProperties: withReferences(additionalProperties),
    }),
    ...(items && { items: withReferences(items) }),
    ...(anyOf && { anyOf: anyOf.map(withReferences) }),
    ...(oneOf && { oneOf: oneOf.map(withReferences) }),
  };
  if (!refusesReference(schema)) return inner;
  const { title, description, default: fallback, ...rest } = inner;
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
    anyOf: [rest, { $ref: '#/$defs/reference' }],
  };
}

function refusesReference({ type, enum: words, pattern }: JsonSchema): boolean {
  if (words !== undefined || pattern !== undefined) return true;
  return type === 'number' || type === 'integer' || type === 'boolean';
}
