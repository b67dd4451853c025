import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../stack/ports.ts';
import { rsyslog as findRsyslog } from '../../stack/rsyslog.ts';
import { startChild } from '../processes/child.ts';
import { waitForPort } from '../processes/port.ts';
import type { Contender, Daemon, Place } from './contender.ts';

const START_MS = 10_000;

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
export async function rsyslog(): Promise<Contender> {
  const { command, env, modules, version } = await findRsyslog();
  return {
    name: 'rsyslog',
    version,
    writesIds: false,
    indexOf: () => 'logs',
    async start({ folder, sinkPort }: Place): Promise<Daemon> {
      const port = await freePort();
      const file = join(folder, 'rsyslog.conf');
      await writeFile(file, configuration(port, sinkPort, folder));
      const args = ['-n', '-f', file, '-i', join(folder, 'rsyslog.pid'), '-M', modules];
      const child = startChild('rsyslog', command, args, { env: { ...process.env, ...env } });
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
