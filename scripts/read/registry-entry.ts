/** A section begins at the margin, and its lines stand in. */
const MARGIN = /^(?=[^\s#])/m;
const OF_IDENTITIES = /^(?:clients|servers|signers):/;
const ON_ONE_LINE = /^\w+:\s*[^\s#]/;

/**
 * The lines of clients.yaml that say what an identity has, as they stand in the file, or null where it has none. Two
 * versions are compared by them: of the thousands that a history has, each takes 3 ms for 10,000 clients so, and 40 as
 * YAML. A section on one line counts as a whole.
 */
export function entryIn(text: string, identity: string): string | null {
  const sections = text.split(MARGIN).filter((section) => OF_IDENTITIES.test(section));
  const found = sections.flatMap((section) => linesOf(section, identity));
  return found.length === 0 ? null : found.join("\n");
}

function linesOf(section: string, identity: string): string[] {
  const written = section.split("\n").filter((line) => !/^\s*(?:#|$)/.test(line));
  const [head = "", ...lines] = written.map((line) => line.trimEnd());
  const indent = lines[0]?.search(/\S/) ?? 0;
  let own = ON_ONE_LINE.test(head) && head.split(/[\s{},:"'[\]]+/).includes(identity);
  return [head, ...lines].filter((line, n) => {
    if (n > 0 && line.search(/\S/) <= indent) own = isKey(line, identity);
    return own;
  });
}

function isKey(line: string, identity: string): boolean {
  const key = /^\s*(?:"([^"]*)"|'([^']*)'|([^\s:"']+))\s*:(?:\s|$)/.exec(line);
  return (key?.[1] ?? key?.[2] ?? key?.[3]) === identity;
}
