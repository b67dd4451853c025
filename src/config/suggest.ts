import { closestMatch } from 'leven';

/** @returns the candidate that a misspelt word most likely meant; none when nothing is near */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  const known = new Map(candidates.map((candidate) => [candidate.toLowerCase(), candidate]));
  const wanted = word.toLowerCase();
  // Two letters exchanged are a distance of two.
  const maxDistance = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
  const match =
    closestMatch(wanted, [...known.keys()], { maxDistance }) ??
    // `elastic` is far from `elasticsearch`, but its beginning.
    (word.length >= 3 ? [...known.keys()].find((name) => name.startsWith(wanted)) : undefined);
  const best = match === undefined ? undefined : known.get(match);
  return best === word ? undefined : best;
}
