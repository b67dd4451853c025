import { z } from 'zod';
import type { ComponentSpec, ListenUse, OptionIssue } from '../../config/spec.ts';
import { duration, formatSize, listenAddress, size } from '../../config/units.ts';
import { resolveZone } from '../../event/zone.ts';
import { recordOptions } from '../options.ts';

const KiB = 2 ** 10;
const MiB = 2 ** 20;

const options = z.strictObject({
  tcp: listenAddress().optional().describe('TCP address to listen on; absent: no TCP.'),
  udp: listenAddress().optional().describe('UDP address to listen on; absent: no UDP.'),
  framing: z
    .enum(['auto', 'lf', 'octet'])
    .default('auto')
    .describe(
      'How TCP records are told apart: `auto` decides for each frame (a digit starts an octet count, RFC 6587), `lf` and `octet` fix it.',
    ),
  timezone: z
    .string()
    .optional()
    .describe(
      "Zone of time stamps that carry none (RFC 3164): an IANA name; the syslog parser's timezone without it.",
    ),
  ...recordOptions,
  max_connections: z
    .int()
    .min(1)
    .max(100_000)
    .default(5000)
    .describe('TCP connections held at once; further ones are refused and counted.'),
  idle_timeout: duration({ max: 86_400_000 })
    .prefault('0')
    .describe('A TCP connection without a byte for so long is closed; 0 = never.'),
  max_partial: size({ min: 64 * KiB, max: 256 * MiB })
    .prefault('16MiB')
    .describe(
      'Bytes that unfinished records of all connections may hold; beyond, the longest is truncated.',
    ),
  receive_buffer: size({ min: 4 * KiB, max: 1024 * MiB })
    .prefault('4MiB')
    .describe(
      "Receive buffer of the UDP socket; the kernel's limit (net.core.rmem_max) may cut it.",
    ),
});

export type SyslogOptions = z.output<typeof options>;

export const syslogSpec = {
  kind: 'source',
  name: 'syslog',
  summary: 'Receives syslog over TCP (octet counting or lines) and UDP.',
  options,
  example: `sources:
  edge: { type: syslog, tcp: 0.0.0.0:5514, udp: 0.0.0.0:5514 }
pipelines:
  main:
    from: edge
    steps:
      - parse: syslog
    to:
      console: { format: ndjson }
sinks:
  console: {}
`,

  check({ tcp, udp, timezone, max_event, max_partial }) {
    const issues: OptionIssue[] = [];
    if (tcp === undefined && udp === undefined) {
      issues.push({ path: [], message: 'a syslog source needs tcp, udp or both' });
    }
    if (timezone !== undefined && !isTimeZone(timezone)) {
      issues.push({
        path: ['timezone'],
        message: `'${timezone}' is not a time zone; write it like UTC or Europe/Berlin`,
      });
    }
    if (max_partial < max_event) {
      issues.push({
        path: ['max_partial'],
        message: `an unfinished record may reach max_event: at least ${formatSize(max_event)} is needed`,
      });
    }
    return issues;
  },

  listens({ tcp, udp }) {
    const uses: ListenUse[] = [];
    if (tcp !== undefined) uses.push({ path: ['tcp'], protocol: 'tcp', address: tcp });
    if (udp !== undefined) uses.push({ path: ['udp'], protocol: 'udp', address: udp });
    return uses;
  },
} as const satisfies ComponentSpec<typeof options>;

function isTimeZone(name: string): boolean {
  try {
    resolveZone(name);
    return true;
  } catch {
    return false;
  }
}
