import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runToEnd, startChild } from '../processes/child.ts';
import { freePort, waitForPort } from '../processes/port.ts';
import type { Contender, Daemon, Place } from './contender.ts';
import { unpackPackages } from './debian.ts';

const START_MS = 10_000;

interface Installation {
  command: string;
  env: NodeJS.ProcessEnv;
  /** `-M`: where modules lie when not where rsyslog was built for. */
  moduleArguments: string[];
}

/** The machine's own rsyslogd if it has one with omelasticsearch, else Debian's packages, unpacked. */
async function findInstallation(cache: string): Promise<Installation> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  const own = folders.map((folder) => join(folder, 'rsyslogd')).find((file) => existsSync(file));
  if (own !== undefined) return { command: own, env: process.env, moduleArguments: [] };
  const root = await unpackPackages(cache, ['rsyslog', 'rsyslog-elasticsearch']);
  const libraries = join(root, 'usr', 'lib');
  for (const architecture of await readdir(libraries)) {
    const folder = join(libraries, architecture);
    const modules = join(folder, 'rsyslog');
    if (!existsSync(join(modules, 'omelasticsearch.so'))) continue;
    return {
      command: join(root, 'usr', 'sbin', 'rsyslogd'),
      env: { ...process.env, LD_LIBRARY_PATH: folder },
      moduleArguments: ['-M', modules],
    };
  }
  throw new Error(`bench: no omelasticsearch module below ${libraries}`);
}

/**
 * The same fields under the same names as sluice's documents; names with dots are what Elasticsearch
 * makes of nested objects. Structured data goes as text: to open it would cost rsyslog a parser more.
 */
function configuration(port: number, sinkPort: number, folder: string): string {
  return `
module(load="imptcp" threads="2")
module(load="omelasticsearch")
global(workDirectory="${folder}" maxMessageSize="64k")
template(name="document" type="list" option.jsonf="on") {
  property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host.name" name="hostname" format="jsonf")
  property(outname="process.name" name="app-name" format="jsonf")
  property(outname="process.pid" name="procid" format="jsonf")
  property(outname="log.syslog.msgid" name="msgid" format="jsonf")
  property(outname="log.syslog.severity.code" name="syslogseverity" format="jsonf")
  property(outname="log.syslog.facility.code" name="syslogfacility" format="jsonf")
  property(outname="log.syslog.structured_data" name="structured-data" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
}
input(type="imptcp" port="${port}" address="127.0.0.1" ruleset="main")
ruleset(name="main" queue.type="LinkedList" queue.size="500000"
        queue.dequeueBatchSize="4096" queue.workerThreads="2") {
  action(type="omelasticsearch" server="127.0.0.1" serverport="${sinkPort}" template="document"
         searchIndex="logs" searchType="" bulkmode="on" maxbytes="10m" action.resumeRetryCount="-1")
}
`;
}

/** rsyslog as a well-tuned peer: two input threads, two workers, a large queue in memory. */
export async function rsyslog(cache: string): Promise<Contender> {
  const { command, env, moduleArguments } = await findInstallation(cache);
  const printed = await runToEnd(command, ['-v'], { timeoutMs: START_MS, env });
  return {
    name: 'rsyslog',
    version: /rsyslogd\s+(\S+)/.exec(printed)?.[1] ?? 'of unknown version',
    writesIds: false,
    indexOf: () => 'logs',
    async start({ folder, sinkPort }: Place): Promise<Daemon> {
      const port = await freePort();
      const file = join(folder, 'rsyslog.conf');
      await writeFile(file, configuration(port, sinkPort, folder));
      const args = ['-n', '-f', file, '-i', join(folder, 'rsyslog.pid'), ...moduleArguments];
      const child = startChild('rsyslog', command, args, { env });
      try {
        await waitForPort(port, START_MS, child.alive);
      } catch (error) {
        await child.stop();
        throw new Error(`rsyslog did not start: ${child.complaints()}`, { cause: error });
      }
      return { ...child, port };
    },
  };
}
