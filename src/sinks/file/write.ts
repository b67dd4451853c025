import { SluiceError } from '../../errors/codes.ts';
import { abortable, messageOf, settled } from '../limits.ts';
import { retryOf } from '../run.ts';
import type { Payload, SinkWriter, Verdict } from '../sink.ts';
import { writeNotes } from './notes.ts';
import { Rotation, type RotationSettings } from './rotation.ts';

interface Waiting {
  readonly payloads: readonly Payload[];
  readonly settle: (verdict: Verdict) => void;
}

export interface FileWriterSettings extends RotationSettings {
  /** Files beside the data that say how to load it: name and text. */
  readonly notes: ReadonlyMap<string, string>;
}

/** Appends runs to files. What all lanes bring while the disk is busy is written and synced together. */
export class FileWriter implements SinkWriter {
  readonly #settings: FileWriterSettings;
  readonly #rotation: Rotation;
  #waiting: Waiting[] = [];
  #flushing = false;
  #ready = false;

  constructor(settings: FileWriterSettings) {
    this.#settings = settings;
    this.#rotation = new Rotation(settings);
  }

  async connect(signal: AbortSignal): Promise<void> {
    try {
      await abortable(this.#prepare(), signal);
    } catch (error) {
      throw new SluiceError(codeOf(error), messageOf(error), { cause: error });
    }
  }

  async write(payloads: readonly Payload[], signal: AbortSignal): Promise<readonly Verdict[]> {
    const verdict = new Promise<Verdict>((settle) => {
      this.#waiting.push({ payloads, settle });
    });
    if (!this.#flushing) void this.#flushAll();
    try {
      const same = await abortable(verdict, signal);
      return payloads.map(() => same);
    } catch (error) {
      return payloads.map(() => retryOf({ code: codeOf(error), reason: messageOf(error) }));
    }
  }

  async close(signal: AbortSignal): Promise<void> {
    await settled(this.#rotation.finish(), signal);
  }

  async #prepare(): Promise<void> {
    await this.#rotation.prepare();
    await writeNotes(this.#settings.folder, this.#settings.notes);
    this.#ready = true;
  }

  /** Never rejects. */
  async #flushAll(): Promise<void> {
    this.#flushing = true;
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      const verdict = await this.#flush(waiting);
      for (const { settle } of waiting) settle(verdict);
    }
    this.#flushing = false;
  }

  async #flush(waiting: readonly Waiting[]): Promise<Verdict> {
    try {
      if (!this.#ready) await this.#prepare();
      await this.#rotation.append(
        waiting.flatMap(({ payloads }) => payloads.map(({ bytes }) => bytes)),
      );
      return { kind: 'delivered' };
    } catch (error) {
      return retryOf({ code: codeOf(error), reason: messageOf(error) });
    }
  }
}

function codeOf(error: unknown) {
  if (error instanceof SluiceError) return error.code;
  const full =
    error instanceof Error &&
    'code' in error &&
    ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(String(error.code));
  return full ? 'SLUICE_FILE_FULL' : 'SLUICE_FILE_WRITE';
}
