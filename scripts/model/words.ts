const THOUSANDS = /\B(?=(?:\d{3})+$)/g;

/** 10000 → `10,000` */
export function figures(n: number): string {
  return String(n).replace(THOUSANDS, ",");
}

/** `1 client`, `12 clients`; `few` where the plural is not made with s. */
export function count(n: number, one: string, few = `${one}s`): string {
  return `${figures(n)} ${n === 1 ? one : few}`;
}

/** `a`, `a and b`, `a, b and c`; of more than `most` the first ones, and how many are left: `a, b and 12 more`. */
export function list(names: readonly string[], most: number): string {
  const shown = names.length > most ? [...names.slice(0, most), `${figures(names.length - most)} more`] : names;
  if (shown.length < 2) return shown.join("");
  return `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** At most so many characters, the last of them `…` where more came. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** By code unit: the same everywhere, whatever the locale. */
export function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The candidate that `word` was most likely meant to be, or null when none is near: at most a third of it is wrong. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, each for 1. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, last] = [last, current];
  }
  return last[b.length] ?? 0;
}
