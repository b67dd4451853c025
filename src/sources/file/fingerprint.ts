import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

/** Bytes at a file's beginning that tell it from others, if it has so many. */
const LENGTH = 1024;

/**
 * Which file this is: the beginning of its content and its place in the file system. A name says nothing, since rotation
 * changes it; an inode alone is used again after a file was deleted; a beginning alone may be a common header.
 */
export interface Fingerprint {
  /** `device:inode`. */
  readonly key: string;
  /** Time of creation, ns, where the file system keeps it; else 0. */
  readonly born: string;
  /** SHA-256 over the first `length` bytes, hex. */
  readonly hash: string;
  readonly length: number;
}

/** @param most bytes of the beginning: as many as an earlier fingerprint has, to compare with it */
export async function fingerprint(handle: FileHandle, most = LENGTH): Promise<Fingerprint> {
  const { dev, ino, birthtimeNs, size } = await handle.stat({ bigint: true });
  const length = Math.min(most, Number(size));
  const hash = await hashBeginning(handle, length);
  return { key: `${dev}:${ino}`, born: String(birthtimeNs), hash, length };
}

/** Whether the file still begins as it did: otherwise it was overwritten. */
export async function beginsAs(
  handle: FileHandle,
  { hash, length }: Pick<Fingerprint, 'hash' | 'length'>,
): Promise<boolean> {
  return (await hashBeginning(handle, length)) === hash;
}

/** @param generation how often this file has been truncated and begun again */
export function identityOf({ key, born, hash, length }: Fingerprint, generation: number): string {
  return [hash, length, key, born, generation].join(' ');
}

async function hashBeginning(handle: FileHandle, length: number): Promise<string> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, 0);
  return createHash('sha256').update(bytes.subarray(0, bytesRead)).digest('hex');
}
