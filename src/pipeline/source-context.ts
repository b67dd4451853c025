import type { Logger } from 'pino';
import type { SourceConfig } from '../config/schema.ts';
import type { SourceContext } from '../sources/source.ts';
import type { SourceMeter } from '../telemetry/source-meter.ts';
import type { Intake } from './intake.ts';

interface Parts {
  readonly source: SourceConfig;
  /** In the configuration. */
  readonly number: number;
  readonly meter: SourceMeter;
  readonly intake: Intake;
  readonly log: Logger;
  readonly dataDir: string;
  readonly once: boolean;
}

/** What a source gets of the daemon. */
export function sourceContext(parts: Parts): SourceContext {
  const { source, number, meter, intake, log, dataDir, once } = parts;
  return {
    name: source.name,
    log: log.child({ source: source.name }),
    ack: source.ack,
    dataDir,
    open: (options) => intake.open(number, options),
    area: (bytes) => intake.buffers.area(bytes),
    metrics: meter,
    error: (code, detail, peer) => meter.error(code, detail, peer),
    once,
  };
}
