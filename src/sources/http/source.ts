import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { DropArgument, Socket } from 'node:net';
import { formatListen } from '../../config/units.ts';
import type { Peer } from '../../pipeline/batch.ts';
import { Completion } from '../completion.ts';
import { listenTcp } from '../listen.ts';
import { formatPeer, peerOf } from '../peer.ts';
import type { Source, SourceContext, Stream } from '../source.ts';
import { Admission } from './admission.ts';
import { answerAccepted, answerRefused } from './answer.ts';
import { answerClientError } from './client-error.ts';
import { Refusal } from './refusal.ts';
import type { HttpOptions } from './spec.ts';

/** How often Node looks for requests that exceed their time. */
const CHECK_MS = 1000;

/** Lines by HTTP POST: a request is acknowledged when all its records have reached the level. */
export class HttpSource implements Source {
  readonly finite = false;
  readonly #options: HttpOptions;
  readonly #context: SourceContext;
  readonly #stream: Stream;
  readonly #admission: Admission;
  readonly #server: Server;
  readonly #peers = new WeakMap<Socket, Peer>();
  /** Requests under way. (AbortSignal.any on one lasting signal would leave an entry in it for each request: Node 20.) */
  readonly #requests = new Set<AbortController>();
  readonly #completion = new Completion();
  #connections = 0;
  #listening: readonly string[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: HttpOptions, context: SourceContext) {
    this.#options = options;
    this.#context = context;
    this.#stream = context.open({
      label: `http ${formatListen(options.listen)}`,
      identity: randomUUID(),
      positions: 'ordinal',
      base: 0,
    });
    this.#admission = new Admission(options, context, this.#stream);
    this.#server = this.#createServer();
  }

  get listening(): readonly string[] {
    return this.#listening;
  }

  async start(): Promise<void> {
    const bound = await listenTcp(this.#server, this.#options.listen);
    this.#listening = [`http ${formatListen(bound)}`];
    this.#server.on('error', (error) => {
      this.#context.error('SLUICE_CONNECTION_FAILED', `accepting failed: ${error.message}`);
    });
  }

  done(): Promise<void> {
    return this.#completion.promise;
  }

  stop(signal: AbortSignal): Promise<void> {
    this.#stopping ??= this.#close(signal);
    return this.#stopping;
  }

  async #close(signal: AbortSignal): Promise<void> {
    if (this.#server.listening) {
      const closed = once(this.#server, 'close', { signal });
      this.#server.close();
      await closed.catch(() => undefined);
    }
    for (const request of this.#requests) request.abort();
    this.#server.closeAllConnections();
    this.#stream.close();
    this.#completion.resolve();
  }

  #createServer(): Server {
    const { max_header, max_connections, request_timeout, idle_timeout } = this.#options;
    const server = createServer(
      {
        maxHeaderSize: max_header,
        requestTimeout: request_timeout,
        headersTimeout: request_timeout,
        keepAliveTimeout: idle_timeout,
        connectionsCheckingInterval: Math.min(CHECK_MS, request_timeout),
      },
      (request, response) => void this.#serve(request, response),
    );
    server.maxConnections = max_connections;
    server.on('connection', (socket) => {
      this.#opened(socket);
    });
    server.on('drop', (from: DropArgument | undefined) => {
      const peer = peerOf(from?.remoteAddress, from?.remotePort);
      const detail = `${formatPeer(peer)} refused: ${this.#connections} connections are open`;
      this.#context.error('SLUICE_CONNECTION_LIMIT', detail, peer);
    });
    server.on('checkContinue', (request, response) => void this.#serve(request, response));
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code !== 'ECONNRESET') {
        this.#context.error(
          'SLUICE_HTTP_PROTOCOL',
          error.message,
          this.#peers.get(socket as Socket),
        );
      }
      answerClientError(socket, error.code ?? '');
    });
    return server;
  }

  #opened(socket: Socket): void {
    this.#peers.set(socket, peerOf(socket.remoteAddress, socket.remotePort));
    const count = (change: number): void => {
      this.#connections += change;
      this.#context.metrics.connections(this.#connections);
    };
    count(1);
    // Node times a request from its first byte on; this is for who sends none.
    socket.setTimeout(this.#options.request_timeout);
    socket.once('close', () => {
      count(-1);
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.socket.setTimeout(0);
    const gone = new AbortController();
    this.#requests.add(gone);
    response.once('close', () => {
      this.#requests.delete(gone);
      gone.abort();
    });
    const peer = this.#peers.get(request.socket) ?? peerOf(undefined, undefined);
    try {
      this.#checkTarget(request);
      if (request.headers.expect !== undefined) response.writeContinue();
      const { accepted, truncated } = await this.#admission.admit(request, peer, gone.signal);
      if (!this.#server.listening) response.shouldKeepAlive = false;
      answerAccepted(response, truncated > 0 ? { accepted, truncated } : { accepted });
    } catch (error) {
      await this.#refuse(request, response, peer, error);
    }
  }

  #checkTarget({ url = '/', method }: IncomingMessage): void {
    const [path = '/'] = url.split('?');
    if (!this.#options.paths.includes(path)) {
      const detail = `no records are taken at ${JSON.stringify(path)}; POST to ${this.#options.paths.join(' or ')}`;
      throw new Refusal(404, 'SLUICE_HTTP_PATH', detail);
    }
    if (method !== 'POST') {
      const detail = `${method} brings no records; use POST`;
      throw new Refusal(405, 'SLUICE_HTTP_METHOD', detail, { headers: { allow: 'POST' } });
    }
  }

  async #refuse(
    request: IncomingMessage,
    response: ServerResponse,
    peer: Peer,
    error: unknown,
  ): Promise<void> {
    const refusal = error instanceof Refusal ? error : refusalFor(request, error);
    this.#context.error(refusal.code, `${formatPeer(peer)}: ${refusal.message}`, peer);
    if (response.destroyed || response.headersSent) return;
    await answerRefused(request, response, refusal);
  }
}

/** @param error that is no answer yet: the sender went away, or a fault of ours */
function refusalFor(request: IncomingMessage, error: unknown): Refusal {
  return request.destroyed
    ? new Refusal(400, 'SLUICE_HTTP_BODY', 'the request broke off')
    : new Refusal(500, 'SLUICE_INTERNAL', String(error));
}
