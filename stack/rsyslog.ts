import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { onPath, run, type Tool } from './command.ts';
import { unpack } from './debian.ts';

/** rsyslogd, to be started with `-M modules` so that it finds imtcp and omelasticsearch. */
export interface Rsyslog extends Tool {
  /** Folder of the loadable modules. */
  readonly modules: string;
  /** As `rsyslogd -v` prints it, such as 8.2302.0. */
  readonly version: string;
}

/** rsyslogd with omelasticsearch: the installed one where it has that module, else Debian's, unpacked. */
export async function rsyslog(): Promise<Rsyslog> {
  const found = (await installed()) ?? (await unpacked());
  const said = await run(found.command, ['-v'], { timeout: 10_000, env: found.env });
  return { ...found, version: /rsyslogd\s+(\S+)/.exec(said)?.[1] ?? 'unknown' };
}

type Found = Omit<Rsyslog, 'version'>;

async function installed(): Promise<Found | undefined> {
  const command = (await onPath('rsyslogd')) ?? '/usr/sbin/rsyslogd';
  for (const modules of ['/usr/lib64/rsyslog', `/usr/lib/${triplet()}/rsyslog`]) {
    const module = await stat(join(modules, 'omelasticsearch.so')).catch(() => undefined);
    if (module !== undefined) return { command, env: {}, modules };
  }
  return undefined;
}

async function unpacked(): Promise<Found> {
  const { root, env } = await unpack(['rsyslog', 'rsyslog-elasticsearch']);
  return {
    command: join(root, 'usr/sbin/rsyslogd'),
    env,
    modules: join(root, 'usr/lib', triplet(), 'rsyslog'),
  };
}

/** Debian's name for the architecture's library folder. */
const triplet = (): string => (process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu');
