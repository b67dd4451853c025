import { elasticsearch } from './elasticsearch/encode.ts';
import type { EncoderDefinition } from './encoder.ts';
import { formatted } from './formatted-encoder.ts';
import { influxdb } from './influxdb/encode.ts';
import { postgres } from './postgres/encode.ts';
import { redis } from './redis/encode.ts';

/** The pure half of each sink type, by the type's name. Workers import this and nothing else of the sinks. */
export const ENCODERS: ReadonlyMap<string, EncoderDefinition<unknown>> = new Map(
  Object.entries({
    elasticsearch,
    postgres,
    influxdb,
    redis,
    file: formatted,
    console: formatted,
    blackhole: formatted,
  }) as [string, EncoderDefinition<unknown>][],
);
