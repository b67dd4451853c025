import t from 'tap';
import { parse, stringify } from 'yaml';
import {
  componentSchema,
  configJsonSchema,
  type JsonSchema,
  jsonSchemaOf,
} from '../../src/config/json-schema.ts';
import { ConfigError } from '../../src/config/diagnostic.ts';
import { parseConfig } from '../../src/config/load.ts';
import { registry, registryOf } from '../../src/config/registry.ts';
import { outputCommonSchema, sourceCommonSchema } from '../../src/config/schema.ts';
import type { ComponentSpec } from '../../src/config/spec.ts';
import { surroundings } from './sample.ts';

const specs = [registry.source, registry.parser, registry.step, registry.sink].flatMap((kind) => [
  ...kind.values(),
]);

t.test('the built-in components are there', async (t) => {
  const names = (kind: ReadonlyMap<string, unknown>) => [...kind.keys()].sort();
  t.same(names(registry.source), ['file', 'http', 'stdin', 'syslog']);
  t.same(names(registry.parser), ['json', 'nginx.access', 'syslog', 'system.auth']);
  t.same(names(registry.step), ['filter', 'parse', 'remove', 'rename', 'route', 'set']);
  t.same(names(registry.sink), [
    'blackhole',
    'console',
    'elasticsearch',
    'file',
    'influxdb',
    'postgres',
    'redis',
  ]);
  t.throws(() => registryOf([...registry.source.values(), ...registry.source.values()]), {
    message: "there are two sources 'syslog'",
  });
});

/** Objects of a schema that let unknown keys pass, and keys without a description. */
function gaps(schema: JsonSchema, path: string): string[] {
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const inside = branches.flatMap((branch, k) => gaps(branch, `${path}|${k}`));
  if (schema.items !== undefined) inside.push(...gaps(schema.items, `${path}[]`));
  if (schema.properties === undefined) return inside;
  if (schema.additionalProperties !== false) inside.push(`${path} takes unknown keys`);
  for (const [key, value] of Object.entries(schema.properties)) {
    inside.push(...gaps(value, `${path}.${key}`));
  }
  return inside;
}

function undescribed(schema: JsonSchema): string[] {
  const branches = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return branches.flatMap(({ properties = {} }) =>
    Object.entries(properties).flatMap(([key, { description }]) =>
      description === undefined ? [key] : [],
    ),
  );
}

t.test('every component is strict, described, and leaves the shared keys alone', async (t) => {
  for (const spec of specs) {
    const label = `${spec.kind} ${spec.name}`;
    t.match(spec.summary, /^[A-Z].*\.$/, `${label}: summary is a sentence`);
    const options = jsonSchemaOf(spec.options);
    const output = spec.output === undefined ? {} : jsonSchemaOf(spec.output);
    t.same([...gaps(options, ''), ...gaps(output, 'to')], [], `${label}: strict`);
    if (spec.kind === 'step') continue;
    t.same([...undescribed(options), ...undescribed(output)], [], `${label}: described`);
    const shared = [
      ...['type', 'files'],
      ...Object.keys(sourceCommonSchema.shape),
      ...Object.keys(outputCommonSchema.shape),
    ];
    const own = [options, output, ...(output.oneOf ?? []), ...(output.anyOf ?? [])];
    const keys = own.flatMap(({ properties = {} }) => Object.keys(properties));
    t.same(
      keys.filter((key) => shared.includes(key)),
      [],
      `${label}: shared keys`,
    );
    t.equal(spec.kind === 'sink', spec.output !== undefined, `${label}: output`);
    t.ok(componentSchema(spec));
  }
});

/** A whole configuration around an example. */
function around(spec: ComponentSpec): string {
  const base = {
    sources: { edge: { type: 'stdin' } },
    pipelines: { main: { from: ['edge'], to: { console: {} as unknown } } },
    sinks: { console: {} as unknown },
  };
  const example: unknown = parse(spec.example);
  if (spec.kind === 'parser' || spec.kind === 'step') {
    return stringify({
      ...base,
      pipelines: { main: { ...base.pipelines.main, steps: example } },
    });
  }
  const whole = { ...base, ...(example as object) };
  if (spec.kind === 'sink') {
    const { main } = whole.pipelines;
    whole.sources = Object.fromEntries(
      main.from.map((name) => [name, { type: 'stdin' }]),
    ) as typeof base.sources;
  }
  return stringify(whole);
}

t.test('every example is valid', async (t) => {
  for (const spec of specs) {
    let found = 'valid';
    try {
      parseConfig('example.yaml', around(spec), { surroundings: surroundings() });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      found = error.message;
    }
    t.equal(found, 'valid', `${spec.kind} ${spec.name}`);
  }
});

t.test('the JSON Schema has every component, and takes references for values', async (t) => {
  const schema = configJsonSchema(registry);
  const defined = Object.keys(schema.$defs ?? {});
  for (const { kind, name } of specs) {
    if (kind !== 'parser') t.ok(defined.includes(`${kind}.${name}`), `${kind}.${name}`);
  }
  t.match(schema.properties?.['node']?.properties?.['workers'], { default: 'auto' });
  t.match(schema.$defs?.['sink.postgres']?.properties?.['max_in_flight'], {
    anyOf: [{ type: 'integer' }, { $ref: '#/$defs/reference' }],
  });
  const refs = JSON.stringify(schema).matchAll(/"#\/\$defs\/([^"]+)"/g);
  for (const [, name] of refs) t.ok(defined.includes(name ?? ''), `${name} is defined`);
});
