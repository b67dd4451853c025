import { z } from 'zod';
import { duration, size } from '../config/units.ts';

/** Settings that several stores share. They describe one connection; what goes over it stands in the output. */

/** An address that may be empty: `${REDIS_URL:-}` then means "no server here". */
export function serverUrl(protocols: readonly string[], example: string) {
  return z
    .string()
    .trim()
    .refine(
      (text) => text === '' || hasProtocol(text, protocols),
      `must be an address like ${example}`, // never the text itself: it may hold a password
    )
    .meta({ examples: [example] });
}

function hasProtocol(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1));
}

/** How payloads are gathered into one request. */
export const requestLimits = (bytes: string, linger: string) => ({
  request_bytes: size({ min: 64 * 1024, max: 64 * 1024 * 1024 })
    .prefault(bytes)
    .describe('Upper limit for the payloads of one request.'),
  linger: duration({ max: 10_000 })
    .prefault(linger)
    .describe('How long a request that is not full waits for more.'),
});

export const timeLimit = (limit: string) =>
  duration({ min: 100, max: 10 * 60_000 })
    .prefault(limit)
    .describe('Time limit of one request; what has no answer by then is sent again.');

export const maxInFlight = (count: number) =>
  z
    .int()
    .min(1)
    .max(64)
    .default(count)
    .describe('Requests under way at the same time, which is also the limit of connections.');

export const tls = z
  .strictObject({
    ca_file: z
      .string()
      .min(1)
      .optional()
      .describe('PEM file with the certificate authorities to trust.'),
    cert_file: z.string().min(1).optional().describe('PEM file with the client certificate.'),
    key_file: z.string().min(1).optional().describe('PEM file with its key.'),
    verify: z.boolean().default(true).describe("Check the server's certificate and name."),
  })
  .optional()
  .describe('TLS settings beyond what the address says.');

export type TlsSettings = z.output<typeof tls>;

/** A field's path: `event.dataset`. */
export const fieldPath = z
  .string()
  .regex(/^[@A-Za-z0-9_-]+(\.[@A-Za-z0-9_-]+)*$/, 'a field path looks like event.dataset')
  .meta({ examples: ['event.dataset'] });

/** Literal text with `{field}`, `{date}` and time buckets such as `{10s}`. */
export const template = z.string().min(1).max(256);
