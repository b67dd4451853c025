import { z } from 'zod';
import type { ComponentSpec, ListenUse } from '../../config/spec.ts';
import { duration, listenAddress, size } from '../../config/units.ts';
import { recordOptions } from '../options.ts';

const KiB = 2 ** 10;
const MiB = 2 ** 20;

const options = z.strictObject({
  listen: listenAddress().prefault('0.0.0.0:8514').describe('Address to listen on.'),
  paths: z
    .array(z.string().startsWith('/'))
    .min(1)
    .default(['/', '/ingest'])
    .describe('Paths that take records by POST; any other is answered 404.'),
  validate: z
    .boolean()
    .default(false)
    .describe(
      'Refuses a request as a whole (400 with line numbers) unless every line is JSON; holds the request in memory and costs a second parse.',
    ),
  ...recordOptions,
  max_request: size({ min: KiB, max: 1024 * MiB })
    .prefault('16MiB')
    .describe('Largest body as sent; a larger one is answered 413.'),
  max_inflated: size({ min: KiB, max: 4096 * MiB })
    .prefault('64MiB')
    .describe('Largest body after decompression; a larger one is answered 413.'),
  max_ratio: z
    .number()
    .min(1)
    .default(100)
    .describe('Most bytes that one compressed byte may become, once a body exceeds 1MiB.'),
  max_connections: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe('Connections held at once; further ones are refused and counted.'),
  max_header: size({ min: KiB, max: 256 * KiB })
    .prefault('16KiB')
    .describe('Largest request header; a larger one is answered 431.'),
  request_timeout: duration({ min: 100, max: 3_600_000 })
    .prefault('30s')
    .describe('Longest time that a request may take to arrive.'),
  idle_timeout: duration({ min: 100, max: 3_600_000 })
    .prefault('60s')
    .describe('A kept connection without a request for so long is closed.'),
  room_timeout: duration({ max: 60_000 })
    .prefault('1s')
    .describe('How long a request waits for room before it is answered 429.'),
  ack_timeout: duration({ min: 10, max: 3_600_000 })
    .prefault('30s')
    .describe('How long a request waits for its acknowledgement level before it is answered 504.'),
});

export type HttpOptions = z.output<typeof options>;

export const httpSpec = {
  kind: 'source',
  name: 'http',
  summary: 'Takes NDJSON or plain lines by HTTP POST, plain, gzip or deflate.',
  options,
  example: `sources:
  web: { type: http, listen: 0.0.0.0:8514 }
pipelines:
  main:
    from: web
    steps:
      - parse: json
    to:
      console: { format: ndjson }
sinks:
  console: {}
`,

  listens({ listen }): readonly ListenUse[] {
    return [{ path: ['listen'], protocol: 'tcp', address: listen }];
  },
} as const satisfies ComponentSpec<typeof options>;
