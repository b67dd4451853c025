import { z } from 'zod';
import { output as elasticsearch } from './elasticsearch/spec.ts';
import { output as influxdb } from './influxdb/spec.ts';
import { output as postgres } from './postgres/spec.ts';
import { output as redis } from './redis/spec.ts';

/** What an output says whose sink is no store: the format, and what that store's own output would say. */
export const formattedOutput = z.discriminatedUnion('format', [
  z.strictObject({
    format: z.literal('ndjson').default('ndjson').describe('One JSON document a line.'),
  }),
  elasticsearch.extend({ format: z.literal('elasticsearch').describe('Bulk requests.') }),
  postgres.extend({ format: z.literal('postgres').describe('COPY text.') }),
  influxdb.extend({ format: z.literal('influxdb').describe('Line protocol.') }),
  redis.extend({ format: z.literal('redis').describe('Redis protocol.') }),
]);

export type FormattedOutput = z.output<typeof formattedOutput>;
