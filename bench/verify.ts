import { FIELDS } from './load/digest.ts';
import type { Load } from './load/load.ts';
import type { Contender } from './peers/contender.ts';
import type { Totals } from './tools/sink.ts';

/**
 * `numbers`: exactly one well-formed document for each number of the load; cheap enough for timed
 * rounds. `fields`: also every field of every document, the index and the ids.
 */
export type Verification = 'numbers' | 'fields';

/** What is wrong with the documents that reached the sink; empty when all is right. */
export function findProblems(
  contender: Pick<Contender, 'writesIds' | 'indexOf'>,
  load: Load,
  totals: Totals,
  verification: Verification,
): string[] {
  const problems: string[] = [];
  const expect = (what: string, seen: number, wanted: number): void => {
    if (seen !== wanted) problems.push(`${what}: ${seen} instead of ${wanted}`);
  };
  expect('documents', totals.documents, load.events);
  expect('different numbers', totals.distinct, load.events);
  expect('numbers seen twice', totals.duplicates, 0);
  expect('documents without a number', totals.unnumbered, 0);
  expect('malformed lines', totals.malformed, 0);
  if (verification === 'numbers') return problems;

  for (const field of FIELDS) {
    expect(`checksum of ${field}`, totals.fields[field], load.sums[field]);
  }
  const index = contender.indexOf(load.day);
  expect(`documents for index ${index}`, totals.indices[index] ?? 0, load.events);
  expect('ids', totals.ids, contender.writesIds ? load.events : 0);
  expect('ids seen twice', totals.repeatedIds, 0);
  return problems;
}
