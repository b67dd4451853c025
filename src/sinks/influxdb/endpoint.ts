import type { InfluxdbOptions } from './spec.ts';

/** Path and query of the write request; `/api/v2/write` is known to 1.8 too. */
export function writePath({ database, retention_policy, bucket, org }: InfluxdbOptions): string {
  const query = new URLSearchParams();
  if (bucket === undefined) {
    query.set('db', database ?? '');
    if (retention_policy !== undefined) query.set('rp', retention_policy);
  } else {
    query.set('bucket', bucket);
    if (org !== undefined) query.set('org', org);
  }
  query.set('precision', 'ns');
  return `${bucket === undefined ? '/write' : '/api/v2/write'}?${query.toString()}`;
}

export function authorization({
  token,
  username,
  password = '',
}: InfluxdbOptions): Record<string, string> {
  if (token !== undefined) return { authorization: `Token ${token}` };
  if (username === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}
