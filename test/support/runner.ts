/** Blanks that C#'s TrimStart takes away, which is what GitHub's runner begins with. */
const BLANKS = /^[\s\u0085]+/;

/** Lines of a job's log that some forge's runner would obey, or take for a mark of its own. */
export function obeyed(log: string): string[] {
  const marks = [...log.matchAll(/section_(?:start|end):\d+:[^\r\n]*\r\u001b\[0K/g)].map(([mark]) => mark);
  const lines = log.split(/\r\n|[\r\n\u2028\u2029]/);
  return [...marks, ...lines.filter((line) => line.replace(BLANKS, "").startsWith("::") || line.includes("##["))];
}

/** Of everything that a runner obeys one. */
export const ORDERS = [
  "::add-mask::staff",
  "x\n  ::error file=x::y",
  "x\r::stop-commands::y",
  "\u00a0\u2003\u0085::error::x",
  "##[add-mask]staff",
  "a ##[group]b ##[endgroup]",
  "section_start:1700000000:x\r\u001b[0Kx",
] as const;
