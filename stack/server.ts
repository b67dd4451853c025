/** The four stores, in the order in which their addresses are printed. */
export const storeNames = ['postgres', 'elasticsearch', 'influxdb', 'redis'] as const;
export type StoreName = (typeof storeNames)[number];

/** The environment variable that carries a store's address: to us from the user, and from us to sluice. */
export const urlVariables: Record<StoreName, string> = {
  postgres: 'POSTGRES_URL',
  elasticsearch: 'ELASTICSEARCH_URL',
  influxdb: 'INFLUX_URL',
  redis: 'REDIS_URL',
};

/** One running store. */
export interface Server {
  readonly name: StoreName;
  readonly url: string;
  /** Process id of the server itself; undefined when it runs in a container or belongs to somebody else. */
  readonly pid: number | undefined;
  /** Sends a signal. Resolves when the server is gone, for SIGSTOP and SIGCONT at once. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts the server again on the same port with the same data; stops it first if it still runs. */
  restart(): Promise<void>;
  /** Ends the server in good order. Does nothing when it has ended already. */
  stop(): Promise<void>;
}

/** Whether a process survives this signal: stopping and continuing are no end. */
export const keepsRunning = (signal: NodeJS.Signals): boolean =>
  signal === 'SIGSTOP' || signal === 'SIGCONT';

/** A server named by the user's environment: used as it is, never started, stopped or signalled. */
export function foreignServer(name: StoreName, url: string): Server {
  const refuse = () =>
    Promise.reject(
      new Error(`${name} at ${url} was given in the environment: it is not ours to end`),
    );
  return {
    name,
    url,
    pid: undefined,
    kill: refuse,
    restart: refuse,
    stop: () => Promise.resolve(),
  };
}
