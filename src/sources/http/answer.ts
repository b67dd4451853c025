import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Refusal } from './refusal.ts';

/** What a refused sender may still send before its connection is cut: then it reads the answer, not a reset. */
const LINGER_BYTES = 1024 * 1024;
const LINGER_MS = 1000;

export function answerAccepted(
  response: ServerResponse,
  members: Readonly<Record<string, number>>,
): void {
  const body = `${JSON.stringify(members)}\n`;
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** `{"error": code, "message": …}` with the refusal's status. */
export async function answerRefused(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
): Promise<void> {
  const { status, code, message, extras } = refusal;
  const body = `${JSON.stringify({ error: code, message, ...extras.members })}\n`;
  response.writeHead(status, {
    ...extras.headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(request.complete ? {} : { connection: 'close' }),
  });
  response.write(body);
  if (!request.complete) await drain(request);
  response.end();
}

/** Reads and forgets what is still on the wire. */
async function drain(request: IncomingMessage): Promise<void> {
  const over = new AbortController();
  let left = LINGER_BYTES;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) over.abort();
  });
  for (const event of ['end', 'close', 'error']) request.on(event, () => over.abort());
  request.resume();
  await delay(LINGER_MS, undefined, { signal: over.signal }).catch(() => undefined);
}
