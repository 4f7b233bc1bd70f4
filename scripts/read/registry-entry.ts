/** Where the names of identities stand. */
const SECTION = /^(?:clients|servers|signers):/;

/**
 * The lines of clients.yaml that say what an identity has, as they stand in the file, or null where it has none. Two
 * versions are compared by them; to read thousands of versions as YAML would take minutes. Where a section is not
 * written line by line, the section as a whole counts.
 */
export function entryIn(text: string, identity: string): string | null {
  const found: string[] = [];
  let inSection = false;
  /** How far the names of the section stand in; null until its first. */
  let indent: number | null = null;
  let inEntry = false;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:#.*)?$/.test(line)) continue;
    const depth = line.search(/\S/);
    if (depth === 0) {
      inSection = SECTION.test(line);
      inEntry = inSection && ON_ONE_LINE.test(line) && mentions(line, identity);
      indent = null;
    } else {
      indent ??= depth;
      if (depth <= indent) inEntry = inSection && isKey(line, identity);
    }
    if (inEntry) found.push(line.trimEnd());
  }
  return found.length === 0 ? null : found.join("\n");
}

const ON_ONE_LINE = /^\w+:\s*[^\s#]/;

function isKey(line: string, identity: string): boolean {
  const key = /^\s*(?:"([^"]*)"|'([^']*)'|([^\s:"']+))\s*:(?:\s|$)/.exec(line);
  return (key?.[1] ?? key?.[2] ?? key?.[3]) === identity;
}

function mentions(line: string, identity: string): boolean {
  return line.split(/[\s{},:"'[\]]+/).includes(identity);
}
