import type { Field } from '../../event/layout.ts';
import { CONFLICT_COUNT_PATH } from '../../event/trie.ts';

export interface JsonOptions {
  /** Path of the text to read; without it the message, or the record where nothing took an envelope off. */
  readonly field?: string | undefined;
  /** Paths whose text or epoch number becomes a time. */
  readonly time_fields: readonly string[];
}

/** JSON itself fills whatever column the pipeline names; these must be there. */
export function fieldsOf(options: JsonOptions): readonly Field[] {
  const fields: Field[] = options.time_fields.map((path) => ({ path, type: 'date' }));
  if (options.field !== undefined) fields.push({ path: options.field, type: 'text' });
  fields.push({ path: CONFLICT_COUNT_PATH, type: 'long' });
  return fields;
}
