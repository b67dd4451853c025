import { Limits } from '../limits.ts';
import { fromRow } from './failure.ts';
import { Session, type SessionSettings } from './session.ts';

/** A bounded pool of sessions. One that failed for another reason than a row is not used again. */
export class Sessions {
  readonly #settings: SessionSettings;
  readonly #limits: Limits;
  readonly #idle: Session[] = [];
  #closed = false;

  constructor(settings: SessionSettings, inFlight: number) {
    this.#settings = settings;
    this.#limits = new Limits(inFlight, settings.timeoutMs);
  }

  /** Runs a task on a session of its own; at the time limit the connection is dropped. */
  async use<Result>(
    task: (session: Session) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    return this.#limits.run(async (limit) => {
      const session = this.#take();
      const drop = () => session.destroy();
      limit.addEventListener('abort', drop, { once: true });
      try {
        await session.connect();
        return await task(session);
      } catch (error) {
        if (!fromRow(error)) session.destroy();
        throw error;
      } finally {
        limit.removeEventListener('abort', drop);
        if (this.#closed) session.destroy();
        if (!session.broken) this.#idle.push(session);
      }
    }, signal);
  }

  /** Ends the idle sessions in good order; those in use end with their task or its time limit. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#idle.map((session) => session.end()));
  }

  /** Drops what is left of the sessions. */
  destroy(): void {
    for (const session of this.#idle.splice(0)) session.destroy();
  }

  #take(): Session {
    for (let session = this.#idle.pop(); session !== undefined; session = this.#idle.pop()) {
      if (!session.broken) return session;
    }
    return new Session(this.#settings);
  }
}
