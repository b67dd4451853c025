import {
  HttpError,
  InfluxDB,
  RequestTimedOutError,
  type Transport,
} from '@influxdata/influxdb-client';
import { SluiceError } from '../../errors/codes.ts';
import { late, messageOf } from '../limits.ts';
import type { TlsMaterial } from '../tls.ts';
import { authorization } from './endpoint.ts';
import type { InfluxdbOptions } from './spec.ts';
import { writeVerdict } from './verdict.ts';

type Get = (path: string) => Promise<unknown>;

interface Buckets {
  readonly buckets?: readonly { readonly name: string }[];
}

interface QueryAnswer {
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly { readonly values?: readonly (readonly unknown[])[] }[];
  }[];
}

/**
 * Asks the server whether it is there, lets us in, and has what the configuration names.
 * @throws SluiceError
 */
export async function checkServer(
  options: InfluxdbOptions,
  tls: TlsMaterial | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { transport } = new InfluxDB({
    url: options.url,
    timeout: options.timeout,
    headers: authorization(options),
    ...(tls === undefined ? {} : { transportOptions: { ...tls } }),
  });
  const get = getter(transport, signal, options.timeout);
  await get('/ping');
  if (options.bucket !== undefined && (await checkBucket(get, options, options.bucket))) return;
  const [database = '', policy] =
    options.bucket === undefined
      ? [options.database, options.retention_policy]
      : options.bucket.split('/');
  await checkDatabase(get, database, policy);
}

function getter(transport: Transport, signal: AbortSignal, limitMs: number): Get {
  return async (path) => {
    try {
      const answer: unknown = await transport.request(path, '', { method: 'GET', signal });
      return answer;
    } catch (error) {
      if (error instanceof RequestTimedOutError) throw late(limitMs);
      if (!(error instanceof HttpError)) {
        throw new SluiceError('SLUICE_SINK_UNREACHABLE', messageOf(error), { cause: error });
      }
      const verdict = writeVerdict(error.statusCode, error.body ?? '', 0, undefined);
      const [code, reason] =
        verdict.kind === 'retry' ? [verdict.code, verdict.reason] : [undefined, error.message];
      throw new SluiceError(code ?? 'SLUICE_SINK_PRODUCT', reason, { cause: error });
    }
  };
}

/** @returns false when the server is a 1.8, which has the write path of 2.x but no buckets to ask for */
async function checkBucket(get: Get, { org }: InfluxdbOptions, bucket: string): Promise<boolean> {
  const query = new URLSearchParams({ name: bucket, ...(org === undefined ? {} : { org }) });
  try {
    const { buckets = [] } = (await get(`/api/v2/buckets?${query.toString()}`)) as Buckets;
    if (buckets.length > 0) return true;
    throw target(
      `bucket ${bucket} does not exist${org === undefined ? '' : ` in organisation ${org}`}`,
    );
  } catch (error) {
    const unknown =
      error instanceof SluiceError &&
      error.cause instanceof HttpError &&
      error.cause.statusCode === 404;
    if (!unknown) throw error;
    // 2.x says "bucket not found" as JSON; 1.8 does not know the path.
    if (error.cause instanceof HttpError && error.cause.json !== undefined) throw error;
    return false;
  }
}

async function checkDatabase(
  get: Get,
  database: string,
  policy: string | undefined,
): Promise<void> {
  const databases = await names(get, 'SHOW DATABASES');
  if (!databases.includes(database)) {
    throw target(
      `database ${database} does not exist; this would do: CREATE DATABASE "${database}"`,
    );
  }
  if (policy === undefined || policy === '') return;
  const policies = await names(get, `SHOW RETENTION POLICIES ON ${JSON.stringify(database)}`);
  if (!policies.includes(policy)) {
    throw target(
      `retention policy ${policy} does not exist in database ${database}; it has ${policies.join(', ')}`,
    );
  }
}

/** First column of an InfluxQL answer. */
async function names(get: Get, statement: string): Promise<string[]> {
  const { results = [] } = (await get(
    `/query?${new URLSearchParams({ q: statement }).toString()}`,
  )) as QueryAnswer;
  const [result] = results;
  if (result?.error !== undefined) throw new SluiceError('SLUICE_SINK_ACCESS', result.error);
  return (result?.series ?? []).flatMap(({ values = [] }) => values.map(([name]) => String(name)));
}

const target = (message: string) => new SluiceError('SLUICE_SINK_TARGET', message);
