import { shellWord } from "../../model/printable.ts";
import { UserError } from "../../model/problem.ts";
import { commonDirectory } from "../../system/checkout.ts";
import { readRegularFile } from "../../system/read-file.ts";

/** Under git's common directory while an adoption is being written: the directory that is adopted. */
export const MARKER = "gatehouse/adopting";

/** Throws UserError where an adoption was interrupted: what it wrote is neither nothing nor an authority. */
export function insistOnNoAdoption(root: string): void {
  const marker = readRegularFile(commonDirectory(root), MARKER);
  if (marker === null) return;
  const directory = marker.toString("utf8").trim();
  throw new UserError(
    "an adoption was interrupted, and is half written",
    `finish it: npm run adopt -- ${shellWord(directory)}`,
  );
}
