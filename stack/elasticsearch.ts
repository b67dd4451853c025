import { copyFile, mkdir, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cached } from './cache.ts';
import { onPath, run } from './command.ts';
import { freePort } from './ports.ts';
import { startProgram } from './program.ts';
import { projectFile } from './project.ts';
import type { Server } from './server.ts';
import { makeFolder, reachable, type ServerUser } from './user.ts';

/** `light`: 8.7, a small download, enough for all tests. `full8`: 8.19 with scripts and ingest, 909 MB to fetch. */
export const elasticsearchVariants = ['light', 'full8'] as const;
export type ElasticsearchVariant = (typeof elasticsearchVariants)[number];

const heap = '512m';

/** Elasticsearch from Maven Central: single node, no security, on loopback. Needs Maven and a JDK of 17 or later. */
export async function startElasticsearch(
  dataDir: string,
  user: ServerUser | undefined,
  signal: AbortSignal,
  variant: ElasticsearchVariant,
  log: (line: string) => void,
): Promise<Server> {
  const home = await elasticsearchHome(variant, log);
  if (!reachable(home, user)) {
    throw new Error(
      `${home} is closed to ${user?.name}, which Elasticsearch runs as: set SLUICE_STACK_CACHE to an open folder`,
    );
  }
  const java = await javaHome();
  const folder = await makeFolder(join(dataDir, 'elasticsearch'), user);
  const port = await freePort();
  await configure(folder, home, port, await freePort(), user);
  const url = `http://127.0.0.1:${port}`;
  return startProgram(
    {
      name: 'elasticsearch',
      url,
      command: join(java, 'bin', 'java'),
      args: launcherArguments(home, folder),
      cwd: home,
      env: launcherEnvironment(home, folder, java),
      user,
      logFile: join(dataDir, 'elasticsearch.log'),
      readyWithin: 120_000,
      ready: (limit) => healthy(url, limit),
      serverPid: onlyChild,
    },
    signal,
  );
}

async function healthy(url: string, limit: AbortSignal): Promise<void> {
  const answer = await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=5s`, {
    signal: limit,
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
}

async function elasticsearchHome(
  variant: ElasticsearchVariant,
  log: (line: string) => void,
): Promise<string> {
  const cache = await cached(`elasticsearch-${variant}`, async (partial) => {
    if ((await onPath('mvn')) === undefined) {
      throw new Error(
        'Elasticsearch comes by Maven, which is not here: install maven and a JDK, or start Docker, or set ELASTICSEARCH_URL',
      );
    }
    log(`elasticsearch: fetching the ${variant} distribution, once`);
    const goal = [
      '-q',
      '-B',
      '-ntp',
      '-f',
      projectFile('stack', 'elasticsearch', 'pom.xml'),
      `-P${variant}`,
      `-Dout=${partial}`,
      'generate-resources',
    ];
    await run('mvn', goal, { timeout: 18 * 60_000 });
    const home = join(
      partial,
      'server',
      ...(await onlyFolder(join(partial, 'server'), variant === 'full8' ? 2 : 1)),
    );
    // The server expects both, and may not make them itself in a tree that is not its own.
    await mkdir(join(home, 'plugins'), { recursive: true });
    await mkdir(join(home, 'logs'), { recursive: true });
  });
  return join(
    cache,
    'server',
    ...(await onlyFolder(join(cache, 'server'), variant === 'full8' ? 2 : 1)),
  );
}

/** The names of the only folder in a folder, and of the only one in that, `depth` levels down. */
async function onlyFolder(folder: string, depth: number): Promise<string[]> {
  if (depth === 0) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  const [found, ...others] = entries.filter((entry) => entry.isDirectory());
  if (found === undefined || others.length > 0) throw new Error(`expected one folder in ${folder}`);
  return [found.name, ...(await onlyFolder(join(folder, found.name), depth - 1))];
}

async function javaHome(): Promise<string> {
  const chosen = process.env['JAVA_HOME'];
  if (chosen !== undefined && chosen !== '') return chosen;
  const java = await onPath('java');
  if (java === undefined)
    throw new Error('Elasticsearch needs Java: install a JDK, or set ELASTICSEARCH_URL');
  return dirname(dirname(await realpath(java)));
}

async function configure(
  folder: string,
  home: string,
  port: number,
  transportPort: number,
  user: ServerUser | undefined,
): Promise<void> {
  for (const name of ['config', 'data', 'logs', 'tmp', 'snapshots'])
    await makeFolder(join(folder, name), user);
  const config = join(folder, 'config');
  await copyFile(join(home, 'config', 'log4j2.properties'), join(config, 'log4j2.properties'));
  const settings = {
    'cluster.name': 'sluice-stack',
    'node.name': 'n1',
    'path.data': join(folder, 'data'),
    'path.logs': join(folder, 'logs'),
    'path.repo': [join(folder, 'snapshots')],
    'network.host': '127.0.0.1',
    'http.port': port,
    'transport.port': transportPort,
    'discovery.type': 'single-node',
    'xpack.security.enabled': false,
    'cluster.routing.allocation.disk.threshold_enabled': false,
  };
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name}: ${JSON.stringify(value)}\n`,
  );
  await writeFile(join(config, 'elasticsearch.yml'), lines.join(''));
  const options = [
    `-Xms${heap}`,
    `-Xmx${heap}`,
    '-XX:+UseSerialGC',
    '-XX:+ExitOnOutOfMemoryError',
    `-Djava.io.tmpdir=${join(folder, 'tmp')}`,
    '-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1',
  ];
  await writeFile(join(config, 'jvm.options'), `${options.join('\n')}\n`);
}

/** What bin/elasticsearch of 8.x does, without its shell script. */
function launcherArguments(home: string, folder: string): string[] {
  return [
    ...['-Xms4m', '-Xmx64m', '-XX:+UseSerialGC'],
    ...['-Dcli.name=server', '-Dcli.script=bin/elasticsearch', '-Dcli.libs=lib/tools/server-cli'],
    ...[`-Des.path.home=${home}`, `-Des.path.conf=${join(folder, 'config')}`],
    ...['-Des.distribution.type=zip', '-Des.java.type=ES_JAVA_HOME'],
    ...['-cp', `${home}/lib/*:${home}/lib/cli-launcher/*`],
    'org.elasticsearch.launcher.CliToolLauncher',
  ];
}

function launcherEnvironment(home: string, folder: string, java: string): Record<string, string> {
  const tmp = join(folder, 'tmp');
  return {
    PATH: '/usr/bin:/bin',
    LANG: 'C.UTF-8',
    HOME: folder,
    ES_TMPDIR: tmp,
    LIBFFI_TMPDIR: tmp,
    ES_HOME: home,
    ES_PATH_CONF: join(folder, 'config'),
    JAVA: join(java, 'bin', 'java'),
    ES_JAVA_HOME: java,
    ES_DISTRIBUTION_TYPE: 'zip',
    JAVA_TYPE: 'ES_JAVA_HOME',
    CLI_JAVA_OPTS: '-Xms4m -Xmx64m -XX:+UseSerialGC',
  };
}

/** The server is the launcher's child. A child is listed under the thread that made it. */
async function onlyChild(launcher: number): Promise<number> {
  const threads = await readdir(`/proc/${launcher}/task`);
  const lists = await Promise.all(
    threads.map((thread) =>
      readFile(`/proc/${launcher}/task/${thread}/children`, 'utf8').catch(() => ''),
    ),
  );
  const child = Number(lists.join(' ').trim().split(/\s+/)[0]);
  return Number.isInteger(child) && child > 0 ? child : launcher;
}
