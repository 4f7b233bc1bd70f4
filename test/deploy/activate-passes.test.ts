import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ACTIVATE = readFileSync(new URL("../../scripts/deploy/server/activate", import.meta.url), "utf8");

/** A function of activate, as it stands there. */
function part(name: string): string {
  const [found] = new RegExp(`^${name}\\(\\) \\{(?:.*\\}$|\\n[^]*?^\\}$)`, "m").exec(ACTIVATE) ?? [];
  if (found === undefined) throw new Error(`activate has no ${name}`);
  return found;
}

/** What `passes` answers to a server's test that warns. */
function answer(how: string, stderr: string): string {
  const script = `set -u
work=$(mktemp -d)
${part("say")}
${part("passes")}
complaint() { echo two servers of one name; }
warns() { echo "nginx: [warn] conflicting server name"; }
passes there warns ${how} 2>${stderr}
echo "$? $why"
rm -r "$work"`;
  return execFileSync("sh", ["-c", script], { encoding: "utf8" }).trim();
}

const WHY = "the server's own test warns: two servers of one name";

const STDERR = ["/dev/null", "/dev/full"].filter((file) => existsSync(file));

test.each(STDERR)("a warning with stderr to %s stops a release, and no way back", (stderr) => {
  expect(answer("", stderr)).toBe(`1 ${WHY}`);
  expect(answer("lenient", stderr)).toBe(`0 ${WHY}`);
});
