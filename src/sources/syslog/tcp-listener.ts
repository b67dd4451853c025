import { randomUUID } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { formatListen, type ListenAddress } from '../../config/units.ts';
import { FrameReader } from '../frame-reader.ts';
import { listenTcp } from '../listen.ts';
import { formatPeer, peerOf } from '../peer.ts';
import { ReceiveArea } from '../receive-area.ts';
import type { SourceContext, Stream } from '../source.ts';
import { receive } from './receive.ts';
import type { SyslogOptions } from './spec.ts';
import { type ConnectionOwner, TcpConnection } from './tcp-connection.ts';

/** Bytes read at once: larger ones save system calls, and cost cache. */
const CHUNK = 128 * 1024;
/** How long senders may go on after the farewell, for what is on the wire. */
const FAREWELL_MS = 1000;

/**
 * Syslog over TCP: any number of connections, one stream. When the stream is full every socket stops reading, so
 * the kernel's windows close and the senders wait; nothing is read that has no place to go.
 */
export class TcpListener implements ConnectionOwner {
  readonly #options: SyslogOptions;
  readonly #context: SourceContext;
  readonly #stream: Stream;
  readonly #server: Server;
  readonly #area: ReceiveArea;
  readonly #lifetime = new AbortController();
  readonly #connections = new Set<TcpConnection>();
  /** They have records that found no room. */
  readonly #waiting = new Set<TcpConnection>();
  /** They used up the room in this round; the others come first when there is room again. */
  readonly #served = new Set<TcpConnection>();
  #full = false;
  #held = 0;

  constructor(address: ListenAddress, options: SyslogOptions, context: SourceContext) {
    this.#options = options;
    this.#context = context;
    this.#area = new ReceiveArea(CHUNK, undefined, context.area);
    this.#stream = context.open({
      label: `tcp ${formatListen(address)}`,
      identity: randomUUID(),
      positions: 'ordinal',
      base: 0,
    });
    this.#server = createServer({ pauseOnConnect: true }, (socket) => {
      this.#accept(socket);
    });
  }

  /** @returns the address that it listens on. @throws SluiceError */
  async start(address: ListenAddress): Promise<ListenAddress> {
    const bound = await listenTcp(this.#server, address);
    this.#server.on('error', (error) => {
      this.#context.error('SLUICE_CONNECTION_FAILED', `accepting failed: ${error.message}`);
    });
    return bound;
  }

  async stop(signal: AbortSignal): Promise<void> {
    this.#server.close();
    for (const connection of this.#connections) connection.farewell();
    const end = AbortSignal.any([signal, AbortSignal.timeout(FAREWELL_MS)]);
    while (this.#connections.size > 0 && !end.aborted) await delay(10);
    for (const connection of this.#connections) connection.destroy();
    while (this.#connections.size > 0 && !signal.aborted) await delay(10);
    this.#lifetime.abort();
    this.#stream.close();
  }

  received(bytes: number): void {
    this.#context.metrics.receivedBytes(bytes);
  }

  held(bytes: number): void {
    this.#held += bytes;
    if (bytes > 0 && this.#held > this.#options.max_partial) this.#shed();
  }

  full(connection: TcpConnection): void {
    this.#waiting.add(connection);
    this.#served.add(connection);
    if (this.#full) return;
    this.#full = true;
    for (const each of this.#connections) each.pauseReading();
    void this.#awaitRoom();
  }

  failed(connection: TcpConnection, error: Error): void {
    const detail = `${formatPeer(connection.peer)}: ${error.message}`;
    this.#context.error('SLUICE_CONNECTION_FAILED', detail, connection.peer);
  }

  bad(connection: TcpConnection): void {
    this.#context.error(
      'SLUICE_FRAME_INVALID',
      `${formatPeer(connection.peer)}: malformed octet count at byte ${connection.reader.offset}; connection closed`,
      connection.peer,
    );
  }

  finished(connection: TcpConnection): void {
    this.#held -= connection.reader.held;
    this.#connections.delete(connection);
    this.#waiting.delete(connection);
    this.#served.delete(connection);
    this.#context.metrics.connections(this.#connections.size);
  }

  #accept(accepted: Socket): void {
    const peer = peerOf(accepted.remoteAddress, accepted.remotePort);
    if (this.#connections.size >= this.#options.max_connections) {
      this.#context.error(
        'SLUICE_CONNECTION_LIMIT',
        `${formatPeer(peer)} refused: ${this.#connections.size} connections are open`,
        peer,
      );
      accepted.destroy();
      return;
    }
    const connection = new TcpConnection(peer, this.#readerFor(peer), this);
    const socket = receive(accepted, this.#area, (chunk, headroom) => {
      connection.take(chunk, headroom);
    });
    connection.attach(socket, this.#options.idle_timeout);
    this.#connections.add(connection);
    if (this.#full) connection.pauseReading();
    this.#context.metrics.connections(this.#connections.size);
  }

  #readerFor(peer: ReturnType<typeof peerOf>): FrameReader {
    const { framing, max_event: maxRecord } = this.#options;
    return new FrameReader(this.#stream, {
      mode: framing,
      maxRecord,
      peer,
      truncated: () => {
        const detail = `${formatPeer(peer)}: record truncated at ${maxRecord} bytes`;
        this.#context.error('SLUICE_EVENT_TOO_LONG', detail, peer);
      },
      incomplete: () => {
        const detail = `${formatPeer(peer)}: connection ended within a record`;
        this.#context.error('SLUICE_FRAME_INCOMPLETE', detail, peer);
      },
    });
  }

  async #awaitRoom(): Promise<void> {
    while (this.#waiting.size > 0) {
      try {
        await this.#stream.room(this.#lifetime.signal);
      } catch {
        return; // stopped
      }
      this.#serveWaiting();
    }
    this.#full = false;
    await this.#resumeReading();
  }

  /**
   * The kernel reports a busy socket first again and again, and a chunk may use up all the room. So who had the room last
   * reads again only after the others had their chance: two turns of the event loop, one of them whole.
   */
  async #resumeReading(): Promise<void> {
    if (this.#served.size >= this.#connections.size) this.#served.clear();
    for (const connection of this.#connections) {
      if (!this.#served.has(connection)) connection.resumeReading();
    }
    if (this.#served.size === 0) return;
    await nextTurn();
    await nextTurn();
    if (this.#full) return;
    for (const connection of this.#served) connection.resumeReading();
    this.#served.clear();
  }

  #serveWaiting(): void {
    for (const connection of this.#waiting) {
      this.#waiting.delete(connection);
      if (!connection.resume()) return;
    }
  }

  /** Cuts the longest unfinished records until they fit the limit again; those of well-behaved senders are short. */
  #shed(): void {
    while (this.#held > this.#options.max_partial) {
      let longest: TcpConnection | undefined;
      let most = 0;
      for (const connection of this.#connections) {
        const { cuttable } = connection.reader;
        if (cuttable <= most) continue;
        most = cuttable;
        longest = connection;
      }
      if (longest?.cut() !== true) return;
      const { peer } = longest;
      const detail = `${formatPeer(peer)}: unfinished records exceed ${this.#options.max_partial} bytes`;
      this.#context.error('SLUICE_PARTIAL_LIMIT', detail, peer);
    }
  }
}
