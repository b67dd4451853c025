import { onPath, run } from './command.ts';
import { freePort } from './ports.ts';
import { keepsRunning, type Server, type StoreName } from './server.ts';

/** Where each service of deploy/compose.yaml takes its port from, and the address it then has. */
const services: Record<StoreName, { portVariable: string; url: (port: number) => string }> = {
  postgres: {
    portVariable: 'POSTGRES_PORT',
    url: (port) => `postgres://sluice:sluice@127.0.0.1:${port}/sluice`,
  },
  elasticsearch: { portVariable: 'ELASTICSEARCH_PORT', url: (port) => `http://127.0.0.1:${port}` },
  influxdb: { portVariable: 'INFLUX_PORT', url: (port) => `http://127.0.0.1:${port}` },
  redis: { portVariable: 'REDIS_PORT', url: (port) => `redis://127.0.0.1:${port}` },
};

/** Whether a Docker engine with Compose answers; a client without an engine does not count. */
export async function dockerAnswers(): Promise<boolean> {
  if ((await onPath('docker')) === undefined) return false;
  try {
    await run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 5_000 });
    await run('docker', ['compose', 'version'], { timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}

/** Starts the stores from the images of the compose file and waits for their health checks. */
export async function startContainers(
  composeFile: string,
  stores: readonly StoreName[],
  signal: AbortSignal,
): Promise<Server[]> {
  const project = `sluice-stack-${process.pid}-${Date.now()}`;
  const ports = new Map<StoreName, number>();
  for (const store of stores) ports.set(store, await freePort());
  const env = Object.fromEntries(
    [...ports].map(([store, port]) => [services[store].portVariable, String(port)]),
  );
  const compose = (args: readonly string[], timeout: number, limit?: AbortSignal) =>
    run('docker', ['compose', '-p', project, '-f', composeFile, ...args], {
      timeout,
      env,
      signal: limit,
    });
  const up = (names: readonly StoreName[], limit?: AbortSignal) =>
    compose(['up', '-d', '--wait', '--wait-timeout', '180', ...names], 15 * 60_000, limit);

  try {
    await up(stores, signal);
  } catch (error) {
    await compose(['down', '-v'], 60_000);
    throw error;
  }
  return [...ports].map(([name, port]) => ({
    name,
    url: services[name].url(port),
    pid: undefined,
    async kill(what) {
      await compose(['kill', '-s', what, name], 60_000);
      if (!keepsRunning(what)) await compose(['wait', name], 60_000).catch(() => undefined);
    },
    async restart() {
      await compose(['stop', name], 60_000);
      await up([name]);
    },
    async stop() {
      await compose(['rm', '-s', '-f', '-v', name], 60_000);
    },
  }));
}
