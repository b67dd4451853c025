import { Cluster, Redis, type RedisOptions as ClientOptions } from 'ioredis';
import type { TlsMaterial } from '../tls.ts';
import type { RedisOptions } from './spec.ts';

export type Connection = Redis | Cluster;

/**
 * Connects to a server, or to the cluster that it is a member of. The client neither queues nor repeats nor reconnects:
 * a connection that fails is dropped whole, and the next attempt makes another.
 * @throws the reason that the client itself keeps to its events
 */
export async function openConnection(
  { url, timeout }: RedisOptions,
  tls: TlsMaterial | undefined,
  signal: AbortSignal,
): Promise<Connection> {
  const options: ClientOptions = {
    lazyConnect: true,
    connectionName: 'sluice',
    connectTimeout: timeout,
    commandTimeout: timeout,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    maxLoadingRetryTime: timeout,
    retryStrategy: () => null,
    ...(tls === undefined ? {} : { tls }),
  };
  const single = new Redis(url, options);
  await greet(single, signal);
  if (!/cluster_enabled:1/.test(await single.info('cluster'))) return single;
  const { host = '127.0.0.1', port = 6379, username, password, tls: transport } = single.options;
  single.disconnect();
  const cluster = new Cluster([{ host, port }], {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: () => null,
    slotsRefreshTimeout: timeout,
    redisOptions: {
      ...options,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(transport === undefined ? {} : { tls: transport }),
    },
  });
  await greet(cluster, signal);
  return cluster;
}

async function greet(client: Connection, signal: AbortSignal): Promise<void> {
  let reason: unknown;
  // Also keeps later errors from ending the process: they show in the commands that fail.
  client.on('error', (error: unknown) => {
    reason ??= error;
  });
  // A cluster whose state is "fail" ends the connection, and `connect` then never settles.
  const ended = new Promise<never>((_resolve, reject) => {
    client.once('end', () => reject(new Error('the connection ended before it was ready')));
  });
  const drop = () => client.disconnect();
  signal.addEventListener('abort', drop, { once: true });
  try {
    await Promise.race([client.connect(), ended]);
  } catch (error) {
    client.disconnect();
    throw reason ?? error;
  } finally {
    signal.removeEventListener('abort', drop);
    ended.catch(() => undefined);
  }
}
