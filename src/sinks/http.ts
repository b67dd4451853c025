import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { TlsMaterial } from './tls.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Its first 64 KiB. */
  readonly text: string;
}

export interface HttpPost {
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const answerLimit = 64 * 1024;

/** A server that takes bytes by POST, over connections that stay open. */
export class HttpTarget {
  readonly #url: URL;
  readonly #agent: Agent;
  readonly #secure: boolean;

  constructor(url: string, connections: number, tls: TlsMaterial | undefined) {
    this.#url = new URL(url);
    this.#secure = this.#url.protocol === 'https:';
    const options = { keepAlive: true, maxSockets: connections };
    this.#agent = this.#secure ? new TlsAgent({ ...options, ...tls }) : new Agent(options);
  }

  /** @throws the socket's error, or an AbortError; the signal sets the time limit */
  post({ path, headers, body }: HttpPost, signal: AbortSignal): Promise<HttpAnswer> {
    const { hostname, port, pathname } = this.#url;
    return new Promise((resolve, reject) => {
      const send = this.#secure ? tlsRequest : request;
      const outgoing = send(
        {
          method: 'POST',
          host: hostname.replace(/^\[|\]$/g, ''),
          port,
          path: pathname.replace(/\/$/, '') + path,
          headers: { ...headers, 'content-length': body.length },
          agent: this.#agent,
          signal,
        },
        (answer) => {
          readText(answer).then(
            (text) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }),
            reject,
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    if (length < answerLimit) chunks.push(chunk.subarray(0, answerLimit - length));
    length += chunk.length;
  }
  return Buffer.concat(chunks).toString('utf8');
}
