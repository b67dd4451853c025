import { Client, errors, HttpConnection, Serializer } from '@elastic/elasticsearch';
import { SluiceError } from '../../errors/codes.ts';
import { isNetworkError, messageOf } from '../limits.ts';
import type { RowRetry } from '../sink.ts';
import type { TlsMaterial } from '../tls.ts';
import type { ElasticsearchOptions } from './spec.ts';
import {
  type BulkAnswer,
  type BulkError,
  reasonOf,
  type RequestVerdict,
  requestVerdict,
} from './verdict.ts';
import { retryAfterMs } from '../retry-after.ts';

const allGood: BulkAnswer = { errors: false };

/** An answer without errors names every item all the same: 60 KB of JSON that need not be parsed. */
class BulkSerializer extends Serializer {
  override deserialize<Value = unknown>(json: string): Value {
    if (json.startsWith('{"errors":false')) return allGood as Value;
    return super.deserialize<Value>(json);
  }
}

/**
 * Retries, back-off and spreading over time are the slot's business; the client only takes the nodes in turn.
 * Measured in the whole process: about 0.1 of 1.7 CPU-s per million events goes to the client's own code, well below a fifth.
 */
export function createClient(options: ElasticsearchOptions, tls: TlsMaterial | undefined): Client {
  const { nodes, username, password = '', api_key, max_in_flight, timeout, compress } = options;
  return new Client({
    nodes: [...nodes],
    ...authentication(username, password, api_key),
    ...(tls === undefined ? {} : { tls }),
    Serializer: BulkSerializer,
    maxRetries: 0,
    sniffOnStart: false,
    sniffOnConnectionFault: false,
    requestTimeout: timeout,
    compression: compress,
    // Redaction would copy a failed request's body into its error, byte by byte: 116 MB for one of 1 MiB. What is logged is words of ours.
    redaction: { type: 'off' },
    // Node's own HTTP client: 0.1 CPU-s per million events less than the default one.
    Connection: HttpConnection,
    agent: { keepAlive: true, maxSockets: max_in_flight, maxFreeSockets: max_in_flight },
  });
}

function authentication(
  username: string | undefined,
  password: string,
  apiKey: string | undefined,
) {
  if (apiKey !== undefined) return { auth: { apiKey } };
  return username === undefined ? {} : { auth: { username, password } };
}

/** What an error of the client means for the pieces of its request. */
export function failureOf(error: unknown): RequestVerdict {
  if (error instanceof errors.ResponseError) {
    const status = error.meta.statusCode ?? 0;
    return requestVerdict(
      status,
      bodyReason(error.body, status),
      retryAfterMs(error.headers?.['retry-after']),
    );
  }
  const reason = messageOf(error);
  const retry = (code: RowRetry['code']): RowRetry => ({ kind: 'retry', code, reason });
  if (error instanceof SluiceError) return retry(error.code);
  if (error instanceof errors.ProductNotSupportedError) return retry('SLUICE_SINK_PRODUCT');
  if (error instanceof errors.TimeoutError) return retry('SLUICE_SINK_TIMEOUT');
  const unreachable =
    error instanceof errors.ConnectionError ||
    error instanceof errors.NoLivingConnectionsError ||
    isNetworkError(error);
  return retry(unreachable ? 'SLUICE_SINK_UNREACHABLE' : 'SLUICE_SINK_FAULT');
}

/** The body of a refused request: JSON with `error`, or a proxy's text. */
function bodyReason(body: unknown, status: number): string {
  if (typeof body === 'object' && body !== null && 'error' in body) {
    const { error } = body;
    if (typeof error === 'string') return error;
    return reasonOf(error as BulkError, status);
  }
  return typeof body === 'string' && body !== ''
    ? `status ${status}: ${body.slice(0, 500)}`
    : `status ${status}`;
}
