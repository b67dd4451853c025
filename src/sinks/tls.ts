import { readFile } from 'node:fs/promises';
import { SluiceError } from '../errors/codes.ts';
import { messageOf } from './limits.ts';
import type { TlsSettings } from './settings.ts';

export interface TlsMaterial {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly rejectUnauthorized: boolean;
}

/** Reads the files that the settings name. @throws SluiceError SLUICE_SINK_SETTINGS */
export async function readTls(settings: TlsSettings): Promise<TlsMaterial | undefined> {
  if (settings === undefined) return undefined;
  const { ca_file, cert_file, key_file, verify } = settings;
  const [ca, cert, key] = await Promise.all([ca_file, cert_file, key_file].map(readPem));
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    rejectUnauthorized: verify,
  };
}

async function readPem(path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path);
  } catch (error) {
    throw new SluiceError('SLUICE_SINK_SETTINGS', `cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
