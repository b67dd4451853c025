import type { Socket } from 'node:net';
import type { Peer } from '../../pipeline/batch.ts';
import type { FrameReader, ReadState } from '../frame-reader.ts';

/** What a connection tells its listener. */
export interface ConnectionOwner {
  received(bytes: number): void;
  /** The connection changed what it holds by so many bytes. */
  held(bytes: number): void;
  /** It has records that found no room: pause all, and call `resume` when there is room. */
  full(connection: TcpConnection): void;
  failed(connection: TcpConnection, error: Error): void;
  bad(connection: TcpConnection): void;
  /** It is over, and all its records are handed on. */
  finished(connection: TcpConnection): void;
}

/** A sender's TCP connection: a socket and the reader of its bytes. */
export class TcpConnection {
  readonly peer: Peer;
  readonly reader: FrameReader;
  readonly #owner: ConnectionOwner;
  #socket: Socket | undefined;
  #ending = false;
  #broken = false;
  #finished = false;

  constructor(peer: Peer, reader: FrameReader, owner: ConnectionOwner) {
    this.peer = peer;
    this.reader = reader;
    this.#owner = owner;
  }

  /** @param idleMs 0 = never */
  attach(socket: Socket, idleMs: number): void {
    this.#socket = socket;
    socket.setKeepAlive(true, 60_000);
    socket.on('error', (error) => {
      this.#broken = true;
      this.#owner.failed(this, error);
    });
    socket.on('end', () => {
      this.#end(false);
    });
    socket.on('close', () => {
      this.#end(true);
    });
    if (idleMs > 0) {
      socket.setTimeout(idleMs, () => {
        if (socket.isPaused()) socket.setTimeout(idleMs);
        else socket.destroy();
      });
    }
  }

  take(chunk: Buffer, headroom: number): void {
    if (this.#ending) return;
    this.#owner.received(chunk.length);
    this.#act(() => this.reader.push(chunk, headroom));
  }

  /** There is room again. @returns false: it is full again already */
  resume(): boolean {
    return (
      this.#act(() => (this.#ending ? this.reader.end(this.#broken) : this.reader.resume())) !==
      'full'
    );
  }

  /** Cuts the unfinished record to free its memory. @returns false when it cannot be done now */
  cut(): boolean {
    const before = this.reader.held;
    const done = this.reader.cut();
    this.#owner.held(this.reader.held - before);
    return done;
  }

  pauseReading(): void {
    if (this.#socket?.isPaused() === false) this.#socket.pause();
  }

  resumeReading(): void {
    if (this.#socket?.isPaused() === true) this.#socket.resume();
  }

  /** Tells the sender that we are leaving; what it has sent is still read. */
  farewell(): void {
    this.#socket?.end();
  }

  destroy(): void {
    this.#socket?.destroy();
  }

  #end(broken: boolean): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#broken ||= broken;
    this.#act(() => this.reader.end(this.#broken));
  }

  #act(read: () => ReadState): ReadState {
    const before = this.reader.held;
    const state = read();
    this.#owner.held(this.reader.held - before);
    if (state === 'full') {
      this.#owner.full(this);
    } else if (state === 'bad' && !this.#finished) {
      this.#ending = true;
      this.#owner.bad(this);
      this.destroy();
    }
    if (this.#ending && state !== 'full' && !this.#finished) {
      this.#finished = true;
      this.#owner.finished(this);
    }
    return state;
  }
}
