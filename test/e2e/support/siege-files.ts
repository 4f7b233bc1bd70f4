import { lchownSync, mkdirSync, symlinkSync, truncateSync } from "node:fs";
import type { Scratch } from "./scratch.ts";

/** Greater than what kernel and nginx hold back between them, so that a download of it can be caught running. */
export const BIG = 64 << 20;

/** Files to be served, and files that must not leave. */
export function siegeFiles(scratch: Scratch): void {
  for (const name of ["packages", "debian", "orphan"]) scratch.write(`www/${name}/file.txt`, `${name}\n`);
  scratch.write("www/debian/pool/@ex/hello", "scoped\n");
  scratch.write("www/packages-secret/file.txt", "secret\n");
  scratch.write("www/debian/.htpasswd", "secret\n");
  scratch.write("www/debian/.git/config", "secret\n");
  scratch.write("www/secret.txt", "secret\n");
  scratch.write("www/poudriere/.real_1/All/a.pkg", "a package\n");
  symlinkSync(".real_1", scratch.at("www/poudriere/.latest"));
  symlinkSync("All/a.pkg", scratch.at("www/poudriere/.real_1/latest.pkg"));
  mkdirSync(scratch.at("www/poudriere/.real_1/Hashed"));
  symlinkSync("../All", scratch.at("www/poudriere/.real_1/Hashed/All"));
  truncateSync(scratch.write("www/debian/big", ""), BIG);
  foreignLink(scratch.at("www/debian/passwd"));
}

/** A link whose owner is not its target's: root gives the link away; others cannot, and link to root's file. */
function foreignLink(link: string): void {
  symlinkSync("/etc/passwd", link);
  if (process.getuid?.() === 0) lchownSync(link, 65_534, 65_534);
}
