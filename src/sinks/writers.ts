import { SluiceError } from '../errors/codes.ts';
import type { BlackholeOptions } from './blackhole/spec.ts';
import type { WriterContext } from './context.ts';
import type { ElasticsearchOptions, ElasticsearchOutput } from './elasticsearch/spec.ts';
import type { FileOptions } from './file/spec.ts';
import type { FormattedOutput } from './formats.ts';
import type { InfluxdbOptions, InfluxdbOutput } from './influxdb/spec.ts';
import type { PostgresOptions, PostgresOutput } from './postgres/spec.ts';
import type { RedisOptions, RedisOutput } from './redis/spec.ts';
import type { SinkWriter } from './sink.ts';

/** `files:` of a store's sink: where bulk-load files go while no server is configured. */
interface StoreFiles {
  readonly files?: string | undefined;
}

type Create<Options, Output> = (
  options: Options & StoreFiles,
  output: Output,
  context: WriterContext,
) => Promise<SinkWriter>;

/** Files of the embedded default become complete soon: somebody is waiting to see them. */
const embedded = { rotate_bytes: 16 * 1024 * 1024, rotate_after: 10_000 };

// Clients are imported only where they are used: together they would take 60 MB and half a second.

const elasticsearch: Create<ElasticsearchOptions, ElasticsearchOutput> = async (
  options,
  output,
  context,
) => {
  if (options.nodes.length === 0)
    return toFiles(options, { ...output, format: 'elasticsearch' }, context);
  const { ElasticsearchWriter } = await import('./elasticsearch/write.ts');
  return new ElasticsearchWriter(options);
};

const postgres: Create<PostgresOptions, PostgresOutput> = async (options, output, context) => {
  if (options.url === '') return toFiles(options, { ...output, format: 'postgres' }, context);
  const { PostgresWriter } = await import('./postgres/write.ts');
  return new PostgresWriter(options, output, context);
};

const influxdb: Create<InfluxdbOptions, InfluxdbOutput> = async (options, output, context) => {
  if (options.url === '') return toFiles(options, { ...output, format: 'influxdb' }, context);
  const { InfluxdbWriter } = await import('./influxdb/write.ts');
  const writer = new InfluxdbWriter(options);
  return output.fields === undefined ? aggregating(writer, context) : writer;
};

const redis: Create<RedisOptions, RedisOutput> = async (options, output, context) => {
  if (options.url === '') {
    return toFiles(options, { ...output, format: 'redis' }, context, options.key_prefix);
  }
  const { RedisWriter } = await import('./redis/write.ts');
  return new RedisWriter(options, output, context);
};

const file: Create<FileOptions, FormattedOutput> = (options, output, context) =>
  fileWriter(options, output, context);

const consoleSink: Create<object, FormattedOutput> = async (_options, output, context) => {
  const { ConsoleWriter } = await import('./console/write.ts');
  return printable(new ConsoleWriter(), output, context);
};

const blackhole: Create<BlackholeOptions, FormattedOutput> = async (options) => {
  const { BlackholeWriter } = await import('./blackhole/write.ts');
  return new BlackholeWriter(options);
};

/** What counts comes as deltas; in a file or on a screen they have to say what they mean. */
export async function printable(
  writer: SinkWriter,
  output: FormattedOutput,
  context: WriterContext,
  prefix = '',
): Promise<SinkWriter> {
  if (output.format === 'influxdb' && output.fields === undefined)
    return aggregating(writer, context);
  if (output.format !== 'redis') return writer;
  const { CommandWriter } = await import('./redis/resp.ts');
  return new CommandWriter(writer, prefix, output.expire);
}

async function aggregating(writer: SinkWriter, context: WriterContext): Promise<SinkWriter> {
  const { AggregatingWriter } = await import('./influxdb/aggregate.ts');
  return new AggregatingWriter(writer, context);
}

type Files = Pick<FileOptions, 'path' | 'rotate_bytes' | 'rotate_after'>;

async function fileWriter(
  { path, rotate_bytes, rotate_after }: Files,
  output: FormattedOutput,
  context: WriterContext,
  prefix = '',
): Promise<SinkWriter> {
  const [{ FileWriter }, { fileFormats }, { loadNotes }] = await Promise.all([
    import('./file/write.ts'),
    import('./file/format.ts'),
    import('./file/notes.ts'),
  ]);
  const place = [
    context.pipeline,
    context.output,
    ...(output.format === 'postgres' ? [output.table] : []),
  ];
  const name = place.join('-').replace(/[^\w.-]/g, '_');
  const writer = new FileWriter({
    folder: path,
    name,
    format: fileFormats[output.format],
    rotateBytes: rotate_bytes,
    rotateAfterMs: rotate_after,
    notes: loadNotes(output, name),
    log: context.log,
  });
  return printable(writer, output, context, prefix);
}

async function toFiles(
  { files }: StoreFiles,
  output: FormattedOutput,
  context: WriterContext,
  prefix = '',
): Promise<SinkWriter> {
  if (files === undefined)
    throw new SluiceError('SLUICE_SINK_SETTINGS', 'neither a server nor files: is configured');
  return fileWriter({ path: files, ...embedded }, output, context, prefix);
}

const writers = { elasticsearch, postgres, influxdb, redis, file, console: consoleSink, blackhole };

/**
 * The I/O half of an output, ready to connect.
 * @param type of the sink, as its spec names it
 * @param options of the sink (`sinks:`), @param output what the pipeline says (`to:`); both have passed their schemas
 * @throws SluiceError
 */
export async function createWriter(
  type: string,
  options: unknown,
  output: unknown,
  context: WriterContext,
): Promise<SinkWriter> {
  if (!isSinkType(type)) throw new SluiceError('SLUICE_INTERNAL', `no sink of type ${type}`);
  const create = writers[type] as Create<unknown, unknown>;
  return create(options as StoreFiles, output, context);
}

const isSinkType = (type: string): type is keyof typeof writers => Object.hasOwn(writers, type);
