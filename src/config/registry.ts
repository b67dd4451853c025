import { spec as json } from '../parsers/json/spec.ts';
import { spec as nginxAccess } from '../parsers/nginx.access/spec.ts';
import { spec as syslog } from '../parsers/syslog/spec.ts';
import { spec as systemAuth } from '../parsers/system.auth/spec.ts';
import { sinkSpecs } from '../sinks/specs.ts';
import { sourceSpecs } from '../sources/specs.ts';
import { spec as filter } from '../transforms/filter/spec.ts';
import { spec as remove } from '../transforms/remove/spec.ts';
import { spec as rename } from '../transforms/rename/spec.ts';
import { spec as route } from '../transforms/route/spec.ts';
import { spec as set } from '../transforms/set/spec.ts';
import { parseSpec } from './parse-spec.ts';
import type { ComponentKind, ComponentSpec } from './spec.ts';

type Specs = ReadonlyMap<string, ComponentSpec>;

/** Every component that a configuration may name, by kind and name. */
export interface Registry {
  readonly source: Specs;
  readonly parser: Specs;
  readonly step: Specs;
  readonly sink: Specs;
}

/** @throws Error for two components of one kind and name */
export function registryOf(specs: readonly ComponentSpec[]): Registry {
  const kinds = { source: byName(), parser: byName(), step: byName(), sink: byName() };
  const add = (spec: ComponentSpec): void => {
    const kind: Map<string, ComponentSpec> = kinds[spec.kind];
    if (kind.has(spec.name)) throw new Error(`there are two ${spec.kind}s '${spec.name}'`);
    kind.set(spec.name, spec);
  };
  for (const spec of specs) if (spec.kind === 'parser') add(spec);
  if (kinds.parser.size > 0) add(parseSpec(kinds.parser));
  for (const spec of specs) if (spec.kind !== 'parser') add(spec);
  return kinds;
}

function byName(): Map<string, ComponentSpec> {
  return new Map();
}

export const registry: Registry = registryOf([
  ...sourceSpecs,
  syslog,
  json,
  systemAuth,
  nginxAccess,
  filter,
  route,
  set,
  rename,
  remove,
  ...sinkSpecs,
]);

export const KINDS: readonly ComponentKind[] = ['source', 'parser', 'step', 'sink'];
