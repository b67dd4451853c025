import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { LoadStatements } from './sql.ts';

export interface SessionSettings {
  readonly url: string;
  readonly statements: LoadStatements;
  readonly timeoutMs: number;
}

/** One connection with its staging table. */
export class Session {
  readonly client: pg.Client;
  readonly #socket = new Socket();
  readonly #statements: LoadStatements;
  #connected = false;
  #staged = false;
  #broken = false;

  constructor({ url, statements, timeoutMs }: SessionSettings) {
    this.#statements = statements;
    this.client = new pg.Client({
      connectionString: url,
      application_name: 'sluice',
      statement_timeout: timeoutMs,
      idle_in_transaction_session_timeout: timeoutMs,
      connectionTimeoutMillis: timeoutMs,
      keepAlive: true,
      stream: () => this.#socket,
    });
    this.client.on('error', () => this.destroy());
    this.client.on('end', () => this.destroy());
  }

  get broken(): boolean {
    return this.#broken;
  }

  /** Does nothing when connected already. */
  async connect(): Promise<void> {
    if (this.#connected) return;
    await this.client.connect();
    this.#connected = true;
  }

  /**
   * Loads rows of COPY text in one transaction.
   * @returns rows that were not there yet
   */
  async load(views: readonly Buffer[]): Promise<number> {
    const { stage, copy, insert } = this.#statements;
    if (!this.#staged) {
      await this.client.query(stage);
      this.#staged = true;
    }
    try {
      await this.client.query('BEGIN');
      await pipeline(Readable.from(views), this.client.query(copyFrom(copy)));
      const { rowCount } = await this.client.query(insert);
      await this.client.query('COMMIT');
      return rowCount ?? 0;
    } catch (error) {
      if (!this.#broken) await this.client.query('ROLLBACK').catch(() => this.destroy());
      throw error;
    }
  }

  /** Drops the connection without a word: a server that hangs would not hear it. */
  destroy(): void {
    this.#broken = true;
    this.#socket.destroy();
  }

  /** Says good-bye; the caller sets the time limit. */
  async end(): Promise<void> {
    this.#broken = true;
    await this.client.end();
  }
}
