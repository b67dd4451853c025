import { formatListen } from '../../config/units.ts';
import { Completion } from '../completion.ts';
import type { Source, SourceContext } from '../source.ts';
import type { SyslogOptions } from './spec.ts';
import { TcpListener } from './tcp-listener.ts';
import { UdpListener } from './udp-listener.ts';

/** Syslog over TCP (RFC 6587) and UDP (RFC 5426): a stream for each listener. */
export class SyslogSource implements Source {
  readonly finite = false;
  readonly #options: SyslogOptions;
  readonly #context: SourceContext;
  readonly #stopped = new Completion();
  #tcp: TcpListener | undefined;
  #udp: UdpListener | undefined;
  #listening: readonly string[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: SyslogOptions, context: SourceContext) {
    this.#options = options;
    this.#context = context;
  }

  get listening(): readonly string[] {
    return this.#listening;
  }

  async start(): Promise<void> {
    try {
      await this.#listen();
    } catch (error) {
      await this.stop(AbortSignal.timeout(1000));
      throw error;
    }
  }

  done(): Promise<void> {
    return this.#stopped.promise;
  }

  stop(signal: AbortSignal): Promise<void> {
    this.#stopping ??= this.#close(signal);
    return this.#stopping;
  }

  async #listen(): Promise<void> {
    const { tcp, udp } = this.#options;
    if (tcp !== undefined) {
      this.#tcp = new TcpListener(tcp, this.#options, this.#context);
      this.#listening = [`tcp ${formatListen(await this.#tcp.start(tcp))}`];
    }
    if (udp !== undefined) {
      this.#udp = new UdpListener(udp, this.#options, this.#context);
      this.#listening = [...this.#listening, `udp ${formatListen(await this.#udp.start(udp))}`];
    }
  }

  async #close(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#tcp?.stop(signal), this.#udp?.stop(signal)]);
    this.#stopped.resolve();
  }
}
