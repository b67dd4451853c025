import type { Field } from '../event/layout.ts';
import { elasticsearch } from './elasticsearch/encode.ts';
import type { EncoderContext, EncoderDefinition, OutputEncoder } from './encoder.ts';
import type { FormattedOutput } from './formats.ts';
import { influxdb } from './influxdb/encode.ts';
import { compileNdjson } from './ndjson.ts';
import { postgres } from './postgres/encode.ts';
import { redis } from './redis/encode.ts';

/** Sinks that are no store (file, console, blackhole): the output names the format. */
export const formatted: EncoderDefinition<FormattedOutput> = {
  fields(output): readonly Field[] {
    switch (output.format) {
      case 'elasticsearch':
        return elasticsearch.fields(output);
      case 'postgres':
        return postgres.fields(output);
      case 'influxdb':
        return influxdb.fields(output);
      case 'redis':
        return redis.fields(output);
      case 'ndjson':
        return [];
    }
  },
  compile(output: FormattedOutput, context: EncoderContext): OutputEncoder {
    switch (output.format) {
      case 'elasticsearch':
        return elasticsearch.compile(output, context);
      case 'postgres':
        return postgres.compile(output, context);
      case 'influxdb':
        return influxdb.compile(output, context);
      case 'redis':
        return redis.compile(output, context);
      case 'ndjson':
        return compileNdjson(context);
    }
  },
};
