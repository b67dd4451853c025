import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Test } from 'tap';

const QUERY_WITHIN_MS = 60_000;

/** A name that no other test and no other run has. */
export const ownName = (): string => `e2e_${randomBytes(6).toString('hex')}`;

/** A database of the test's own on a server that others use too. */
export class PostgresStore {
  readonly url: string;
  readonly #pool: pg.Pool;

  private constructor(url: string) {
    this.url = url;
    this.#pool = new pg.Pool({
      connectionString: url,
      max: 2,
      query_timeout: QUERY_WITHIN_MS,
      connectionTimeoutMillis: QUERY_WITHIN_MS,
    });
    // Dropping the database ends connections that are still closing.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
    this.#pool.on('error', () => undefined);
  }

  static async create(t: Test, server: string): Promise<PostgresStore> {
    const name = ownName();
    const admin = new PostgresStore(server);
    await admin.query(`CREATE DATABASE ${name}`);
    const url = new URL(server);
    url.pathname = `/${name}`;
    const store = new PostgresStore(url.href);
    t.teardown(async () => {
      await store.#pool.end();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.#pool.end();
    });
    return store;
  }

  async query<T extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.#pool.query<T>(text, values)).rows;
  }

  /** The only row of a query, such as one that counts. */
  async one<T extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<T> {
    const [row, ...others] = await this.query<T>(text, values);
    if (row === undefined || others.length > 0) throw new Error(`not one row: ${text}`);
    return row;
  }

  async count(from: string): Promise<number> {
    return Number((await this.one<{ n: string }>(`SELECT count(*) AS n FROM ${from}`)).n);
  }
}

/** By default one of a server's numbered databases that was empty: claimed for the test, emptied again after it. */
export class RedisStore {
  readonly url: string;
  readonly #client: Redis;

  private constructor(url: string, client: Redis) {
    this.url = url;
    this.#client = client;
  }

  /** The whole of a server that is the test's own. */
  static of(t: Test, server: string): RedisStore {
    const client = new Redis(server, { commandTimeout: QUERY_WITHIN_MS });
    t.teardown(() => client.disconnect());
    return new RedisStore(server, client);
  }

  static async create(t: Test, server: string): Promise<RedisStore> {
    const claim = `${ownName()}_claim`;
    for (let number = 1; number < 16; number++) {
      const url = `${server.replace(/\/\d*$/, '')}/${number}`;
      const client = new Redis(url, { commandTimeout: QUERY_WITHIN_MS });
      await client.set(claim, process.pid);
      if ((await client.dbsize()) === 1) {
        t.teardown(async () => {
          await client.flushdb();
          client.disconnect();
        });
        return new RedisStore(url, client);
      }
      await client.del(claim);
      client.disconnect();
    }
    throw new Error(`${server} has no empty database left`);
  }

  /** Counters by key, the shard tag cut off. @param pattern of SCAN, without the tag */
  async counters(pattern: string): Promise<Map<string, number>> {
    const counters = new Map<string, number>();
    for await (const found of this.#client.scanStream({ match: `${pattern}:{s*}`, count: 1000 })) {
      const keys = found as string[];
      const values = keys.length === 0 ? [] : await this.#client.mget(keys);
      keys.forEach((key, k) => counters.set(key.replace(/:\{s\d+\}$/, ''), Number(values[k])));
    }
    return counters;
  }

  async sum(pattern: string): Promise<number> {
    return [...(await this.counters(pattern)).values()].reduce((sum, value) => sum + value, 0);
  }
}

interface InfluxAnswer {
  readonly results: readonly {
    readonly error?: string;
    readonly series?: readonly {
      readonly tags?: Readonly<Record<string, string>>;
      readonly columns: readonly string[];
      readonly values: readonly (readonly (string | number)[])[];
    }[];
  }[];
}

/** A database of the test's own in InfluxDB 1.x. */
export class InfluxStore {
  readonly url: string;
  readonly database: string;

  private constructor(url: string, database: string) {
    this.url = url;
    this.database = database;
  }

  static async create(t: Test, url: string): Promise<InfluxStore> {
    const store = new InfluxStore(url, ownName());
    await store.query(`CREATE DATABASE "${store.database}"`);
    t.teardown(() => store.query(`DROP DATABASE "${store.database}"`));
    return store;
  }

  async query(q: string): Promise<InfluxAnswer['results'][number]> {
    const answer = await fetch(`${this.url}/query`, {
      method: 'POST',
      body: new URLSearchParams({ q, db: this.database }),
      signal: AbortSignal.timeout(QUERY_WITHIN_MS),
    });
    const [result] = ((await answer.json()) as InfluxAnswer).results;
    if (result === undefined || result.error !== undefined)
      throw new Error(`${q}: ${result?.error ?? answer.status}`);
    return result;
  }

  /** Sums of the field `count` by the values of a tag; under '' for the points without it. */
  async sums(measurement: string, tag: string): Promise<Map<string, number>> {
    const { series = [] } = await this.query(
      `SELECT sum("count") FROM "${measurement}" GROUP BY "${tag}"`,
    );
    return new Map(series.map(({ tags, values }) => [tags?.[tag] ?? '', Number(values[0]?.[1])]));
  }

  async sum(measurement: string): Promise<number> {
    const { series = [] } = await this.query(`SELECT sum("count") FROM "${measurement}"`);
    return Number(series[0]?.values[0]?.[1] ?? 0);
  }
}

export interface Hit {
  readonly _id: string;
  readonly _index: string;
  readonly _source: Readonly<Record<string, unknown>>;
  readonly fields?: Readonly<Record<string, readonly unknown[]>>;
  readonly sort: readonly unknown[];
}

/** Elasticsearch, seen through one index pattern. */
export class ElasticStore {
  readonly url: string;
  readonly index: string;

  constructor(url: string, index: string) {
    this.url = url;
    this.index = index;
  }

  /** Indices of the test's own; deleted after it. */
  static create(t: Test, url: string): ElasticStore {
    const name = ownName();
    const store = new ElasticStore(url, `${name}-*`);
    t.teardown(async () => {
      const found = (await store.call('GET', `/${store.index}`)) as Record<string, unknown>;
      for (const index of Object.keys(found)) await store.call('DELETE', `/${index}`);
    });
    return store;
  }

  /** Index names start with this. */
  get prefix(): string {
    return this.index.replace(/-\*$/, '');
  }

  /** @throws Error for any answer but 2xx */
  async call(method: string, path: string, body?: object | string | Uint8Array): Promise<unknown> {
    const bulk = typeof body === 'string' || body instanceof Uint8Array;
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: { 'content-type': bulk ? 'application/x-ndjson' : 'application/json' },
      signal: AbortSignal.timeout(QUERY_WITHIN_MS),
      ...(body === undefined ? {} : { body: bulk ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** Makes what was written visible to searches. */
  async refresh(): Promise<void> {
    await this.call('POST', `/${this.index}/_refresh`);
  }

  async count(query: object = { match_all: {} }): Promise<number> {
    const answer = await this.call('POST', `/${this.index}/_count`, { query });
    return (answer as { count: number }).count;
  }

  async search(query: object, more: object = {}): Promise<Hit[]> {
    const body = { size: 10_000, query, ...more };
    const answer = await this.call('POST', `/${this.index}/_search`, body);
    return (answer as { hits: { hits: Hit[] } }).hits.hits;
  }

  /**
   * A keyword field of all documents that match; sorted. The pages come from one point in time: merging of segments moves
   * documents, and one could be on two pages.
   */
  async values(field: string, query: object): Promise<string[]> {
    const all: string[] = [];
    const opened = await this.call('POST', `/${this.index}/_pit?keep_alive=5m`);
    const pit = { id: (opened as { id: string }).id, keep_alive: '5m' };
    const page = {
      size: 10_000,
      query,
      pit,
      _source: false,
      docvalue_fields: [field],
      sort: [field],
    };
    for (let after: readonly unknown[] | undefined; ; ) {
      const more = after === undefined ? page : { ...page, search_after: after };
      const { hits } = ((await this.call('POST', '/_search', more)) as { hits: { hits: Hit[] } })
        .hits;
      for (const { fields } of hits) all.push(String(fields?.[field]?.[0]));
      after = hits.at(-1)?.sort;
      if (after === undefined) break;
    }
    await this.call('DELETE', '/_pit', { id: pit.id });
    return all;
  }
}
