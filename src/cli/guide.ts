import type { Config } from '../config/schema.ts';
import { formatListen, type ListenAddress } from '../config/units.ts';
import { table } from './terminal.ts';

/** How to send a first line, and where what it became can be found. */
export function guide(config: Config, admin: string | undefined): string {
  const rows: string[][] = [];
  for (const { name, type, options } of config.sources) {
    const { tcp, udp, listen } = options as Readonly<Record<string, ListenAddress | undefined>>;
    if (type === 'syslog' && tcp !== undefined) rows.push(['send', name, loggerLine(tcp, '-T')]);
    else if (type === 'syslog' && udp !== undefined)
      rows.push(['send', name, loggerLine(udp, '-d')]);
    if (type === 'http' && listen !== undefined) {
      rows.push([
        'send',
        name,
        `curl -d '{"message":"hello"}' http://${formatListen(reachable(listen))}/`,
      ]);
    }
  }
  for (const { name, files } of config.sinks) {
    if (files !== undefined)
      rows.push(['find', name, `${files}/ (its README says how to load the files)`]);
  }
  if (admin !== undefined)
    rows.push(['watch', 'admin', `http://${admin}/status, /metrics, /health, /ready`]);
  return rows.length === 0 ? '' : `\n${table(rows, '  ')}`;
}

function loggerLine(address: ListenAddress, protocol: '-T' | '-d'): string {
  const { host, port } = reachable(address);
  return `logger -n ${host} -P ${port} ${protocol} --rfc5424 hello`;
}

/** A listener on all interfaces is reached through loopback. */
function reachable({ host, port }: ListenAddress): ListenAddress {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  return { host: host === '::' ? '::1' : host, port };
}
