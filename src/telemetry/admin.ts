import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ListenAddress, formatListen } from '../config/units.ts';
import { SluiceError } from '../errors/codes.ts';

/** Bytes of a request's line and headers together. */
const MAX_HEADER_BYTES = 8 * 1024;
const REQUEST_LIMIT_MS = 5000;
const KEEP_ALIVE_MS = 5000;
const MAX_CONNECTIONS = 64;

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export type Route = () => Answer | Promise<Answer>;

export function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` };
}

/** The operator's port: a few read-only pages, with limits on what a request may be. */
export class AdminServer {
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, Route>;

  constructor(routes: ReadonlyMap<string, Route>) {
    this.#routes = routes;
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: REQUEST_LIMIT_MS,
        requestTimeout: REQUEST_LIMIT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: 1000,
      },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** @returns the address it listens on @throws SluiceError SLUICE_LISTEN_IN_USE */
  async listen({ host, port }: ListenAddress): Promise<string> {
    this.#server.listen(port, host);
    try {
      await once(this.#server, 'listening');
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw new SluiceError('SLUICE_LISTEN_IN_USE', `admin.listen: ${detail}`, { cause: error });
    }
    const { address, port: bound } = this.#server.address() as AddressInfo;
    return formatListen({ host: address, port: bound });
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // No page reads a body: whoever sends one is cut off at the end of the answer.
    const { status, type, body } = await this.#page(request);
    const headers: Record<string, string> = {
      'content-type': type,
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
    };
    if (request.headers['content-length'] ?? request.headers['transfer-encoding']) {
      headers['connection'] = 'close';
    }
    if (status === 405) headers['allow'] = 'GET, HEAD';
    response.writeHead(status, headers);
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  async #page(request: IncomingMessage): Promise<Answer> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const route = this.#routes.get(path);
    if (route === undefined)
      return json(404, { error: 'no such page', pages: [...this.#routes.keys()] });
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return json(405, { error: 'only GET and HEAD' });
    }
    try {
      return await route();
    } catch {
      return json(500, { error: 'the page could not be made' });
    }
  }
}
