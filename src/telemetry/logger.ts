import { type Logger, pino } from 'pino';
import type { Config } from '../config/schema.ts';
import { PrettyStream } from './pretty-stream.ts';

/** Logs on standard error: JSON lines, or text for people when it is a terminal and nothing else was asked for. */
export function createLogger({ level, format }: Config['log'], node: string): Logger {
  const pretty = format === 'pretty' || (format === 'auto' && process.stderr.isTTY);
  const options = { level, base: { node }, timestamp: pino.stdTimeFunctions.isoTime };
  if (pretty) return pino(options, new PrettyStream(process.stderr));
  return pino(options, pino.destination({ fd: 2, sync: false, minLength: 0 }));
}
