import { Found } from "./yaml-slip.ts";

/** A block: how far it stands in, and what it is made of. */
export interface Level {
  readonly indent: number;
  readonly kind: "map" | "list";
  /** Where its first member begins. */
  readonly first: number;
  /** So far. */
  members: number;
}

/** The blocks above: two that stand less far in, or as far, and the nearest that stands farther. */
type Near = readonly (Level | undefined)[];

/**
 * A line that fits no block above it. One of a single line so far, which stands as few lines of the file do, is itself
 * what is misplaced.
 */
export function misplaced(text: string, line: Level, near: Near): Found {
  const rare = (one: Level) => one.members === 1 && one.indent !== line.indent && isRare(text, one.indent, line.indent);
  const distance = (one: Level) => Math.abs(one.indent - line.indent);
  const odd = near
    .flatMap((one) => (one !== undefined && rare(one) ? [one] : []))
    .sort((a, b) => distance(a) - distance(b))[0];
  const same = near.find((one) => one?.indent === line.indent);
  if (same !== undefined && (odd === undefined || line.kind === "list" || isNamed(text, same)))
    return mixed(text, line, same);
  if (odd !== undefined) {
    const hint = `the next line stands ${spaces(line.indent)} in`;
    return new Found(odd.first, `this line stands ${spaces(odd.indent)} in, and nothing beside it does`, hint);
  }
  const above = near.slice(-2).flatMap((level) => (level === undefined ? [] : [spaces(level.indent)]));
  const hint = above.length === 0 ? "begin it at the left edge" : `lines above stand ${above.join(", or ")} in`;
  return new Found(line.first, `this line stands ${spaces(line.indent)} in, where nothing above it does`, hint);
}

/** Whether fewer lines of the file stand that far in. */
function isRare(text: string, indent: number, than: number): boolean {
  const lines = text.split("\n");
  const count = (depth: number) => lines.filter((line) => line.search(/[^ ]/) === depth).length;
  return indent > 0 && count(indent) < count(than);
}

/** A dash where there are names, or a name where there are dashes. */
function mixed(text: string, line: Level, beside: Level): Found {
  const name = "take the dash out: a name has a colon after it";
  if (line.kind === "list") return new Found(line.first, "a dash begins a list among names", name);
  if (isNamed(text, beside)) return new Found(beside.first, "a dash begins a list among names", name);
  const hint = "put a dash before it, or indent it as what it belongs to";
  return new Found(line.first, "a name stands among the dashes of a list", hint);
}

/** A list whose first dash has a name after it, which no registry has. */
function isNamed(text: string, { first }: Level): boolean {
  return /^- +[\w.-]+:(?:\s|$)/.test(text.slice(first, first + 200));
}

function spaces(count: number): string {
  return count === 1 ? "1 space" : `${count} spaces`;
}
