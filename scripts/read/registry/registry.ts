import type { Problem } from "../../model/problem.ts";
import type { Registry } from "../../model/registry.ts";
import type { Instant } from "../../model/time.ts";
import { checkTree } from "./check.ts";
import { decode } from "./decode.ts";
import { type Place, Report } from "./report.ts";
import { readSimple } from "./simple.ts";
import { readYaml } from "./yaml.ts";

/** What the check needs to know beside the file. */
export interface RegistryContext {
  readonly now: Instant;
  /** Is there pki/reqs/NAME.req? */
  readonly hasRequest: (name: string) => boolean;
  /** Files that may be meant for this name's request, by their paths: what they look like, `pki/reqs/NAME.req`. */
  readonly strays?: ReadonlyMap<string, string> | undefined;
  /** Is there the file, named as in the registry: `pki/signing/FILE`? */
  readonly hasSigning: (file: string) => boolean;
  /** What is wrong with the file for this type of repository, as the rest of a sentence. */
  readonly signingProblem?: (file: string, type: string) => string | null;
}

/**
 * The registry with the place of each entry (`clients.alice`) and section, or every problem, in the order of
 * the file.
 */
export type RegistryResult =
  | {
      readonly ok: true;
      readonly registry: Registry;
      readonly places: ReadonlyMap<string, Place>;
      readonly problems?: never;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads and checks clients.yaml (DESIGN: clients.yaml). Pure; never throws, whatever the bytes. */
export function checkRegistry(bytes: Uint8Array, context: RegistryContext): RegistryResult {
  const report = new Report();
  const { text, places } = decode(bytes, report);
  const tree = text === null ? null : (readSimple(text) ?? readYaml(text, report));
  return tree === null ? { ok: false, problems: report.problems(places) } : checkTree(tree, report, places, context);
}
