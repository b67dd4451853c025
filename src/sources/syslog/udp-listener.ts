import { randomUUID } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { formatListen, formatSize, type ListenAddress } from '../../config/units.ts';
import { TRUNCATED } from '../../event/row.ts';
import type { Peer } from '../../pipeline/batch.ts';
import { bindUdp } from '../listen.ts';
import { trimEnd } from '../partial-frame.ts';
import { formatPeer, peerOf } from '../peer.ts';
import type { SourceContext, Stream } from '../source.ts';
import { readKernelDrops } from './kernel-drops.ts';
import type { SyslogOptions } from './spec.ts';

const DROPS_INTERVAL_MS = 1000;
/** Senders whose Peer object is kept; beyond, all are forgotten. Appliances send from one port for a long time. */
const PEERS = 4096;

/**
 * Syslog over UDP: a datagram is a record. Senders cannot be slowed, so nothing here waits: without room a
 * datagram is dropped and counted, and what the kernel dropped before is counted too.
 */
export class UdpListener {
  readonly #options: SyslogOptions;
  readonly #context: SourceContext;
  readonly #stream: Stream;
  readonly #socket: Socket;
  readonly #peers = new Map<string, Peer>();
  readonly #lifetime = new AbortController();
  #bound: ListenAddress | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(address: ListenAddress, options: SyslogOptions, context: SourceContext) {
    this.#options = options;
    this.#context = context;
    this.#stream = context.open({
      label: `udp ${formatListen(address)}`,
      identity: randomUUID(),
      positions: 'ordinal',
      base: 0,
      reserved: true,
    });
    const type = address.host.includes(':') ? 'udp6' : 'udp4';
    this.#socket = createSocket({ type, recvBufferSize: options.receive_buffer });
  }

  /** @returns the address that it listens on. @throws SluiceError */
  async start(address: ListenAddress): Promise<ListenAddress> {
    const bound = await bindUdp(this.#socket, address);
    this.#bound = bound;
    this.#socket.on('message', (datagram, from) => {
      this.#take(datagram, from);
    });
    this.#socket.on('error', (error) => {
      this.#context.error(
        'SLUICE_CONNECTION_FAILED',
        `udp ${formatListen(bound)}: ${error.message}`,
      );
    });
    this.#compareReceiveBuffer(bound);
    this.#timer = setInterval(() => void this.#exportDrops(), DROPS_INTERVAL_MS).unref();
    return bound;
  }

  async stop(signal: AbortSignal): Promise<void> {
    clearInterval(this.#timer);
    await this.#exportDrops();
    this.#lifetime.abort();
    const closed = once(this.#socket, 'close', { signal });
    this.#socket.close();
    await closed.catch(() => undefined);
    this.#stream.close();
  }

  #take(datagram: Buffer, from: RemoteInfo): void {
    const { metrics } = this.#context;
    metrics.receivedBytes(datagram.length);
    const record = trimEnd(datagram);
    if (record.length === 0) {
      metrics.discarded('empty', 1);
      return;
    }
    const peer = this.#peerOf(from);
    const { max_event: max } = this.#options;
    const tooLong = record.length > max;
    if (
      !this.#stream.append(
        tooLong ? record.subarray(0, max) : record,
        peer,
        tooLong ? TRUNCATED : 0,
      )
    ) {
      metrics.discarded('no_room', 1);
    } else if (tooLong) {
      const detail = `${formatPeer(peer)}: datagram truncated at ${max} bytes`;
      this.#context.error('SLUICE_EVENT_TOO_LONG', detail, peer);
    }
  }

  #peerOf({ address, port }: RemoteInfo): Peer {
    const key = `${address} ${port}`;
    const known = this.#peers.get(key);
    if (known !== undefined) return known;
    if (this.#peers.size >= PEERS) this.#peers.clear();
    const peer = peerOf(address, port);
    this.#peers.set(key, peer);
    return peer;
  }

  /** Linux gives no error when it cuts the size, and tells twice the size because it counts its own overhead. */
  #compareReceiveBuffer(bound: ListenAddress): void {
    const wanted = this.#options.receive_buffer;
    const told = this.#socket.getRecvBufferSize();
    const got = process.platform === 'linux' ? told / 2 : told;
    if (got >= wanted) return;
    this.#context.log.warn(
      { wanted, got },
      `udp ${formatListen(bound)}: receive buffer is ${formatSize(got)} instead of ${formatSize(wanted)}; raise it with: sysctl -w net.core.rmem_max=${wanted}`,
    );
  }

  async #exportDrops(): Promise<void> {
    if (this.#bound === undefined) return;
    const drops = await readKernelDrops(this.#bound, this.#lifetime.signal);
    if (drops !== undefined) this.#context.metrics.udpKernelDrops(drops);
  }
}
