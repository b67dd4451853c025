import type { Checker } from './checker.ts';
import { canBeEqual } from './overlap.ts';
import type { Registry } from './registry.ts';
import type { Config, OutputConfig, PipelineConfig } from './schema.ts';
import type { ListenUse, OptionPath } from './spec.ts';
import { formatListen } from './units.ts';

/** The parts that were built without an error; checks compare them with each other. */
export type Parts = Pick<Config, 'admin' | 'sources' | 'pipelines' | 'sinks'>;

export function checkPorts(
  checker: Checker,
  { admin, sources }: Pick<Config, 'admin' | 'sources'>,
  registry: Registry,
): void {
  const uses = sources.flatMap(({ name, type, options }) =>
    (registry.source.get(type)?.listens?.(options) ?? []).map((use) => ({
      ...use,
      owner: `source '${name}'`,
      path: ['sources', name, ...use.path] as OptionPath,
    })),
  );
  const adminUse = { protocol: 'tcp', address: admin.listen, owner: 'the admin port' } as const;
  const seen: (ListenUse & { owner: string })[] = [{ ...adminUse, path: ['admin', 'listen'] }];
  for (const use of uses) {
    const other = seen.find((one) => collide(one, use));
    if (other !== undefined) {
      const address = `${use.protocol} ${formatListen(use.address)}`;
      checker.error(use.path, `${address} is already taken by ${other.owner}`);
    }
    seen.push(use);
  }
}

function collide(a: ListenUse, b: ListenUse): boolean {
  if (a.protocol !== b.protocol || a.address.port !== b.address.port || a.address.port === 0) {
    return false;
  }
  const hosts = [a.address.host, b.address.host];
  return hosts[0] === hosts[1] || hosts.some((host) => host === '0.0.0.0' || host === '::');
}

/** Components that nothing refers to, and acknowledgements that wait for nothing. */
export function checkUse(
  checker: Checker,
  { sources, sinks, pipelines }: Pick<Config, 'sources' | 'sinks' | 'pipelines'>,
): void {
  for (const { name, ack } of sources) {
    const readers = pipelines.filter((pipeline) => pipeline.from.includes(name));
    if (readers.length === 0) {
      checker.warn(['sources', name], `no pipeline reads source '${name}'`);
    } else if (ack === 'delivered' && !readers.some((one) => one.to.some((to) => to.required))) {
      checker.warn(
        ['sources', name, 'ack'],
        `source '${name}' has no required output: 'delivered' means no more than 'received'`,
      );
    }
  }
  const used = new Set(pipelines.flatMap((pipeline) => pipeline.to.map((output) => output.sink)));
  for (const { name } of sinks) {
    if (!used.has(name)) checker.warn(['sinks', name], `no pipeline writes to sink '${name}'`);
  }
}

interface Writer {
  readonly pipeline: PipelineConfig;
  readonly output: OutputConfig;
  readonly targets: readonly string[];
}

/**
 * Two outputs that may write one event to one name of one sink: they share the event's id, so the store would keep
 * one of the two, or count the event twice.
 */
export function checkTargets(
  checker: Checker,
  { sinks, pipelines }: Pick<Config, 'sinks' | 'pipelines'>,
  registry: Registry,
): void {
  const bySink = new Map(sinks.map((sink) => [sink.name, sink]));
  const writers: Writer[] = [];
  for (const pipeline of pipelines) {
    for (const output of pipeline.to) {
      const sink = bySink.get(output.sink);
      if (sink === undefined) continue;
      const spec = registry.sink.get(sink.type);
      const targets = spec?.targets?.(output.options, sink.options) ?? [];
      const writer = { pipeline, output, targets };
      const other = writers.find((one) => mayCollide(one, writer));
      if (other !== undefined) report(checker, other, writer);
      writers.push(writer);
    }
  }
}

function mayCollide(a: Writer, b: Writer): boolean {
  if (a.output.sink !== b.output.sink || !shareEvents(a, b)) return false;
  return a.targets.some((target) => b.targets.some((other) => canBeEqual(target, other)));
}

function shareEvents(a: Writer, b: Writer): boolean {
  if (a.pipeline !== b.pipeline) {
    return a.pipeline.from.some((source) => b.pipeline.from.includes(source));
  }
  // An event takes one route, so outputs of different routes never meet.
  const [mine, theirs] = [a.output.routes, b.output.routes];
  return mine === undefined || theirs === undefined || mine.some((one) => theirs.includes(one));
}

function report(checker: Checker, first: Writer, second: Writer): void {
  const path = ['pipelines', second.pipeline.name, 'to', second.output.name];
  const name = `pipelines.${first.pipeline.name}.to.${first.output.name}`;
  checker.errorAtKey(
    path,
    `may write an event that '${name}' also writes, to the same place in sink '${second.output.sink}'`,
  );
}
