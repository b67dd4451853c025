import { blackhole } from './blackhole/spec.ts';
import { console } from './console/spec.ts';
import { elasticsearch } from './elasticsearch/spec.ts';
import { file } from './file/spec.ts';
import { influxdb } from './influxdb/spec.ts';
import { postgres } from './postgres/spec.ts';
import { redis } from './redis/spec.ts';

/** Every sink there is. */
export const sinkSpecs = [
  elasticsearch,
  postgres,
  influxdb,
  redis,
  file,
  console,
  blackhole,
] as const;
