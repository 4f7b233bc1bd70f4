import { readFileSync } from "node:fs";
import { guardRange } from "../../../scripts/guard/range.ts";
import { parseKeyFile } from "../../../scripts/vault/key-file.ts";
import { seal } from "../../../scripts/vault/seal.ts";
import { gitCryptKey } from "./keys.ts";
import { type Entry, entry, Stage } from "./stage.ts";

export const RULES = readFileSync(new URL("../../../.gitattributes", import.meta.url), "utf8");
export const ZEROS = "0".repeat(40);
export const sealed = (text: string): Buffer => seal(parseKeyFile(gitCryptKey()), Buffer.from(text));

export let stage: Stage;
/** The commit that each test begins with. */
export let base: string;

export function begin(): void {
  stage = new Stage();
  base = commit("first", entry(".gitattributes", RULES), entry("README.md", "text"));
}

export function commit(message: string, ...entries: readonly Entry[]): string {
  stage.add(entries);
  return stage.commit(message);
}

export function remove(path: string): void {
  stage.git("rm", "--quiet", "--cached", "--", path);
}

export const found = async (range = `${base}..HEAD`): Promise<string[]> =>
  (await guardRange(stage.root, range)).map(({ path, code }) => `${path} ${code}`);
