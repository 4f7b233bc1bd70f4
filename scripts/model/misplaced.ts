import { DIR, NAME, path as pathOf } from "./layout.ts";
import { shellWord } from "./printable.ts";

/** Where people put requests: what they call the directory, beside `pki/` itself and the top. */
const FOLDER = /^(?:(?:pki\/)?(?:reqs?|requests?|csrs?)\/(?:.*\/)?|pki\/(?=[^/]*$)|(?=[^/]*$))/i;
/** Directories beside pki/ that people put requests into, as they are usually spelt. */
export const STRAY_DIRECTORIES: readonly string[] = ["reqs", "req", "requests", "csr", "csrs"];
const SUFFIX = /\.(?:req|csr|p10|pem|der|txt|b64)$/i;
const REQUEST = /\.(?:req|csr|p10)(?:$|[. ~])/i;

/**
 * The place that a request at this path was meant for: `pki/reqs/NAME.req` for `pki/reqs/Dave.csr`, `reqs/dave.req`,
 * `pki/dave.req.txt` and the like. Null for a request in its place, and for what no request would be called.
 */
export function meantPlace(path: string): string | null {
  const folder = FOLDER.exec(path)?.[0];
  if (folder === undefined) return null;
  const file = path.slice(folder.length);
  const loose = folder.startsWith(`${DIR.requests}/`) ? /^(?!readme|\.)(?!.*\.md$)/i : REQUEST;
  if (!loose.test(file)) return null;
  // A browser numbers what is downloaded again, an editor keeps what was before.
  let name = file.replace(/~$/, "").replace(/ \(\d{1,3}\)(?=\.|$)/, "");
  while (SUFFIX.test(name)) name = name.replace(SUFFIX, "");
  name = name.toLowerCase().trim();
  const meant = pathOf.request(name);
  return NAME.test(name) && meant !== path ? meant : null;
}

/** The command that takes a file of git's where it was meant. */
export function gitMove(path: string, meant: string): string {
  return `git mv -- ${shellWord(path)} ${shellWord(meant)}`;
}

/** The same for a file that git may not know yet; where there is one already, the command that takes this one away. */
export function moveTo(path: string, meant: string, there: boolean): string {
  return there ? `rm -- ${shellWord(path)}` : `git add -- ${shellWord(path)} && ${gitMove(path, meant)}`;
}
