import { figures } from "../../model/words.ts";

/** How much of one piece is shown. */
export interface Level {
  /** Of a message. */
  readonly characters: number;
  /** Of a list. */
  readonly names: number;
}

/** From everything to the least that still says something. */
const LEVELS: readonly Level[] = [
  { characters: 4000, names: 500 },
  { characters: 1000, names: 100 },
  { characters: 300, names: 30 },
  { characters: 120, names: 10 },
];
const LEAST: Level = { characters: 60, names: 3 };

export interface Piece {
  /** What it is counted as when there is no room for it. */
  readonly what: string;
  /** How many of those it stands for: clients, certificates, definitions. */
  readonly size: number;
  lines(level: Level): readonly string[];
}

/** Room for `… and N more`, with the groups. Characters. */
const REMAINDER = 400;
const GROUPS_NAMED = 8;

/** So many characters have a line at least, its line feed included. */
const SHORTEST = 4;

/**
 * The lines of all pieces, in no more than `budget` characters with line feeds. Where they do not fit, first every
 * piece alike says less; only when even the least of all does not fit are pieces left out, the first of each group
 * standing before the second of any, and those left out are counted by group.
 */
export function withinLength(pieces: readonly Piece[], budget: number): string[] {
  if (pieces.length === 0) return [];
  if (pieces.length * SHORTEST <= budget) {
    for (const level of [...LEVELS, LEAST]) {
      const { lines, left } = take(pieces, level, budget);
      if (left.length === 0) return lines;
    }
  }
  const { lines, left } = take(inTurn(pieces), LEAST, budget - REMAINDER);
  const counts = [...Map.groupBy(left, ({ what }) => what)].map(([what, those]) => `${figures(sizeOf(those))} ${what}`);
  const groups = counts.slice(0, GROUPS_NAMED).join(", ");
  return [...lines, `  … and ${figures(sizeOf(left))} more: ${groups.slice(0, REMAINDER - 60)}`];
}

function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { size }) => sum + size, 0);
}

/** Pieces until one does not fit. */
function take(pieces: readonly Piece[], level: Level, budget: number): { lines: string[]; left: readonly Piece[] } {
  const lines: string[] = [];
  let size = 0;
  for (const [index, piece] of pieces.entries()) {
    const more = piece.lines(level);
    for (const line of more) size += line.length + 1;
    if (size > budget) return { lines, left: pieces.slice(index) };
    lines.push(...more);
  }
  return { lines, left: [] };
}

/** The first of every group, then the second of every group, and so on. */
function inTurn(pieces: readonly Piece[]): Piece[] {
  const groups = Map.groupBy(pieces, ({ what }) => what);
  const ranked = [...groups.values()].flatMap((group) => group.map((piece, rank) => ({ piece, rank })));
  return ranked.sort((a, b) => a.rank - b.rank).map(({ piece }) => piece);
}

/** Characters to be shared out among the parts of a page. */
export class Budget {
  #left: number;

  constructor(characters: number) {
    this.#left = characters;
  }

  get left(): number {
    return this.#left;
  }

  /** The lines of the pieces within `most` characters; what is not used stays for others. */
  spend(pieces: readonly Piece[], most: number): string[] {
    const lines = withinLength(pieces, Math.min(most, this.#left));
    for (const line of lines) this.#left -= line.length + 1;
    return lines;
  }
}
