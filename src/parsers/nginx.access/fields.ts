import type { Field } from '../../event/layout.ts';

/** The parser's names of the fields, and where they stand in a document. */
export const PATHS = {
  time: '@timestamp',
  module: 'event.module',
  category: 'event.category',
  type: 'event.type',
  outcome: 'event.outcome',
  address: 'source.address',
  ip: 'source.ip',
  user: 'user.name',
  method: 'http.request.method',
  referrer: 'http.request.referrer',
  status: 'http.response.status_code',
  bytes: 'http.response.body.bytes',
  version: 'http.version',
  url: 'url.original',
  path: 'url.path',
  query: 'url.query',
  extension: 'url.extension',
  agent: 'user_agent.original',
  remotes: 'nginx.access.remote_ip_list',
  relatedIp: 'related.ip',
  relatedUser: 'related.user',
} as const;

const TYPES: Partial<Record<keyof typeof PATHS, Field['type']>> = {
  time: 'date',
  category: 'any',
  type: 'any',
  ip: 'ip',
  status: 'long',
  bytes: 'long',
  remotes: 'any',
  relatedIp: 'any',
  relatedUser: 'any',
};

export const FIELDS: readonly Field[] = Object.entries(PATHS).map(([name, path]) => ({
  path,
  type: TYPES[name as keyof typeof PATHS] ?? 'text',
}));
