/** A command's assignments of which a later one reads what an earlier one sets. */
export interface Trap {
  readonly line: number;
  readonly text: string;
}

/** Where a command may begin: a line, or after what ends or opens another. */
const BEGINS = /(?:^|[;&|(){`]|\b(?:then|do|else|if|while|until|time)\b|!)[ \t]*(?:(?:export|readonly)[ \t]+)?/g;
const NAME = /^([A-Za-z_][A-Za-z0-9_]*)=/;

/**
 * POSIX leaves open in which order the assignments of one command are made (2.9.1): FreeBSD's sh expands all of them
 * first. So `a=1 b=$a` is two commands, or wrong somewhere. Lines that go on with a backslash count as one.
 */
export function traps(source: string): Trap[] {
  const lines = source.split("\n");
  const found: Trap[] = [];
  for (let at = 0; at < lines.length; at++) {
    const first = at;
    let text = lines[at] ?? "";
    while (text.endsWith("\\") && at + 1 < lines.length) text = `${text.slice(0, -1)} ${lines[++at] ?? ""}`;
    if (/^\s*#/.test(text)) continue;
    for (const begin of text.matchAll(BEGINS))
      if (isTrap(assignmentsAt(text, begin.index + begin[0].length))) {
        found.push({ line: first + 1, text: text.trim() });
        break;
      }
  }
  return found;
}

/** `NAME=VALUE` words, one after the other from there on. */
function assignmentsAt(text: string, start: number): { readonly name: string; readonly value: string }[] {
  const all: { name: string; value: string }[] = [];
  for (let at = start; ; ) {
    const name = NAME.exec(text.slice(at))?.[1];
    if (name === undefined) return all;
    const end = wordEnd(text, at);
    all.push({ name, value: text.slice(at + name.length + 1, end) });
    at = end;
    while (text[at] === " " || text[at] === "\t") at++;
  }
}

/** Behind a word: quotes, `${…}` and `$(…)` are of it, with whatever blanks they hold. */
function wordEnd(text: string, start: number): number {
  const open: string[] = [];
  let at = start;
  for (; at < text.length; at++) {
    const mark = text[at] ?? "";
    const inside = open.at(-1);
    if (mark === "\\" && inside !== "'") at++;
    else if (inside === "'" || (inside === '"' && mark === '"')) {
      if (mark === inside) open.pop();
    } else if (mark === "'" || mark === '"') open.push(mark);
    else if (mark === "$" && (text[at + 1] === "(" || text[at + 1] === "{")) open.push(text[++at] === "(" ? ")" : "}");
    else if (mark === inside) open.pop();
    else if (open.length === 0 && /[\s;&|()]/.test(mark)) break;
  }
  return Math.min(at, text.length);
}

function isTrap(all: readonly { readonly name: string; readonly value: string }[]): boolean {
  return all.some(({ value }, at) =>
    all.slice(0, at).some(({ name }) => new RegExp(`\\$\\{?#?${name}(?![A-Za-z0-9_])`).test(unquoted(value))),
  );
}

/** Without what stands in single quotes, which nobody expands. */
function unquoted(value: string): string {
  return value.replace(/'[^']*'/g, "");
}
