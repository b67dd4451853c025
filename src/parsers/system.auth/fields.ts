import type { Field } from '../../event/layout.ts';

/** The parser's names of the fields, and where they stand in a document. */
export const PATHS = {
  action: 'event.action',
  module: 'event.module',
  category: 'event.category',
  type: 'event.type',
  outcome: 'event.outcome',
  hostname: 'host.hostname',
  ip: 'source.ip',
  address: 'source.address',
  port: 'source.port',
  user: 'user.name',
  userId: 'user.id',
  effectiveUser: 'user.effective.name',
  group: 'group.name',
  groupId: 'group.id',
  sshEvent: 'system.auth.ssh.event',
  sshMethod: 'system.auth.ssh.method',
  sshSignature: 'system.auth.ssh.signature',
  sshDroppedIp: 'system.auth.ssh.dropped_ip',
  sudoTty: 'system.auth.sudo.tty',
  sudoPwd: 'system.auth.sudo.pwd',
  sudoUser: 'system.auth.sudo.user',
  sudoCommand: 'system.auth.sudo.command',
  sudoError: 'system.auth.sudo.error',
  home: 'system.auth.useradd.home',
  shell: 'system.auth.useradd.shell',
  relatedIp: 'related.ip',
  relatedUser: 'related.user',
  relatedHosts: 'related.hosts',
} as const;

const TYPES: Partial<Record<keyof typeof PATHS, Field['type']>> = {
  category: 'any',
  type: 'any',
  ip: 'ip',
  port: 'long',
  sshDroppedIp: 'ip',
  relatedIp: 'any',
  relatedUser: 'any',
  relatedHosts: 'any',
};

export const FIELDS: readonly Field[] = Object.entries(PATHS).map(([name, path]) => ({
  path,
  type: TYPES[name as keyof typeof PATHS] ?? 'text',
}));
