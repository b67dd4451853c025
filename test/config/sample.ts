import { z } from 'zod';
import { ConfigError, formatDiagnostic } from '../../src/config/diagnostic.ts';
import { type Loaded, parseConfig } from '../../src/config/load.ts';
import { registryOf } from '../../src/config/registry.ts';
import type { ComponentSpec } from '../../src/config/spec.ts';
import type { Surroundings } from '../../src/config/substitute.ts';
import { duration, listenAddress, size } from '../../src/config/units.ts';

/** Components that exist for these tests only: the loader must not depend on any real one. */

const portOptions = z.strictObject({
  listen: listenAddress().prefault('5514').describe('Address.'),
  udp: listenAddress().optional().describe('Address.'),
  mode: z.enum(['auto', 'lines']).default('auto').describe('Framing.'),
  linger: duration({ min: 1, max: 10_000 }).prefault('50ms').describe('Wait.'),
  max_event: size({ max: 2 ** 20 })
    .prefault('64KiB')
    .describe('Longest record.'),
});
const port: ComponentSpec<typeof portOptions> = {
  kind: 'source',
  name: 'port',
  summary: 'Listens.',
  options: portOptions,
  example: '',
  listens: ({ listen, udp }) => [
    { path: ['listen'], protocol: 'tcp', address: listen },
    ...(udp === undefined ? [] : [{ path: ['udp'], protocol: 'udp' as const, address: udp }]),
  ],
};

const plain: ComponentSpec = {
  kind: 'parser',
  name: 'plain',
  summary: 'Takes all.',
  options: z.strictObject({ zone: z.string().default('UTC') }),
  example: '',
  check: (options) =>
    (options as { zone: string }).zone === 'nowhere'
      ? [{ path: ['zone'], message: 'no such zone', allowed: ['UTC'] }]
      : [],
};
const pattern: ComponentSpec = {
  kind: 'parser',
  name: 'pattern',
  summary: 'Takes what matches.',
  options: z.strictObject({ like: z.string() }),
  example: '',
};

const filterOptions = z.string();
const filter: ComponentSpec<typeof filterOptions> = {
  kind: 'step',
  name: 'filter',
  summary: 'Keeps.',
  options: filterOptions,
  example: '',
  check(options) {
    const offset = options.indexOf('?');
    return offset < 0 ? [] : [{ path: [], message: "unexpected '?'", offset }];
  },
};
const routeOptions = z.record(z.string(), z.string());
const route: ComponentSpec<typeof routeOptions> = {
  kind: 'step',
  name: 'route',
  summary: 'Chooses.',
  options: routeOptions,
  example: '',
  routes: (options) => Object.keys(options).map((name) => ({ name, path: [name] })),
};

const storeOptions = z.strictObject({
  url: z.string().describe('Server.'),
  password: z.string().min(1).optional().describe('Secret.'),
  max_in_flight: z.int().min(1).max(8).default(2).describe('Requests.'),
  compress: z.boolean().default(false).describe('Gzip.'),
});
const tableOutput = z.strictObject({
  table: z.string().describe('Name.'),
  columns: z.array(z.string()).min(1).default(['id']).describe('Columns.'),
  key: z.string().optional().describe('One of the columns.'),
});
const store: ComponentSpec<typeof storeOptions, typeof tableOutput> = {
  kind: 'sink',
  name: 'store',
  summary: 'A server.',
  options: storeOptions,
  output: tableOutput,
  example: '',
  hasServer: ({ url }) => url !== '',
  targets: ({ table }) => [table],
  checkOutput: ({ key, columns }) =>
    key === undefined || columns.includes(key)
      ? []
      : [{ path: ['key'], message: `'${key}' is not among the columns`, allowed: columns }],
};
const printer: ComponentSpec = {
  kind: 'sink',
  name: 'printer',
  summary: 'Prints.',
  options: z.strictObject({}),
  output: z.discriminatedUnion('format', [
    z.strictObject({ format: z.literal('text').default('text') }),
    z.strictObject({ format: z.literal('rows'), columns: z.array(z.string()) }),
  ]),
  example: '',
};

const registry = registryOf([port, plain, pattern, filter, route, store, printer]);

const SECRETS: Readonly<Record<string, string>> = { '/run/secrets/ok': 'hunter2\n' };

export function surroundings(env: Record<string, string> = {}): Surroundings {
  return {
    env,
    readSecret(path) {
      const secret = SECRETS[path];
      if (secret !== undefined) return secret;
      throw Object.assign(new Error('x'), { code: path.includes('locked') ? 'EACCES' : 'ENOENT' });
    },
  };
}

export function load(text: string, env: Record<string, string> = {}): Loaded {
  return parseConfig('a.yaml', text, { registry, surroundings: surroundings(env) });
}

/** What `sluice validate` prints about a configuration that is not valid. */
export function failureOf(text: string, env: Record<string, string> = {}): string {
  try {
    load(text, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'valid';
}

export function warningsOf(text: string): string {
  const { warnings, source } = load(text);
  return warnings.map((warning) => formatDiagnostic(warning, source)).join('\n');
}

/** A valid configuration; tests replace single lines of it. */
export const GOOD = `sources:
  edge: { type: port, listen: 127.0.0.1:5514 }
pipelines:
  main:
    from: edge
    steps:
      - parse: plain
      - filter: 'a == 1'
    to:
      store: { table: events }
sinks:
  store: { url: "http://127.0.0.1" }
`;
