/** Words that differ in more letters are not meant. */
const MOST_EDITS = 3;
/** Nor are words of which so large a part differs. */
const MOST_DIFFERENT = 0.6;

/** The word that was probably meant by a misspelt one; undefined when none is like it. */
export function closestWord(misspelt: string, words: Iterable<string>): string | undefined {
  let closest: string | undefined;
  let fewest = MOST_EDITS + 1;
  for (const word of words) {
    const longest = Math.max(word.length, misspelt.length);
    if (Math.abs(word.length - misspelt.length) > MOST_EDITS) continue;
    const edits = editDistance(misspelt, word);
    if (edits < fewest && edits < MOST_DIFFERENT * longest) [closest, fewest] = [word, edits];
  }
  return closest;
}

/** How many letters are to be inserted, removed, replaced or swapped with their neighbour (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = last[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, last[j]! + 1, row[j - 1]! + 1);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwap) row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1);
    }
    [beforeLast, last] = [last, row];
  }
  return last[to.length]!;
}
