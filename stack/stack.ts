import { dockerAnswers, startContainers } from './docker.ts';
import { type ElasticsearchVariant, startElasticsearch } from './elasticsearch.ts';
import { startInfluxdb } from './influxdb.ts';
import { startPostgres } from './postgres.ts';
import { projectFile } from './project.ts';
import { startRedis } from './redis.ts';
import { foreignServer, type Server, type StoreName, storeNames, urlVariables } from './server.ts';
import { dataFolder, serverUser } from './user.ts';

export interface StackOptions {
  /** Which stores to start; all four by default. */
  readonly stores?: readonly StoreName[];
  /** Folder for the servers' data and logs; kept when they stop. */
  readonly dataDir: string;
  readonly signal: AbortSignal;
  /** Where addresses of servers that run already are looked up; empty to start every server afresh. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly elasticsearch?: ElasticsearchVariant;
  /** Receives one line for each thing that takes long. */
  readonly log?: (line: string) => void;
}

export interface Stack {
  /** The folder in use; another than asked for when root's servers could not reach that one. */
  readonly dataDir: string;
  readonly servers: readonly Server[];
  /** Address of a store. @throws Error for a store that was not asked for. */
  url(name: StoreName): string;
  /** @throws Error for a store that was not asked for. */
  server(name: StoreName): Server;
  /** The addresses as environment variables, for sluice and for an env file. */
  environment(): Record<string, string>;
  /** Stops every server that we started. */
  stop(): Promise<void>;
}

/**
 * Starts real stores for the current user on free loopback ports and waits until each answers.
 * A store whose address is in the environment is used as it is; the others run in containers where
 * a Docker engine answers, else from package managers. When one fails, the rest are stopped.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const environment = options.environment ?? process.env;
  const dataDir = await dataFolder(options.dataDir);
  const given: Server[] = [];
  const wanted: StoreName[] = [];
  for (const name of storeNames.filter((store) => options.stores?.includes(store) ?? true)) {
    const url = environment[urlVariables[name]];
    if (url === undefined || url === '') wanted.push(name);
    else given.push(foreignServer(name, url));
  }
  const started = wanted.length === 0 ? [] : await start(wanted, dataDir, options);
  return stackOf(dataDir, [...given, ...started]);
}

async function start(
  wanted: StoreName[],
  dataDir: string,
  options: StackOptions,
): Promise<Server[]> {
  if (await dockerAnswers())
    return startContainers(projectFile('deploy', 'compose.yaml'), wanted, options.signal);
  const user = await serverUser();
  const log = options.log ?? (() => undefined);
  const failure = new AbortController();
  const signal = AbortSignal.any([options.signal, failure.signal]);
  const starters: Record<StoreName, () => Promise<Server>> = {
    postgres: () => startPostgres(dataDir, user, signal),
    elasticsearch: () =>
      startElasticsearch(dataDir, user, signal, options.elasticsearch ?? 'light', log),
    influxdb: () => startInfluxdb(dataDir, user, signal, log),
    redis: () => startRedis(dataDir, user, signal),
  };
  const attempts = await Promise.allSettled(
    wanted.map((name) =>
      starters[name]().catch((error: unknown) => {
        failure.abort(error);
        throw error;
      }),
    ),
  );
  const servers = attempts.flatMap((attempt) =>
    attempt.status === 'fulfilled' ? [attempt.value] : [],
  );
  if (signal.aborted) {
    await Promise.allSettled(servers.map((server) => server.stop()));
    throw signal.reason;
  }
  return servers;
}

function stackOf(dataDir: string, servers: readonly Server[]): Stack {
  const server = (name: StoreName): Server => {
    const found = servers.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`${name} is not part of this stack`);
    return found;
  };
  return {
    dataDir,
    servers,
    server,
    url: (name) => server(name).url,
    environment: () =>
      Object.fromEntries(servers.map(({ name, url }) => [urlVariables[name], url])),
    async stop() {
      const ends = await Promise.allSettled(servers.map((one) => one.stop()));
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}
