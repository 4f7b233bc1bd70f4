import { createRequire } from "node:module";
import { REGISTRY_FILE } from "../../model/layout.ts";
import { UserError } from "../../model/problem.ts";
import { AUTHORITY } from "../../model/schema/authority.ts";
import { NO_NAMES } from "../../model/schema/presence.ts";
import { Places, Report } from "./report.ts";
import { yamlScalar } from "./scalar.ts";

const FIELDS = ["commonName", "organization"] as const;

/** What a person may choose of an authority. */
export type AuthorityName = Readonly<Record<(typeof FIELDS)[number], string>>;

/** What is wrong with a name for this field, by the rules of clients.yaml; null for nothing. */
export function nameProblem(field: keyof AuthorityName, value: string): string | null {
  if (value.includes("\ufffd")) return "this is not UTF-8, or not all of it";
  const report = new Report();
  const scope = { report, now: 0, names: NO_NAMES, hasSigning: () => false };
  AUTHORITY.fields[field].read({ kind: "scalar", offset: 0, value, text: value }, "it", scope);
  return report.problems(new Places(value))[0]?.message ?? null;
}

/**
 * The text of clients.yaml with another name for the authority: two values replaced, every other character as it was.
 * Throws UserError where these values are not written in the section itself. The names have passed nameProblem.
 */
export function withAuthorityName(text: string, names: AuthorityName): string {
  const yaml: typeof import("yaml") = createRequire(import.meta.url)("yaml");
  const options = { schema: "failsafe", uniqueKeys: false } as const;
  const document = yaml.parseDocument(text, options);
  const edits = FIELDS.map((field) => {
    const node = document.getIn(["authority", AUTHORITY.keys[field]], true);
    const range = yaml.isScalar(node) && (node.type === "PLAIN" || quotes(node.type)) ? node.range : undefined;
    if (!range) throw unusual(field);
    return { from: range[0], to: range[1], value: yamlScalar(names[field]) };
  });
  const edited = edits
    .sort((a, b) => b.from - a.from)
    .reduce((whole, { from, to, value }) => whole.slice(0, from) + value + whole.slice(to), text);
  const read = yaml.parseDocument(edited, options);
  const wrong = FIELDS.find((field) => read.getIn(["authority", AUTHORITY.keys[field]]) !== names[field]);
  if (wrong !== undefined || read.errors.length > 0) throw unusual(wrong ?? "commonName");
  return edited;
}

function unusual(field: keyof AuthorityName): UserError {
  return new UserError(
    `authority.${AUTHORITY.keys[field]} is written in an unusual way`,
    `write it into ${REGISTRY_FILE} yourself`,
  );
}

function quotes(type: string | undefined): boolean {
  return type === "QUOTE_DOUBLE" || type === "QUOTE_SINGLE";
}
