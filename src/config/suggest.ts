import { closestMatch } from 'leven';

/** @returns the candidate that a misspelt word most likely meant; none when nothing is near */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  const known = new Map(candidates.map((candidate) => [candidate.toLowerCase(), candidate]));
  const wanted = word.toLowerCase();
  const maxDistance = Math.max(1, Math.floor(word.length / 3));
  const match =
    closestMatch(wanted, [...known.keys()], { maxDistance }) ??
    // `elastic` is far from `elasticsearch`, but its beginning.
    (word.length >= 3 ? [...known.keys()].find((name) => name.startsWith(wanted)) : undefined);
  const best = match === undefined ? undefined : known.get(match);
  return best === word ? undefined : best;
}
